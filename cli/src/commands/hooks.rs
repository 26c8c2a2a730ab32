//! The hooks of a command: what they are told of it, and their failures.

use std::{future::Future, sync::Arc};

use super::{
    Context,
    interruptible::run_interruptible,
    stage::{Resolved, profile},
};
use crate::{
    args::{SharedArgs, StageArgs},
    hook::{Document, Error, ErrorFacts, Hooks},
    progress::Progress as _,
    report::{Failure, Report},
    settings::Hook,
};

/// The hooks of the stage, for this command.
pub(super) fn of_stage(
    command: &'static str,
    resolved: &Resolved,
    args: &StageArgs,
    shared: &SharedArgs,
    cx: &Context,
) -> Hooks {
    let selection = &resolved.selection;
    let document = Document {
        command,
        project: resolved.identity.project.clone(),
        stage: resolved.identity.stage.clone(),
        stack: resolved.identity.stack(),
        settings_file: selection.path.display().to_string(),
        regions: selection.regions.clone(),
        profile: profile(args.profile.as_deref(), selection.primary().profile_name.as_deref()),
        endpoint_url: args.endpoint_url.clone(),
        ..Document::default()
    };
    let directory = selection.path.parent().unwrap_or(&cx.directory);
    Hooks::new(selection.primary().hooks.clone(), directory, &cx.environment, shared.quiet, document)
}

/// The failure of a command whose hook failed.
pub(super) fn failure(error: Error) -> Failure {
    let hint = error.hint();
    let reasons = error.reasons().to_vec();
    let last_lines = error.last_lines().map(str::to_owned);
    let failure = Failure::failed(error, Some(hint)).with_facts(reasons);
    match last_lines {
        Some(lines) => failure.with_block("last lines of the hook", &lines),
        None => failure,
    }
}

/// Runs the work of a command, and `on_error` if it fails. An interrupt is no error.
pub(super) async fn with_on_error<T>(
    hooks: &Hooks,
    report: &Arc<Report>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let failure = match work.await {
        Err(failure) if !failure.is_interrupt() && hooks.has(Hook::OnError) => failure,
        outcome => return outcome,
    };
    hooks.document().error = Some(facts_of(&failure, hooks));
    let hook = async { hooks.run(Hook::OnError, &**report).await.map_err(self::failure) };
    match run_interruptible(Failure::interrupted, hook).await {
        Ok(()) => Err(failure),
        // What failed first is what has to be fixed.
        Err(second) if second.is_interrupt() => {
            report.end(&failure);
            Err(second)
        }
        Err(second) => {
            report.warning(&second.message(), second.first_hint());
            Err(failure)
        }
    }
}

/// What `on_error` is told of a failure. The log of the app is none of it.
fn facts_of(failure: &Failure, hooks: &Hooks) -> ErrorFacts {
    let document = hooks.document();
    let failed: Vec<&String> =
        document.results.iter().filter(|facts| facts.error.is_some()).map(|facts| &facts.region).collect();
    let region = match failed.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    };
    ErrorFacts {
        message: failure.message(),
        causes: failure.causes(),
        facts: failure.facts().to_vec(),
        hints: failure.hints().to_vec(),
        region,
    }
}
