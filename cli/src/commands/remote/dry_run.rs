//! `--dry-run`: the changes that CloudFormation would make, from a change set that is deleted again. Nothing is uploaded.

use serde::Serialize;

use super::{
    answer, departed,
    fleet::{self, Outcome},
    new_release::NewRelease,
    stage::Resolved,
};
use crate::{
    args::SharedArgs,
    aws::Aws,
    report::{Failure, Report},
    rollout::{self, Error, Marked, Mode, Preview, RolloutRequest, Search},
};

#[derive(Serialize)]
struct Previewed {
    region: String,
    #[serde(flatten)]
    preview: Preview,
    /// Regions that left the settings and may still have the stack.
    departed_regions: Vec<String>,
    #[serde(skip)]
    marked: Marked,
}

/// Shows the changes of each region.
pub(crate) async fn run(
    resolved: &Resolved,
    new_release: &NewRelease,
    aws: &Aws,
    mode: Mode,
    shared: &SharedArgs,
    report: &Report,
) -> Result<(), Failure> {
    let search = Search::default();
    let mut found = fleet::for_each_region(&resolved.selection.regions, None, async |region| {
        let Some(record) = new_release.record(&region) else {
            return Err(Error::Vanished { stack: resolved.identity.stack() });
        };
        let stage = &resolved.selection.stages[&region];
        let progress = report.in_region(&region, resolved.width());
        let aws = aws.in_region(&region);
        let (identity, regions, search) = (&resolved.identity, &resolved.selection.all_regions(), &search);
        let request = RolloutRequest {
            identity,
            stage,
            regions,
            search,
            record,
            artifact: None,
            mode,
            now: false,
            wait: false,
            is_domain_settled: false,
        };
        let (preview, marked) = rollout::preview(&aws, &request, &progress).await?;
        Ok(Previewed { region, preview, departed_regions: Vec::new(), marked })
    })
    .await;
    let marked = found.iter().filter_map(|outcome| Some(&outcome.value()?.marked));
    let departed = departed::warn(resolved, aws, report, marked).await;
    for previewed in found.iter_mut().filter_map(Outcome::value_mut) {
        previewed.departed_regions = departed.of(&previewed.marked);
    }
    answer::report(&found, shared.json, report, print)
}

/// Prints the changes of one region.
fn print(Previewed { region, preview, .. }: &Previewed, report: &Report) {
    let mut unseen = preview.unseen.lines();
    unseen.extend(preview.domain.iter().cloned());
    if preview.changes.is_empty() && unseen.is_empty() {
        report.answer_line(&format!("{region}: nothing to change"));
        return;
    }
    report.answer_line(&format!("{region}:"));
    unseen.iter().for_each(|line| report.answer_line(&format!("  {line}")));
    let rows = preview.changes.iter().map(|change| {
        vec![format!("  {}", change.change.word()), change.kind.clone(), change.logical_id.clone(), change.detail()]
    });
    report.table(&[], &rows.collect::<Vec<_>>());
}
