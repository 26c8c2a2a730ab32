//! Work in all regions of a stage: in parallel, each with its own outcome, the canary first.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use futures_util::future::join_all;

use super::{confirm::TerminalConfirm, record, stage::Resolved};
use crate::{
    artifact::Artifact,
    aws::Aws,
    release::{Record, ReleaseId},
    report::{Failure, Report},
    rollout::{self, Done, Error, FastState, Mode, Phase, PhaseCell, Rollout, RolloutRequest, Search},
    settings::OnFailure,
};

/// The outcome of the work in one region.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) region: String,
    /// The result; `None` if the work was not started, since the canary failed.
    pub(crate) result: Option<Result<T, Error>>,
}

impl<T> Outcome<T> {
    /// The result, if the work succeeded.
    pub(crate) fn value(&self) -> Option<&T> {
        self.result.as_ref()?.as_ref().ok()
    }

    /// The same, to add what is known only after all regions.
    pub(crate) fn value_mut(&mut self) -> Option<&mut T> {
        self.result.as_mut()?.as_mut().ok()
    }
}

/// The phase of each region, which an interrupt reports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phases(BTreeMap<String, Arc<PhaseCell>>);

impl Phases {
    pub(crate) fn new(regions: &[String]) -> Self {
        Self(regions.iter().map(|region| (region.clone(), Arc::default())).collect())
    }

    pub(crate) fn of(&self, region: &str) -> Arc<PhaseCell> {
        self.0.get(region).cloned().unwrap_or_default()
    }

    /// Whether nothing is under way in any region.
    pub(crate) fn are_at_rest(&self) -> bool {
        self.0.values().all(|cell| matches!(cell.phase(), Phase::Untouched | Phase::Serving))
    }

    /// The failure of work that was interrupted, with the state of each region.
    pub(crate) fn interruption(&self) -> Failure {
        if self.0.values().all(|cell| cell.phase() == Phase::Untouched) {
            return Failure::interrupted();
        }
        let states = self.0.iter().flat_map(|(region, cell)| {
            let sentences = [Some(cell.phase().sentence().to_owned()), cell.keys_sentence()];
            sentences.into_iter().flatten().map(move |sentence| format!("{region}: {sentence}"))
        });
        Failure::interrupted()
            .with_facts(states)
            .with_hint("run the same command again; it resumes from the current state".to_owned())
    }
}

/// Runs work in all regions, in parallel; if there is a canary, the others wait until it has succeeded.
pub(crate) async fn for_each_region<T, W>(
    regions: &[String],
    canary: Option<&str>,
    work: impl Fn(String) -> W,
) -> Vec<Outcome<T>>
where
    W: Future<Output = Result<T, Error>>,
{
    let one = async |region: &String| Outcome { region: region.clone(), result: Some(work(region.clone()).await) };
    let canary = canary.and_then(|canary| regions.iter().find(|region| *region == canary));
    let first = match canary {
        Some(region) => Some(one(region).await),
        None => None,
    };
    let rest = regions.iter().filter(|region| canary != Some(region));
    let go_on = first.as_ref().is_none_or(|first| matches!(first.result, Some(Ok(_))));
    let others = if go_on {
        join_all(rest.map(one)).await
    } else {
        rest.map(|region| Outcome { region: region.clone(), result: None }).collect()
    };
    let mut outcomes: Vec<Outcome<T>> = first.into_iter().chain(others).collect();
    outcomes.sort_by_key(|outcome| regions.iter().position(|region| *region == outcome.region));
    outcomes
}

/// What fast updates leave for the next, of each region.
#[derive(Debug, Default)]
pub(crate) struct FastStates(BTreeMap<String, tokio::sync::Mutex<Option<FastState>>>);

impl FastStates {
    pub(crate) fn new(regions: &[String]) -> Self {
        Self(regions.iter().map(|region| (region.clone(), tokio::sync::Mutex::default())).collect())
    }
}

/// The way of a release to a region.
enum Way<'a> {
    /// By the stack.
    Stack,
    /// By the functions alone, from what an earlier fast update left.
    Fast(&'a mut Option<FastState>),
    /// Nothing but the API's own endpoint, which is closed after this rollout and its domain.
    Closing(Box<Done>),
}

/// A change of all regions of a stage.
pub(crate) struct Fleet<'a> {
    pub(crate) resolved: &'a Resolved,
    pub(crate) aws: &'a Aws,
    pub(crate) report: &'a Report,
    pub(crate) confirm: &'a TerminalConfirm<'a>,
    pub(crate) phases: &'a Phases,
    /// Whether all traffic moves at once, whatever the settings say.
    pub(crate) now: bool,
    pub(crate) wait: bool,
    pub(crate) search: Search,
}

