//! `zappa-rs deploy` and `zappa-rs update`: package, then every region at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Context,
    artifact::{self, missing_run_call},
    confirm::TerminalConfirm,
    dry_run,
    end::End,
    failure,
    fleet::{Fleet, Phases},
    hooks,
    interruptible::run_interruptible,
    new_release::NewRelease,
    stage::{self, Resolved},
};
use crate::{
    args::{ArtifactArgs, ChangeArgs, DeployArgs, SharedArgs, StageArgs, UpdateArgs},
    artifact::Artifact,
    aws::Aws,
    hook::Hooks,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{self, Mode, Search},
    settings::Hook,
};

/// The flags that both commands have.
struct Order<'a> {
    stage: &'a StageArgs,
    artifact: &'a ArtifactArgs,
    change: &'a ChangeArgs,
    mode: Mode,
}

impl Order<'_> {
    /// The command, as hooks are told it.
    fn command(&self) -> &'static str {
        if self.mode == Mode::Deploy { "deploy" } else { "update" }
    }
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
    let hooks = hooks::of_stage(order.command(), &resolved, order.stage, shared, cx);
    let work = run_interruptible(|| phases.interruption(), async {
        let aws = resolved.aws(order.stage, cx, report).await?;
        if order.mode != Mode::Deploy {
            check_all_deployed(&resolved, &aws).await?;
        }
        let directory = resolved.selection.path.parent().unwrap_or(&cx.directory);
        if let Some(warning) = missing_run_call(directory).filter(|_| order.artifact.zip.is_none()) {
            report.warning(&warning, None);
        }
        let work = Work { order, resolved: &resolved, aws: &aws, phases: &phases, hooks: &hooks, shared, cx, report };
        if order.change.dry_run { work.preview().await } else { work.roll_out().await }
    });
    if order.change.dry_run { work.await } else { hooks::with_on_error(&hooks, report, work).await }
}

/// A deploy of a stage that was opened.
struct Work<'a> {
    order: &'a Order<'a>,
    resolved: &'a Resolved,
    aws: &'a Aws,
    phases: &'a Phases,
    hooks: &'a Hooks,
    shared: &'a SharedArgs,
    cx: &'a Context,
    report: &'a Arc<Report>,
}

impl Work<'_> {
    /// Shows what would be changed.
    async fn preview(&self) -> Result<(), Failure> {
        self.hooks.document().dry_run = true;
        let (_, new_release) = self.make().await?;
        dry_run::run(self.resolved, &new_release, self.aws, self.order.mode, self.shared, self.report).await
    }

    /// Makes the artifact and the templates.
    async fn make(&self) -> Result<(Artifact, NewRelease), Failure> {
        let Self { order, resolved, hooks, cx, report, .. } = self;
        let artifact = artifact::build(resolved, order.artifact, hooks, cx, report).await?;
        let new_release = NewRelease::new(resolved, &artifact, order.mode, hooks, cx, report).await?;
        Ok((artifact, new_release))
    }

    /// Rolls the new release out to every region.
    async fn roll_out(&self) -> Result<(), Failure> {
        let Self { order, resolved, aws, phases, hooks, shared, report, .. } = self;
        let (artifact, new_release) = self.make().await?;
        hooks.run(Hook::PreDeploy, &***report).await.map_err(hooks::failure)?;
        let confirm = TerminalConfirm { report, yes: order.stage.yes };
        let fleet = Fleet {
            resolved,
            aws,
            report,
            confirm: &confirm,
            phases,
            wait: order.change.wait,
            search: Search::default(),
        };
        let request = |region: &str| new_release.record(region).map(|record| (record, Some(&artifact)));
        let outcomes = fleet.roll_out(order.mode, request).await;
        let outcomes = fleet.roll_back_where_asked(outcomes).await;
        let end = End { resolved, aws, phases, hooks, shared, report };
        end.run(&outcomes, Hook::PostDeploy).await
    }
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
