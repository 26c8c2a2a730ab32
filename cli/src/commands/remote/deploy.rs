//! `zappa-rs deploy` and `zappa-rs update`: package, then every region at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Context,
    artifact::{self, missing_run_call},
    confirm::TerminalConfirm,
    dry_run, failure,
    fleet::{Fleet, Phases},
    interruptible::run_interruptible,
    new_release::NewRelease,
    outcome,
    stage::{self, Resolved},
};
use crate::{
    args::{ArtifactArgs, ChangeArgs, DeployArgs, SharedArgs, StageArgs, UpdateArgs},
    aws::Aws,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{self, Mode, Search},
};

/// The flags that both commands have.
struct Order<'a> {
    stage: &'a StageArgs,
    artifact: &'a ArtifactArgs,
    change: &'a ChangeArgs,
    mode: Mode,
}

/// Runs `zappa-rs deploy`: creates the stack or updates it.
pub(crate) async fn deploy(
    args: &DeployArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let order = Order { stage: &args.stage, artifact: &args.artifact, change: &args.change, mode: Mode::Deploy };
    run(&order, shared, cx, report).await
}

/// Runs `zappa-rs update`: deploys to a stack that exists.
pub(crate) async fn update(
    args: &UpdateArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mode = if args.code_only { Mode::CodeOnly } else { Mode::Update };
    let order = Order { stage: &args.stage, artifact: &args.artifact, change: &args.change, mode };
    run(&order, shared, cx, report).await
}

async fn run(order: &Order<'_>, shared: &SharedArgs, cx: &Context, report: &Arc<Report>) -> Result<(), Failure> {
    let resolved = stage::open(order.stage, order.artifact.zip.is_some(), cx).await?;
    let phases = Phases::new(&resolved.selection.regions);
    run_interruptible(|| phases.interruption(), async {
        let aws = resolved.aws(order.stage, cx, report).await?;
        if order.mode != Mode::Deploy {
            check_all_deployed(&resolved, &aws).await?;
        }
        let directory = resolved.selection.path.parent().unwrap_or(&cx.directory);
        if let Some(warning) = missing_run_call(directory).filter(|_| order.artifact.zip.is_none()) {
            report.warning(&warning, None);
        }
        let artifact = artifact::build(&resolved, order.artifact, cx, report).await?;
        let new_release = NewRelease::new(&resolved, &artifact, cx).await;
        if order.change.dry_run {
            return dry_run::run(&resolved, &new_release, &aws, order.mode, shared, report).await;
        }
        let confirm = TerminalConfirm { report, yes: order.stage.yes };
        let fleet = Fleet {
            resolved: &resolved,
            aws: &aws,
            report,
            confirm: &confirm,
            phases: &phases,
            wait: order.change.wait,
            search: Search::default(),
        };
        let request = |region: &str| new_release.record(region).map(|record| (record, Some(&artifact)));
        let outcomes = fleet.roll_out(order.mode, request).await;
        let outcomes = fleet.roll_back_where_asked(outcomes).await;
        outcome::report(&resolved, &aws, &outcomes, &phases, shared, report).await
    })
    .await
}

/// Checks that the stack exists in every region, before any region is changed.
async fn check_all_deployed(resolved: &Resolved, aws: &Aws) -> Result<(), Failure> {
    let regions = &resolved.selection.regions;
    if regions.len() == 1 {
        return Ok(());
    }
    let name = resolved.identity.stack();
    let inspections = regions.iter().map(async |region| {
        let found = aws.in_region(region).find_stack(&name).await;
        // Other errors are reported when the region is deployed.
        (matches!(found, Ok(None))).then(|| region.clone())
    });
    match join_all(inspections).await.into_iter().flatten().next() {
        None => Ok(()),
        Some(region) => Err(failure::failure(&rollout::Error::NotDeployed { stack: name, region })),
    }
}
