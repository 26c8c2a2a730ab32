//! `--dry-run`: what CloudFormation would do, by a change set that is deleted again. Nothing is uploaded.

use futures_util::future::try_join_all;
use serde::Serialize;

use super::{failure, stage::Opened, wanted::Wanted};
use crate::{
    args::SharedArgs,
    aws::Aws,
    report::{Failure, Report},
    rollout::{self, Mode, Preview},
};

#[derive(Serialize)]
struct Answer {
    region: String,
    #[serde(flatten)]
    preview: Preview,
}

/// Shows it for each region.
pub(crate) async fn run(
    opened: &Opened,
    wanted: &Wanted,
    aws: &Aws,
    mode: Mode,
    shared: &SharedArgs,
    report: &Report,
) -> Result<(), Failure> {
    let previews = opened.chosen.regions.iter().filter_map(|region| {
        let record = wanted.record(region)?;
        let stage = &opened.chosen.stages[region];
        let aws = aws.in_region(region);
        let progress = report.in_region(region, opened.width());
        Some(async move {
            let preview = rollout::preview(&aws, &opened.identity, stage, &record, mode, &progress).await?;
            Ok(Answer { region: region.clone(), preview })
        })
    });
    let answers = try_join_all(previews).await.map_err(|error| failure::failure(&error))?;
    if shared.json {
        report.document(&answers);
        return Ok(());
    }
    for Answer { region, preview } in &answers {
        let unseen = preview.unseen.lines();
        if preview.changes.is_empty() && unseen.is_empty() {
            report.answer_line(&format!("{region}: nothing to change"));
            continue;
        }
        report.answer_line(&format!("{region}:"));
        unseen.iter().for_each(|line| report.answer_line(&format!("  {line}")));
        let rows = preview.changes.iter().map(|change| {
            vec![format!("  {}", change.change.word()), change.kind.clone(), change.logical_id.clone(), change.detail()]
        });
        report.table(&[], &rows.collect::<Vec<_>>());
    }
    Ok(())
}
