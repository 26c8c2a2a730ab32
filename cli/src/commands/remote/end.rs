//! The end of a command that rolled out or rolled back: the hook that follows it, then the report.

use std::{sync::Arc, time::Duration};

use super::{
    failure,
    fleet::{Outcome, Phases},
    hooks, outcome,
    stage::Resolved,
};
use crate::{
    args::SharedArgs,
    aws::Aws,
    hook::Hooks,
    report::{Failure, Report},
    rollout::Done,
    settings::Hook,
};

/// What the end of a command needs.
pub(crate) struct End<'a> {
    pub(crate) resolved: &'a Resolved,
    pub(crate) aws: &'a Aws,
    pub(crate) phases: &'a Phases,
    pub(crate) hooks: &'a Hooks,
    pub(crate) shared: &'a SharedArgs,
    pub(crate) report: &'a Arc<Report>,
}

impl End<'_> {
    /// Runs the hook if every region succeeded, and reports the outcome; a hook that failed is reported after it.
    pub(crate) async fn run(&self, outcomes: &[Outcome<Done>], hook: Hook) -> Result<(), Failure> {
        let ran = self.run_hook(outcomes, hook).await;
        outcome::report(self.resolved, self.aws, outcomes, ran, self.phases, self.shared, self.report).await
    }

    /// The same for one of several updates: a line for each region that was changed, with the time that it took.
    pub(crate) async fn run_of_many(
        &self,
        outcomes: &[Outcome<Done>],
        hook: Hook,
        took: Duration,
    ) -> Result<(), Failure> {
        let ran = self.run_hook(outcomes, hook).await;
        outcome::report_of_many(self.resolved, self.aws, outcomes, took, self.shared, self.report);
        failure::of_change(outcomes, self.phases)?;
        ran
    }

    /// Runs the hook if every region succeeded.
    async fn run_hook(&self, outcomes: &[Outcome<Done>], hook: Hook) -> Result<(), Failure> {
        let Self { aws, hooks, report, .. } = self;
        let well = outcomes.iter().all(|outcome| matches!(outcome.result, Some(Ok(_))));
        {
            let mut document = hooks.document();
            document.results = outcome::facts(outcomes, aws);
            document.changed = Some(document.results.iter().any(|facts| facts.changed));
            document.release = one_release(outcomes).or(document.release.take());
        }
        let ran = if well { hooks.run(hook, &***report).await } else { Ok(()) };
        ran.map_err(|error| {
            let state = "the release is live in every region, and nothing was rolled back";
            let failure = hooks::failure(error).with_facts([state.to_owned()]);
            match hook {
                Hook::PostDeploy => {
                    failure.with_hint("run the same command again: it changes nothing and runs the hook".to_owned())
                }
                _ => failure,
            }
        })
    }
}

/// The release of all regions that succeeded, where it is one.
fn one_release(outcomes: &[Outcome<Done>]) -> Option<String> {
    let mut releases = outcomes.iter().filter_map(|outcome| Some(&outcome.value()?.release));
    let first = releases.next()?;
    releases.all(|release| release == first).then(|| first.to_string())
}
