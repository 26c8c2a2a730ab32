//! The failure of a command from the errors of its regions: facts, logs and hints of each.

use super::fleet::{Outcome, Phases};
use crate::{
    report::Failure,
    rollout::{Error, Phase},
};

/// The failures of a change in all regions as one; `Ok` if all succeeded.
pub(crate) fn of_change<T>(outcomes: &[Outcome<T>], phases: &Phases) -> Result<(), Failure> {
    let failed = failures(outcomes);
    match failed.as_slice() {
        [] => Ok(()),
        [one] => Err(one_failed(*one, outcomes.len(), phases)),
        failed => {
            let failure = several_failed(failed, phases);
            let has_rolled_back = failed.iter().any(|(_, error)| matches!(error, Error::RolledBack { .. }));
            // After a rollback the cause has to be fixed first, so running the command again is no hint.
            Err(if failure.is_usage() || has_rolled_back {
                failure
            } else {
                failure.with_hint("run the same command again; it finishes what is missing".to_owned())
            })
        }
    }
}

/// The failures of a command that only reads, as one; `Ok` if all regions succeeded.
pub(crate) fn of_reading<T>(outcomes: &[Outcome<T>]) -> Result<(), Failure> {
    let phases = Phases::default();
    match failures(outcomes).as_slice() {
        [] => Ok(()),
        [one] => Err(one_failed(*one, outcomes.len(), &phases)),
        failed => Err(several_failed(failed, &phases)),
    }
}

fn failures<T>(outcomes: &[Outcome<T>]) -> Vec<(&str, &Error)> {
    let failed = outcomes.iter().filter_map(|outcome| match &outcome.result {
        Some(Err(error)) => Some((outcome.region.as_str(), error)),
        _ => None,
    });
    failed.collect()
}

/// The failure of one of so many regions.
fn one_failed((region, error): (&str, &Error), regions: usize, phases: &Phases) -> Failure {
    let cell = phases.of(region);
    describe(error, (regions > 1).then_some(region), cell.phase()).with_facts(cell.keys_sentence())
}

fn several_failed(failed: &[(&str, &Error)], phases: &Phases) -> Failure {
    let back = failed.iter().filter(|(_, error)| matches!(error, Error::RolledBack { .. })).count();
    let count = |number: usize| format!("{number} {}", if number == 1 { "region" } else { "regions" });
    let sentence = match back {
        0 => format!("{} failed", count(failed.len())),
        back => format!("{} failed, {} rolled back", count(failed.len() - back), count(back)),
    };
    let is_usage = failed.iter().all(|(_, error)| error.is_usage());
    let error = anyhow::anyhow!(sentence);
    let mut failure = if is_usage { Failure::usage(error, None) } else { Failure::failed(error, None) };
    for (region, error) in failed {
        let cell = phases.of(region);
        let in_region = |sentence: &str| format!("{region}: {sentence}");
        let facts = [
            Some(format!("{:#}", chain(error, Some(region)))),
            error.state(cell.phase()).map(in_region),
            cell.keys_sentence().as_deref().map(in_region),
        ];
        failure = failure.with_facts(facts.into_iter().flatten().chain(error.losses().iter().cloned()));
        if let Some(log) = error.log() {
            failure = failure.with_block(&format!("log of the trial in {region}"), log);
        }
        if let Some(hint) = error.hint() {
            failure = failure.with_hint(hint);
        }
    }
    failure
}

/// The failure of a region, with facts and hints.
pub(crate) fn failure(error: &Error) -> Failure {
    failure_in(error, None)
}

/// The failure of a region, named where there are several.
pub(crate) fn failure_in(error: &Error, region: Option<&str>) -> Failure {
    describe(error, region, Phase::Untouched)
}

fn describe(error: &Error, region: Option<&str>, phase: Phase) -> Failure {
    let chain = chain(error, region);
    let mut failure =
        if error.is_usage() { Failure::usage(chain, error.hint()) } else { Failure::failed(chain, error.hint()) };
    failure = failure.with_facts(error.losses().iter().cloned());
    if let Some(log) = error.log() {
        failure = failure.with_block("log of the trial", log);
    }
    if let Some(state) = error.state(phase) {
        failure = failure.with_facts(vec![state.to_owned()]);
    }
    failure
}

/// The error with its causes, as an owned chain; the error itself is still needed for the output.
fn chain(error: &Error, region: Option<&str>) -> anyhow::Error {
    let mut levels = vec![match region {
        Some(region) => format!("{region}: {error}"),
        None => error.to_string(),
    }];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        levels.push(cause.to_string());
        source = cause.source();
    }
    let innermost = levels.pop().unwrap_or_default();
    levels.into_iter().rev().fold(anyhow::anyhow!(innermost), |chain, level| chain.context(level))
}
