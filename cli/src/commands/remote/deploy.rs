//! `zappa-rs deploy` and `zappa-rs update`: package, then every region at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Context,
    artifact::{self, missing_run_call},
    confirm::TerminalConfirm,
    domains::Domains,
    dry_run,
    end::End,
    failure,
    fleet::{FastStates, Fleet, Outcome, Phases},
    hooks,
    interruptible::run_interruptible,
    new_release::NewRelease,
    stage::{self, Resolved},
    watch,
};
use crate::{
    args::{ArtifactArgs, ChangeArgs, DeployArgs, SharedArgs, StageArgs, UpdateArgs},
    artifact::Artifact,
    aws::Aws,
    hook::Hooks,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{self, Done, Mode, Search},
    settings::Hook,
};

/// The flags that both commands have.
pub(super) struct Order<'a> {
    pub(super) stage: &'a StageArgs,
    pub(super) artifact: &'a ArtifactArgs,
    pub(super) change: &'a ChangeArgs,
    pub(super) mode: Mode,
    /// Whether code goes to the functions without the stack.
    pub(super) is_fast: bool,
}

impl Order<'_> {
    /// The command, as hooks are told it.
    pub(super) fn command(&self) -> &'static str {
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
    let (stage, artifact, change) = (&args.stage, &args.artifact, &args.change);
    let order = Order { stage, artifact, change, mode: Mode::Deploy, is_fast: false };
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
    let (stage, artifact, change) = (&args.stage, &args.artifact, &args.change);
    let order = Order { stage, artifact, change, mode, is_fast: args.fast || args.watch };
    if args.watch { watch::run(&order, shared, cx, report).await } else { run(&order, shared, cx, report).await }
}

async fn run(order: &Order<'_>, shared: &SharedArgs, cx: &Context, report: &Arc<Report>) -> Result<(), Failure> {
    let resolved = stage::open(order.stage, order.artifact.zip.is_some(), cx).await?;
    refuse_protected(&resolved, order)?;
    let phases = Phases::new(&resolved.selection.regions);
    let hooks = hooks::of_stage(order.command(), &resolved, order.stage, shared, cx);
    let work = run_interruptible(|| phases.interruption(), async {
        let aws = resolved.aws(order.stage, cx, report).await?;
        if order.mode != Mode::Deploy {
            check_all_deployed(&resolved, &aws).await?;
        }
        warn_of_missing_run_call(order, &resolved, cx, report);
        let work = Work { order, resolved: &resolved, aws: &aws, phases: &phases, hooks: &hooks, shared, cx, report };
        if order.change.dry_run { work.preview().await } else { work.roll_out().await }
    });
    if order.change.dry_run { work.await } else { hooks::with_on_error(&hooks, report, work).await }
}

/// Refuses a fast update of a stage whose every change has to be one of its stack.
pub(super) fn refuse_protected(resolved: &Resolved, order: &Order<'_>) -> Result<(), Failure> {
    if !order.is_fast || !resolved.selection.stages.values().any(|stage| stage.protected) {
        return Ok(());
    }
    let name = &resolved.identity.stage;
    let error = anyhow::anyhow!("stage `{name}` is protected, and a fast update leaves its stack behind what serves");
    Err(Failure::usage(error, Some("`zappa-rs update` without `--fast` or `--watch` updates the stack".to_owned())))
}

/// Warns about a program that would serve no request.
pub(super) fn warn_of_missing_run_call(order: &Order<'_>, resolved: &Resolved, cx: &Context, report: &Report) {
    let directory = resolved.selection.path.parent().unwrap_or(&cx.directory);
    if let Some(warning) = missing_run_call(directory).filter(|_| order.artifact.zip.is_none()) {
        report.warning(&warning, None);
    }
}

/// A deploy of a stage that was opened.
pub(super) struct Work<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) resolved: &'a Resolved,
    pub(super) aws: &'a Aws,
    pub(super) phases: &'a Phases,
    pub(super) hooks: &'a Hooks,
    pub(super) shared: &'a SharedArgs,
    pub(super) cx: &'a Context,
    pub(super) report: &'a Arc<Report>,
}

impl Work<'_> {
    /// Shows what would be changed.
    async fn preview(&self) -> Result<(), Failure> {
        self.hooks.document().dry_run = true;
        let (_, new_release) = self.make().await?;
        dry_run::run(self.resolved, &new_release, self.aws, self.order.mode, self.shared, self.report).await
    }

    /// Makes the artifact and the templates.
    pub(super) async fn make(&self) -> Result<(Artifact, NewRelease), Failure> {
        let Self { order, resolved, hooks, cx, report, .. } = self;
        let artifact = artifact::build(resolved, order.artifact, hooks, cx, report).await?;
        let new_release = NewRelease::new(resolved, &artifact, order.mode, hooks, cx, report).await?;
        Ok((artifact, new_release))
    }

    /// Rolls the new release out to every region, and reports it.
    async fn roll_out(&self) -> Result<(), Failure> {
        let Self { resolved, aws, phases, hooks, shared, report, .. } = self;
        let made = self.make().await?;
        let outcomes = self.send(&made, &FastStates::new(&resolved.selection.regions)).await?;
        let end = End { resolved, aws, phases, hooks, shared, report };
        end.run(&outcomes, Hook::PostDeploy).await
    }

    /// Sends what was made to every region.
    pub(super) async fn send(
        &self,
        (artifact, new_release): &(Artifact, NewRelease),
        states: &FastStates,
    ) -> Result<Vec<Outcome<Done>>, Failure> {
        let Self { order, resolved, aws, phases, hooks, report, .. } = self;
        hooks.run(Hook::PreDeploy, &***report).await.map_err(hooks::failure)?;
        let confirm = TerminalConfirm { report, yes: order.stage.yes, has_dry_run: true };
        let fleet = Fleet {
            resolved,
            aws,
            report,
            confirm: &confirm,
            phases,
            now: order.change.now,
            wait: order.change.wait,
            search: Search::default(),
        };
        let request = |region: &str| new_release.record(region).map(|record| (record, Some(artifact)));
        if order.is_fast {
            // Settings that changed are refused, and the domain is one.
            let outcomes = fleet.update_fast(states, request).await;
            return Ok(fleet.roll_back_where_asked(outcomes).await);
        }
        let domains = Domains::prepare(&fleet, order.mode).await?;
        let outcomes = fleet.roll_out(order.mode, request).await;
        let outcomes = fleet.roll_back_where_asked(outcomes).await;
        let outcomes = domains.settle(&fleet, outcomes).await;
        Ok(fleet.close_endpoints(order.mode, outcomes, request).await)
    }
}

/// Checks that the stack exists in every region, before any region is changed.
pub(super) async fn check_all_deployed(resolved: &Resolved, aws: &Aws) -> Result<(), Failure> {
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
