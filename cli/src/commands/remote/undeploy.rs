//! `zappa-rs undeploy`: removes everything of a stage from every region.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Context,
    departed::{self, Departed},
    failure,
    fleet::{self, Outcome, Phases},
    hooks,
    interruptible::run_interruptible,
    stage::{self, Resolved},
    sweep,
};
use crate::{
    args::{SharedArgs, UndeployArgs},
    aws::Aws,
    hook::{Hooks, RegionFacts},
    report::{Failure, Report},
    rollout::{self, Removal, Removed},
    settings::Hook,
};

#[derive(Serialize)]
struct Row {
    region: String,
    removed: Vec<String>,
    left: Vec<String>,
    error: Option<String>,
    /// Regions that left the settings and may still have the stack.
    departed_regions: Vec<String>,
}

/// Runs `zappa-rs undeploy`.
pub(crate) async fn run(
    args: &UndeployArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    if args.sweep.is_sweep() {
        return sweep::run(args, shared, cx, report).await;
    }
    let (resolved, departed) = stage::open_removal(&args.stage, cx).await?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    departed::check(&resolved, &aws, &departed).await?;
    if !args.stage.yes {
        confirm(&resolved, &aws, &departed, report).await?;
    }
    let phases = Phases::new(&resolved.selection.regions);
    let hooks = hooks::of_stage("undeploy", &resolved, &args.stage, shared, cx);
    let work = run_interruptible(|| phases.interruption(), async {
        let outcomes = fleet::for_each_region(&resolved.selection.regions, None, async |region| {
            let progress = report.in_region(&region, resolved.width());
            let aws = aws.in_region(&region);
            let phase = phases.of(&region);
            let work = Removal {
                region: &aws,
                identity: &resolved.identity,
                stage: &resolved.selection.stages[&region],
                remove_logs: args.remove_logs,
                // Who removes a preview may be cut off and never come back; a sweep does.
                stack_last: resolved.selection.pattern.is_some(),
                listed: None,
                progress: &progress,
                phase: &phase,
            };
            rollout::remove(&work).await
        });
        let outcomes = outcomes.await;
        let removed = outcomes.iter().filter_map(|outcome| Some((&outcome.region, outcome.value()?)));
        let undeployed = removed.clone().map(|(region, _)| region).filter(|region| departed.contains(region));
        departed::forget(&resolved, &aws, report, &undeployed.cloned().collect()).await;
        let marked = removed.filter_map(|(region, removed)| Some((region.as_str(), removed.marked.as_ref()?)));
        let departed = departed::clear(&resolved, &aws, report, marked).await;
        departed::warn_of_others(&resolved, &aws, report, &departed).await;
        let rows: Vec<Row> = outcomes.iter().map(|outcome| row_of(outcome, &departed)).collect();
        let mut well = outcomes.iter().all(|outcome| matches!(outcome.result, Some(Ok(_))));
        tell(&hooks, &rows, well);
        let ran = if well { hooks.run(Hook::PostUndeploy, &**report).await } else { Ok(()) };
        well &= ran.is_ok();
        report.elapsed(if well { "Finished" } else { "Failed" });
        if shared.json {
            report.document(&rows);
        } else {
            print(&rows, report);
        }
        failure::of_change(&outcomes, &phases)?;
        ran.map_err(|error| hooks::failure(error).with_facts(["the stage is removed in every region".to_owned()]))
    });
    hooks::with_on_error(&hooks, report, work).await
}

/// Tells hooks the outcome.
fn tell(hooks: &Hooks, rows: &[Row], well: bool) {
    let facts = rows.iter().map(|row| RegionFacts {
        region: row.region.clone(),
        outcome: if row.error.is_some() { "failed" } else { "removed" }.to_owned(),
        changed: !row.removed.is_empty(),
        error: row.error.clone(),
        ..RegionFacts::default()
    });
    let mut document = hooks.document();
    document.results = facts.collect();
    document.changed = Some(document.results.iter().any(|facts| facts.changed)).filter(|_| well);
}

/// The report of a region.
fn row_of(outcome: &Outcome<Removed>, departed: &Departed) -> Row {
    match &outcome.result {
        Some(Ok(removed)) => removed_row(&outcome.region, removed, departed),
        Some(Err(error)) => Row::without_removal(&outcome.region, Some(error.to_string())),
        None => Row::without_removal(&outcome.region, None),
    }
}

/// Names account, stage and regions, and asks.
async fn confirm(resolved: &Resolved, aws: &Aws, departed: &[String], report: &Arc<Report>) -> Result<(), Failure> {
    let caller = aws.in_region(&resolved.selection.regions[0]).caller().await;
    let account = caller.map_err(|error| failure::failure(&error.into()))?.account;
    let mut facts = vec![
        format!("account {account}"),
        format!("stage {} of {}", resolved.identity.stage, resolved.identity.project),
        format!("in {}", resolved.selection.regions.join(", ")),
    ];
    facts.extend(departed.iter().map(|region| format!("{region} is no longer in `regions` of the settings")));
    if run_interruptible(Failure::interrupted, report.confirm("Delete all of it?", &facts)).await? {
        Ok(())
    } else {
        Err(Failure::failed(anyhow::anyhow!("nothing was deleted"), None))
    }
}

impl Row {
    fn without_removal(region: &str, error: Option<String>) -> Self {
        let (removed, left, departed_regions) = (Vec::new(), Vec::new(), Vec::new());
        Self { region: region.to_owned(), removed, left, error, departed_regions }
    }
}

/// What was removed and what is left, in words.
pub(super) fn sentences(removed: &Removed) -> (Vec<String>, Vec<String>) {
    let mut gone = Vec::new();
    gone.extend(removed.stack.as_ref().map(|stack| format!("stack {stack}")));
    gone.extend(removed.domain.iter().cloned());
    gone.extend(removed.keys.iter().map(|key| format!("API key {key}")));
    gone.extend(removed.log_groups.iter().map(|group| format!("log group {group}")));
    if removed.objects > 0 {
        let noun = if removed.objects == 1 { "object" } else { "objects" };
        gone.push(format!("{} {noun} of bucket {}", removed.objects, removed.bucket));
    }
    (gone, removed.left.clone())
}

fn removed_row(region: &str, removed: &Removed, departed: &Departed) -> Row {
    let (gone, mut left) = sentences(removed);
    let departed_regions = removed.marked.as_ref().map(|marked| departed.of(marked)).unwrap_or_default();
    if !departed_regions.is_empty() {
        left.push(format!(
            "the marker of {} in that bucket, by which `status` mentions the stack there",
            departed_regions.join(" and ")
        ));
    }
    Row { region: region.to_owned(), removed: gone, left, error: None, departed_regions }
}

fn print(rows: &[Row], report: &Report) {
    for row in rows {
        for removed in &row.removed {
            report.answer_line(&format!("{}: removed {removed}", row.region));
        }
        if row.removed.is_empty() && row.error.is_none() {
            report.answer_line(&format!("{}: nothing was there", row.region));
        }
        for left in &row.left {
            report.answer_line(&format!("{}: left {left}", row.region));
        }
    }
}
