//! `zappa-rs update --watch`: a fast update, and another one after each edit, until it is interrupted.

use std::{path::PathBuf, sync::Arc, time::Instant};

use super::{
    Context, artifact,
    deploy::{Order, Work, check_all_deployed, refuse_protected, warn_of_missing_run_call},
    end::End,
    fleet::{FastStates, Outcome, Phases},
    hooks,
    stage::{self, Resolved},
    unwatched::unwatched,
};
use crate::{
    args::SharedArgs,
    aws::Aws,
    interrupt::Interrupts,
    local::watch::{Include, Watch},
    package,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{Done, Error},
    settings::Hook,
};

/// The command while it watches.
struct Session<'a> {
    order: &'a Order<'a>,
    shared: &'a SharedArgs,
    cx: &'a Context,
    report: &'a Arc<Report>,
    resolved: Resolved,
    aws: Aws,
    states: FastStates,
    watch: Watch,
    /// The settings have changed since they were read.
    is_stale: bool,
}

/// Why an update did not come to its end.
enum Stop {
    /// Another edit may end well.
    Failed(Failure),
    /// No edit of the code will.
    Refused(Failure),
}

/// Runs the command until it is interrupted.
pub(super) async fn run(
    order: &Order<'_>,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    let mut session = tokio::select! {
        session = Session::open(order, shared, cx, report) => session?,
        () = interrupts.next() => return Err(Failure::interrupted()),
    };
    let mut is_first = true;
    loop {
        let phases = Phases::new(&session.resolved.selection.regions);
        let outcome = tokio::select! {
            outcome = session.update(&phases) => outcome,
            () = interrupts.next() => {
                return if phases.are_at_rest() { Ok(()) } else { Err(phases.interruption()) };
            }
        };
        match outcome {
            Ok(()) => {}
            Err(Stop::Refused(failure)) if is_first => return Err(failure),
            Err(Stop::Failed(failure) | Stop::Refused(failure)) => report.end(&failure),
        }
        is_first = false;
        report.step("Waiting", "for an edit");
        let is_edited = tokio::select! {
            is_edited = session.wait_for_edit() => is_edited,
            () = interrupts.next() => false,
        };
        if !is_edited {
            return Ok(());
        }
    }
}

impl<'a> Session<'a> {
    /// Opens the stage, and begins to watch before the first build, so that no edit is missed.
    async fn open(
        order: &'a Order<'a>,
        shared: &'a SharedArgs,
        cx: &'a Context,
        report: &'a Arc<Report>,
    ) -> Result<Self, Failure> {
        let resolved = resolve(order, cx).await?;
        let aws = resolved.aws(order.stage, cx, report).await?;
        check_all_deployed(&resolved, &aws).await?;
        warn_of_missing_run_call(order, &resolved, cx, report);
        let states = FastStates::new(&resolved.selection.regions);
        let watch = watch(order, &resolved, cx).await?;
        Ok(Self { order, shared, cx, report, resolved, aws, states, watch, is_stale: false })
    }

    /// Reads the settings again.
    async fn reload(&mut self) -> Result<(), Failure> {
        self.resolved = resolve(self.order, self.cx).await?;
        self.aws = self.resolved.aws(self.order.stage, self.cx, self.report).await?;
        self.states = FastStates::new(&self.resolved.selection.regions);
        self.watch = watch(self.order, &self.resolved, self.cx).await?;
        self.is_stale = false;
        Ok(())
    }

    /// Waits for an edit; whether there was one.
    async fn wait_for_edit(&mut self) -> bool {
        let Some(paths) = self.watch.next_change().await else { return false };
        if let Some(first) = paths.first() {
            self.report.step("Changed", &format!("`{}`", self.watch.shown(first)));
        }
        let settings = &self.resolved.selection.path;
        self.is_stale |= paths.iter().any(|path| self.watch.is_same(settings, path));
        true
    }

    /// Makes the release of the sources as they are, and brings it to every region.
    async fn update(&mut self, phases: &Phases) -> Result<(), Stop> {
        let begun = Instant::now();
        if self.is_stale {
            self.reload().await.map_err(Stop::Failed)?;
        }
        let (order, shared, cx, report) = (self.order, self.shared, self.cx, self.report);
        let (resolved, aws, states, watch) = (&self.resolved, &self.aws, &self.states, &mut self.watch);
        let hooks = hooks::of_stage(order.command(), resolved, order.stage, shared, cx);
        let work = Work { order, resolved, aws, phases, hooks: &hooks, shared, cx, report };
        let mut is_refused = false;
        let round = async {
            let made = {
                let make = work.make();
                tokio::pin!(make);
                // What is edited meanwhile is not lost, and not taken for the build's own writing.
                tokio::select! {
                    made = &mut make => made,
                    changed = watch.next_change() => {
                        watch.put_back(changed.unwrap_or_default());
                        make.await
                    }
                }
            };
            watch.set_built();
            watch.follow(artifact::sources(&hooks));
            let outcomes = work.send(&made?, states).await?;
            is_refused = outcomes.iter().any(is_refusal);
            let end = End { resolved, aws, phases, hooks: &hooks, shared, report };
            end.run_of_many(&outcomes, Hook::PostDeploy, begun.elapsed()).await
        };
        let outcome = hooks::with_on_error(&hooks, report, round).await;
        outcome.map_err(if is_refused { Stop::Refused } else { Stop::Failed })
    }
}

/// Whether a region refuses whatever the code is.
fn is_refusal(outcome: &Outcome<Done>) -> bool {
    let error = match &outcome.result {
        Some(Err(error)) => error,
        _ => return false,
    };
    !matches!(error, Error::Trial { .. } | Error::NoHandler { .. } | Error::Overtaken { .. })
}

/// Opens the stage, which a fast update must not be refused.
async fn resolve(order: &Order<'_>, cx: &Context) -> Result<Resolved, Failure> {
    let resolved = stage::open(order.stage, order.artifact.zip.is_some(), cx).await?;
    refuse_protected(&resolved, order)?;
    Ok(resolved)
}

/// The watch over what the artifact is made of, and over the settings.
async fn watch(order: &Order<'_>, resolved: &Resolved, cx: &Context) -> Result<Watch, Failure> {
    let settings = &resolved.selection.path;
    let directory = settings.parent().unwrap_or(&cx.directory);
    let mut watch = match &order.artifact.zip {
        Some(zip) => {
            let zip = cx.directory.join(zip);
            let mut watch = Watch::of_files(directory, &PathBuf::new()).map_err(|error| unwatched(directory, error))?;
            watch.follow([zip]);
            watch
        }
        None => {
            let target = cx.cargo.in_directory(directory).target(&package::choice(&resolved.selection.project)).await;
            let target = target.map_err(|error| {
                let error = package::Error::from(error);
                let hint = error.hint();
                Failure::failed(error, hint)
            })?;
            let root = &target.workspace_root;
            let mut watch = Watch::new(root, &target.target_directory).map_err(|error| unwatched(root, error))?;
            watch.set_include(Include {
                patterns: resolved.selection.primary().include.clone(),
                directory: directory.to_owned(),
                target_directory: target.target_directory.clone(),
            });
            watch
        }
    };
    watch.follow([settings.clone()]);
    Ok(watch)
}
