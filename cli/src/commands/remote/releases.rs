//! `zappa-rs releases`: the recorded releases, and which one is live.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::try_join_all;
use serde::Serialize;

use super::{
    Context,
    answer::{Answer, Unavailable},
    failure,
    inspect::{for_each_region, inspect, open},
};
use crate::{
    args::{InspectArgs, SharedArgs},
    report::{Failure, Report},
    rollout::Error,
};

/// A release in one region.
#[derive(Serialize)]
struct Release {
    region: String,
    release: String,
    created: String,
    commit: Option<String>,
    live: bool,
    sha256: String,
}

/// Runs `zappa-rs releases`: the records with time and commit, and which one is live.
pub(crate) async fn run(
    args: &InspectArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (resolved, aws) = open(args, cx, report).await?;
    let found = for_each_region(&resolved, &aws, async |resolved, region| {
        let mut deployed = inspect(resolved, &region).await?;
        deployed.read_serving(&region, &resolved.identity).await?;
        let live = deployed.serving_release();
        // The newest first, as one reads them. Two deploys at once may each have written a record of the same release.
        let mut seen = BTreeSet::new();
        let records = deployed.inventory.records.iter().rev().filter(|record| seen.insert(&record.id)).map(|record| {
            let (region, bucket, live) = (&region, &deployed.bucket, &live);
            async move {
                let text = region.read(bucket, &record.key).await?.unwrap_or_default();
                let commit = serde_json::from_slice::<serde_json::Value>(&text)
                    .ok()
                    .and_then(|record| Some(record["commit"].as_str()?.to_owned()));
                Ok::<_, Error>(Release {
                    region: region.name().to_owned(),
                    release: record.id.to_string(),
                    created: record.created.clone(),
                    commit,
                    live: Some(&record.id) == live.as_ref(),
                    sha256: record.sha256.clone(),
                })
            }
        });
        try_join_all(records).await
    })
    .await;
    let mut answers = Vec::new();
    for outcome in &found {
        match &outcome.result {
            Some(Ok(releases)) => answers.extend(releases.iter().map(Answer::Known)),
            _ => answers.extend(Unavailable::new(outcome).map(Answer::Unavailable)),
        }
    }
    if shared.json {
        report.document(&answers);
    } else {
        let rows: Vec<_> = answers.iter().map(release_row).collect();
        report.table(&["region", "release", "created", "commit", ""], &rows);
    }
    failure::of_reading(&found)
}

fn release_row(answer: &Answer<&Release>) -> Vec<String> {
    match answer {
        Answer::Known(release) => vec![
            release.region.clone(),
            release.release.clone(),
            release.created.clone(),
            release.commit.as_ref().map(|commit| short(commit)).unwrap_or_default(),
            if release.live { "live".to_owned() } else { String::new() },
        ],
        Answer::Unavailable(failed) => {
            let (region, error) = (failed.region.clone(), failed.first_line().to_owned());
            vec![region, "unavailable".to_owned(), String::new(), String::new(), error]
        }
    }
}

fn short(commit: &str) -> String {
    let digits = commit.trim_end_matches('+');
    format!("{}{}", digits.get(..10).unwrap_or(digits), &commit[digits.len()..])
}
