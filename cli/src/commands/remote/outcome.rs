//! The report of a change's outcome, region by region: the URLs on stdout, the table on stderr, the exit code.

use std::{collections::BTreeSet, time::Duration};

use serde::Serialize;

use super::{
    address,
    departed::{self, Departed},
    failure,
    fleet::{Outcome, Phases},
    pools,
    stage::Resolved,
};
use crate::{
    args::SharedArgs,
    aws::Aws,
    hook::RegionFacts,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{Done, Error},
    template::output,
};

/// One region's part of the report.
#[derive(Debug, Serialize)]
struct Row {
    region: String,
    outcome: Word,
    url: Option<String>,
    /// The URL of the WebSocket API, where the stage has one.
    websocket_url: Option<String>,
    /// Where the stage's domain leads to it.
    domain_url: Option<String>,
    release: Option<String>,
    version: Option<String>,
    error: Option<String>,
    /// Regions that left the settings and may still have the stack.
    departed_regions: Vec<String>,
}

/// The outcome in a region.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Deployed,
    Unchanged,
    Failed,
    RolledBack,
    NotStarted,
}

impl Word {
    /// The word for a table; `--json` has the same with `_`.
    fn text(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::NotStarted => "not started",
        }
    }
}

/// The whole report, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    project: &'a str,
    stage: &'a str,
    regions: &'a [Row],
}

/// Reports the outcomes; an error if one region failed.
pub(crate) async fn report(
    resolved: &Resolved,
    aws: &Aws,
    outcomes: &[Outcome<Done>],
    hook: Result<(), Failure>,
    phases: &Phases,
    shared: &SharedArgs,
    report: &Report,
) -> Result<(), Failure> {
    let done = outcomes.iter().filter_map(|outcome| Some((outcome.region.as_str(), &outcome.value()?.marked)));
    let departed = departed::clear(resolved, aws, report, done).await;
    let rows: Vec<Row> = outcomes.iter().map(|outcome| row(outcome, aws, &departed)).collect();
    let several = rows.len() > 1;
    if several {
        let cells = rows.iter().map(|row| {
            let error = row.error.as_ref().and_then(|error| error.lines().next()).map(str::to_owned);
            let what = error.or_else(|| row.url.clone()).unwrap_or_default();
            vec![row.region.clone(), row.outcome.text().to_owned(), row.release.clone().unwrap_or_default(), what]
        });
        report.summary(&["region", "outcome", "release", ""], &cells.collect::<Vec<_>>());
    }
    let well = hook.is_ok() && outcomes.iter().all(|outcome| matches!(outcome.result, Some(Ok(_))));
    if outcomes.iter().all(|outcome| matches!(&outcome.result, Some(Ok(done)) if !done.changed)) {
        report.step("Finding", "already up to date");
    }
    pools::mention(resolved, outcomes, report);
    report.elapsed(if well { "Finished" } else { "Failed" });
    // The progress lines are written before the result.
    report.flush();
    if shared.json {
        report.document(&Answer {
            project: &resolved.identity.project,
            stage: &resolved.identity.stage,
            regions: &rows,
        });
    } else {
        // The domain is the same in every region, and where an API's own endpoint is closed, it is the region's URL too.
        let own = rows.iter().flat_map(|row| [&row.url, &row.websocket_url]);
        let mut written = BTreeSet::new();
        for url in own.chain(rows.iter().map(|row| &row.domain_url)).flatten() {
            if written.insert(url) {
                report.answer_line(url);
            }
        }
    }
    failure::of_change(outcomes, phases)?;
    hook
}

/// One of several updates, as `--json` prints it.
#[derive(Debug, Serialize)]
struct OneOfMany<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    /// How long it took, in seconds.
    seconds: f64,
}

/// Reports one of several updates: release, URL and time of each region that was changed.
pub(crate) fn report_of_many(
    resolved: &Resolved,
    aws: &Aws,
    outcomes: &[Outcome<Done>],
    took: Duration,
    shared: &SharedArgs,
    report: &Report,
) {
    let departed = Departed::default();
    let rows: Vec<Row> = outcomes.iter().map(|outcome| row(outcome, aws, &departed)).collect();
    report.flush();
    if shared.json {
        let (project, stage) = (&resolved.identity.project, &resolved.identity.stage);
        let answer = Answer { project, stage, regions: &rows };
        report.document(&OneOfMany { answer, seconds: took.as_secs_f64() });
        return;
    }
    for row in &rows {
        match row.outcome {
            Word::Deployed => {
                let (release, url) = (row.release.as_deref().unwrap_or_default(), row.url.as_deref().unwrap_or("-"));
                report.answer_line(&format!("{release} {url} {:.1} s", took.as_secs_f64()));
            }
            Word::Unchanged => report.step("Finding", "the same code, which serves already"),
            Word::Failed | Word::RolledBack | Word::NotStarted => {}
        }
    }
}

/// What hooks are told of the outcome.
pub(crate) fn facts(outcomes: &[Outcome<Done>], aws: &Aws) -> Vec<RegionFacts> {
    let departed = Departed::default();
    let facts = outcomes.iter().map(|outcome| {
        let Row { region, outcome: word, url, websocket_url, release, version, error, .. } =
            row(outcome, aws, &departed);
        RegionFacts {
            region,
            outcome: word.text().replace(' ', "_"),
            changed: outcome.value().is_some_and(|done| done.changed),
            release,
            previous_release: outcome.value().and_then(|done| done.previous.as_ref()).map(ToString::to_string),
            version,
            url,
            websocket_url,
            error,
        }
    });
    facts.collect()
}

fn row(outcome: &Outcome<Done>, aws: &Aws, departed: &Departed) -> Row {
    let region = outcome.region.clone();
    match &outcome.result {
        Some(Ok(done)) => Row {
            outcome: if done.changed { Word::Deployed } else { Word::Unchanged },
            url: done
                .stack
                .outputs
                .get(output::URL)
                .map(|url| address::reachable(url, aws.in_region(&region).endpoint_url())),
            websocket_url: done
                .stack
                .outputs
                .get(output::WEBSOCKET_URL)
                .map(|url| address::connectable(url, aws.in_region(&region).endpoint_url())),
            domain_url: done.domain_url.clone(),
            release: Some(done.release.to_string()),
            version: Some(done.version.clone()),
            error: None,
            departed_regions: departed.of(&done.marked),
            region,
        },
        Some(Err(error)) => Row {
            region,
            outcome: if matches!(error, Error::RolledBack { .. }) { Word::RolledBack } else { Word::Failed },
            url: None,
            websocket_url: None,
            domain_url: None,
            release: None,
            version: None,
            error: Some(error.to_string()),
            departed_regions: Vec::new(),
        },
        None => Row {
            region,
            outcome: Word::NotStarted,
            url: None,
            websocket_url: None,
            domain_url: None,
            release: None,
            version: None,
            error: None,
            departed_regions: Vec::new(),
        },
    }
}
