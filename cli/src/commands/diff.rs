//! `zappa-rs diff`: settings and code against what is deployed, resource by resource. CloudFormation is not asked.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Surroundings,
    answer::{Answer, answers},
    artifact, departed, failure, fleet,
    stage::{self, Opened},
    wanted::Wanted,
};
use crate::{
    args::{DiffArgs, SharedArgs},
    aws,
    plan::{self, Change, Difference},
    release::Record,
    report::{Failure, Report},
    rollout::{Error, Marked, Standing, Unseen},
    template,
};

#[derive(Serialize)]
struct Compared {
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
    let found = fleet::for_each_region(&opened.chosen.regions, None, async |region| {
        let Some(record) = wanted.record(&region) else {
            return Err(Error::Vanished { stack: opened.identity.stack() });
        };
        compare(&opened, &aws.in_region(&region), record).await
    })
    .await;
    departed::warn(&opened, &aws, report, found.iter().filter_map(|outcome| Some(&outcome.value()?.marked))).await;
    let answers = answers(&found);
    if shared.json {
        report.document(&answers);
        return failure::of_reading(&found);
    }
    for answer in &answers {
        let answer = match answer {
            Answer::Known(answer) => answer,
            Answer::Unavailable(failed) => {
                report.answer_line(&format!("{}: unavailable: {}", failed.region, failed.first_line()));
                continue;
            }
        };
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
    failure::of_reading(&found)
}

/// Compares the release with what one region has.
async fn compare(opened: &Opened, region: &aws::Region, mut record: Record) -> Result<Compared, Error> {
    let (identity, stage) = (&opened.identity, &opened.chosen.stages[region.name()]);
    let mut standing = Standing::look(region, identity, stage).await?;
    standing.read_live(region).await?;
    let unseen = Unseen::look(region, identity, stage, &standing, &record).await?;
    let (marked, live) = (standing.marked(), standing.live.unwrap_or_default());
    let wanted = &mut record.template;
    template::set_namespace(wanted, standing.bucket.namespace);
    template::keep_generation(wanted, &live);
    let changes = plan::difference(&live, wanted);
    let is_deployed = standing.stack.is_some();
    Ok(Compared { region: region.name().to_owned(), is_deployed, changes, unseen, marked })
}
