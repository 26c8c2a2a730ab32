//! `zappa-rs diff`: settings and code against what is deployed, resource by resource. CloudFormation is not asked.

use std::sync::Arc;

use futures_util::future::try_join_all;
use serde::Serialize;

use super::{Surroundings, artifact, departed, failure, stage, wanted::Wanted};
use crate::{
    args::{DiffArgs, SharedArgs},
    plan::{self, Change, Difference},
    report::{Failure, Report},
    rollout::{Error, Marked, Standing, Unseen},
    template,
};

#[derive(Serialize)]
struct Answer {
    region: String,
    /// Whether anything is deployed there.
    is_deployed: bool,
    changes: Vec<Difference>,
    #[serde(flatten)]
    unseen: Unseen,
    #[serde(skip)]
    marked: Marked,
}

/// Runs the command to its end.
pub(crate) async fn run(
    args: &DiffArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let opened = stage::open(&args.stage, args.artifact.zip.is_some(), around).await?;
    let aws = opened.aws(&args.stage, around, report).await?;
    let artifact = artifact::build(&opened, &args.artifact, around, report).await?;
    let wanted = Wanted::new(&opened, &artifact, around).await;
    let found = opened.chosen.regions.iter().filter_map(|region| {
        let mut record = wanted.record(region)?;
        let (aws, identity, stage) = (aws.in_region(region), &opened.identity, &opened.chosen.stages[region]);
        Some(async move {
            let mut standing = Standing::look(&aws, identity, stage).await?;
            standing.read_live(&aws).await?;
            let unseen = Unseen::look(&aws, identity, stage, &standing, &record).await?;
            let (marked, live) = (standing.marked(), standing.live.unwrap_or_default());
            let wanted = &mut record.template;
            template::set_namespace(wanted, standing.bucket.namespace);
            template::keep_generation(wanted, &live);
            let changes = plan::difference(&live, wanted);
            let is_deployed = standing.stack.is_some();
            Ok::<_, Error>(Answer { region: region.clone(), is_deployed, changes, unseen, marked })
        })
    });
    let answers = try_join_all(found).await.map_err(|error| failure::failure(&error))?;
    departed::warn(&opened, &aws, report, answers.iter().map(|answer| &answer.marked)).await;
    if shared.json {
        report.document(&answers);
        return Ok(());
    }
    for answer in &answers {
        let unseen = answer.unseen.lines();
        let state = match (answer.is_deployed, answer.changes.is_empty() && unseen.is_empty()) {
            (false, _) => "not deployed; a deploy would make",
            (true, true) => "no difference",
            (true, false) => "a deploy would",
        };
        report.answer_line(&format!("{}: {state}", answer.region));
        unseen.iter().for_each(|line| report.answer_line(&format!("  {line}")));
        let rows = answer.changes.iter().map(|found| {
            let verb = match found.change {
                Change::Add => "  add",
                Change::Modify => "  modify",
                Change::Remove => "  remove",
            };
            vec![verb.to_owned(), found.kind.clone(), found.logical_id.clone(), found.properties.join(", ")]
        });
        report.table(&[], &rows.collect::<Vec<_>>());
    }
    Ok(())
}
