//! `zappa-rs undeploy --expired` and `--merged`: finds the stages that are no longer wanted, and removes them.

mod criterion;
mod found;
mod removal;
mod row;

use std::sync::Arc;

use super::{Context, access, failure, fleet, hooks, interruptible, scope::Scope, stage, undeploy};
use crate::{
    args::{SharedArgs, UndeployArgs},
    report::{Failure, Report},
};

use self::{found::Found, row::Row};

/// Runs a sweep: finds, shows, asks, removes.
pub(super) async fn run(
    args: &UndeployArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let settings = stage::settings(&args.stage, cx)?;
    let criterion = criterion::of(args, &settings, report)?;
    let scope = Scope::find(false, &args.stage, cx).await?;
    let aws = access::connect(&access::access(scope.profile.clone(), &args.stage, cx, report), report).await?;
    let found = Found::find(&scope, &settings, &criterion, &aws, report).await;
    let rows = if args.sweep.dry_run {
        found.previews()
    } else {
        if !found.stages.is_empty() && !args.stage.yes {
            found.confirm(&scope, &aws, report).await?;
        }
        let sweep = removal::Sweep { scope: &scope, settings: &settings, aws: &aws, args, shared, cx, report };
        sweep.run(&found).await?
    };
    if !args.sweep.dry_run && !found.stages.is_empty() {
        report.elapsed(if rows.iter().all(Row::is_ok) { "Finished" } else { "Failed" });
    }
    if shared.json {
        report.document(&rows);
    } else if rows.is_empty() {
        report.answer_line(&format!("no stage to remove in {}", scope.regions.join(", ")));
    } else {
        rows.iter().flat_map(Row::lines).for_each(|line| report.answer_line(&line));
    }
    found.failure(row::failure(&rows, found.stages.len()))
}