impl Fleet<'_> {
    /// Rolls out to each region the release that `request` gives for it.
    pub(crate) async fn roll_out<'b>(
        &self,
        mode: Mode,
        request: impl Fn(&str) -> Option<(Record, Option<&'b Artifact>)>,
    ) -> Vec<Outcome<Done>> {
        let selection = &self.resolved.selection;
        let canary = selection.primary().canary_region.as_deref();
        let outcomes = for_each_region(&selection.regions, canary, async |region| {
            let Some((record, artifact)) = request(&region) else {
                return Err(rollout::Error::Overtaken { stack: self.resolved.identity.stack(), by: None });
            };
            self.one(&region, mode, record, artifact, Way::Stack).await
        });
        outcomes.await
    }

    /// Updates the code in each region without its stack. `states` are those that earlier fast updates left.
    pub(crate) async fn update_fast<'b>(
        &self,
        states: &FastStates,
        request: impl Fn(&str) -> Option<(Record, Option<&'b Artifact>)>,
    ) -> Vec<Outcome<Done>> {
        let selection = &self.resolved.selection;
        let canary = selection.primary().canary_region.as_deref();
        let outcomes = for_each_region(&selection.regions, canary, async |region| {
            let (Some((record, artifact)), Some(state)) = (request(&region), states.0.get(&region)) else {
                return Err(rollout::Error::Vanished { stack: self.resolved.identity.stack() });
            };
            self.one(&region, Mode::Update, record, artifact, Way::Fast(&mut *state.lock().await)).await
        });
        outcomes.await
    }

    /// Closes the API's own endpoint where that waited for the domain, and the domain leads to the stage.
    pub(crate) async fn close_endpoints<'b>(
        &self,
        mode: Mode,
        mut outcomes: Vec<Outcome<Done>>,
        request: impl Fn(&str) -> Option<(Record, Option<&'b Artifact>)>,
    ) -> Vec<Outcome<Done>> {
        let close = outcomes.iter_mut().map(async |Outcome { region, result }| {
            let Some(Ok(done)) = result else { return };
            let Some((record, artifact)) = request(region).filter(|_| done.awaits_domain) else { return };
            let way = Way::Closing(Box::new(done.clone()));
            *result = Some(self.one(region, mode, record, artifact, way).await);
        });
        join_all(close.collect::<Vec<_>>()).await;
        outcomes
    }

    async fn one(
        &self,
        region: &str,
        mode: Mode,
        record: Record,
        artifact: Option<&Artifact>,
        way: Way<'_>,
    ) -> Result<Done, rollout::Error> {
        let progress = self.report.in_region(region, self.resolved.width());
        let phase = self.phases.of(region);
        let stage = &self.resolved.selection.stages[region];
        let (identity, search) = (&self.resolved.identity, &self.search);
        let regions = &self.resolved.selection.all_regions();
        // Of a fast update, a domain that is still to be settled is a change that needs the stack.
        let is_domain_settled = !matches!(way, Way::Stack);
        let (now, wait) = (self.now, self.wait);
        let request =
            RolloutRequest { identity, stage, regions, search, record, artifact, mode, now, wait, is_domain_settled };
        let rollout = Rollout {
            region: self.aws.in_region(region),
            request,
            progress: &progress,
            confirm: self.confirm,
            phase: &phase,
        };
        match way {
            Way::Stack => rollout.run().await,
            Way::Fast(state) => rollout.update_fast(state).await,
            Way::Closing(done) => rollout.close_endpoint(*done).await,
        }
    }

    /// Rolls back the regions that succeeded, where another one failed and `on_failure` is `rollback`.
    pub(crate) async fn roll_back_where_asked(&self, mut outcomes: Vec<Outcome<Done>>) -> Vec<Outcome<Done>> {
        let failed = outcomes.iter().any(|outcome| !matches!(outcome.result, Some(Ok(_))));
        if !failed || self.resolved.selection.primary().on_failure != OnFailure::Rollback {
            return outcomes;
        }
        for outcome in &mut outcomes {
            let Some(Ok(done)) = &outcome.result else { continue };
            let Some(previous) = done.previous.clone().filter(|_| done.changed) else { continue };
            outcome.result = Some(match self.roll_back(&outcome.region, &previous).await {
                Ok(done) => Err(rollout::Error::RolledBack { release: done.release }),
                Err(error) => Err(error),
            });
        }
        outcomes
    }

    async fn roll_back(&self, region: &str, release: &ReleaseId) -> Result<Done, rollout::Error> {
        let record = record::read(self.resolved, &self.aws.in_region(region), release).await?;
        self.one(region, Mode::Rollback, record, None, Way::Stack).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Error {
        Error::Overtaken { stack: "app-dev".to_owned(), by: None }
    }

    async fn states(canary: Option<&str>, broken: &str) -> Vec<&'static str> {
        let regions = ["a", "b", "c"].map(str::to_owned);
        let outcomes =
            for_each_region(&regions, canary, async |region| if region == broken { Err(failure()) } else { Ok(()) })
                .await;
        let state = |outcome: Outcome<()>| match outcome.result {
            Some(Ok(())) => "done",
            Some(Err(_)) => "failed",
            None => "not begun",
        };
        outcomes.into_iter().map(state).collect()
    }

    #[tokio::test]
    async fn one_region_that_fails_leaves_the_others_alone() {
        assert_eq!(states(None, "b").await, ["done", "failed", "done"]);
    }

    #[tokio::test]
    async fn a_canary_that_fails_keeps_the_others_from_beginning() {
        assert_eq!(states(Some("b"), "b").await, ["not begun", "failed", "not begun"]);
        assert_eq!(states(Some("b"), "c").await, ["done", "done", "failed"]);
    }
}
