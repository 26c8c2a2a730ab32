//! Results of a command that queries several regions: a region that fails does not hide the others.

use serde::Serialize;

use super::{failure, fleet::Outcome};
use crate::{
    report::{Failure, Report},
    rollout::Error,
};

/// One region's result: the facts or the error.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Answer<T> {
    Known(T),
    Unavailable(Unavailable),
}

/// The error of a region, in place of its facts.
#[derive(Clone, Serialize)]
pub(super) struct Unavailable {
    pub(super) region: String,
    pub(super) error: String,
}

impl Unavailable {
    /// The error of a region that failed.
    pub(super) fn new<T>(outcome: &Outcome<T>) -> Option<Self> {
        let Some(Err(error)) = &outcome.result else { return None };
        Some(Self { region: outcome.region.clone(), error: Error::to_string(error) })
    }

    /// The error, shortened to fit a table's row.
    pub(super) fn first_line(&self) -> &str {
        self.error.lines().next().unwrap_or_default()
    }
}

/// The results in the order of the regions.
pub(super) fn answers<T>(outcomes: &[Outcome<T>]) -> Vec<Answer<&T>> {
    let answer = |outcome| match Outcome::value(outcome) {
        Some(value) => Some(Answer::Known(value)),
        None => Unavailable::new(outcome).map(Answer::Unavailable),
    };
    outcomes.iter().filter_map(answer).collect()
}

/// Reports the results, as JSON or printed one by one, and the failure if a region has one.
pub(super) fn report<T: Serialize>(
    outcomes: &[Outcome<T>],
    json: bool,
    report: &Report,
    print: impl Fn(&T, &Report),
) -> Result<(), Failure> {
    let answers = answers(outcomes);
    if json {
        report.document(&answers);
        return failure::of_reading(outcomes);
    }
    for answer in &answers {
        match answer {
            Answer::Known(known) => print(known, report),
            Answer::Unavailable(failed) => {
                report.answer_line(&format!("{}: unavailable: {}", failed.region, failed.first_line()));
            }
        }
    }
    failure::of_reading(outcomes)
}
