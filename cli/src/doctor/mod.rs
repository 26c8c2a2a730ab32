//! The findings of `zappa-rs doctor`: what the facts about this machine and the account mean for a deploy.
//!
//! It decides and is pure; `commands/remote/doctor` finds the facts.

mod account;
mod clock;
mod concurrency;
mod domain;
mod log_role;
mod rights;
mod simulation;
mod toolchain;

use serde::Serialize;

pub(crate) use account::{Answer, identity, regions};
pub(crate) use clock::clock;
pub(crate) use concurrency::{Concurrency, concurrency};
pub(crate) use domain::{Resolved, domain};
pub(crate) use log_role::{LOG_ROLE, log_role};
pub(crate) use rights::{Principal, principal, rights};
pub(crate) use simulation::simulations;
pub(crate) use toolchain::rust;

/// The state of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Ok,
    /// A deploy works, and something about it will not be as expected.
    Warning,
    /// A deploy fails.
    Failed,
    /// It cannot be found out.
    Unknown,
    /// It was not tried.
    Skipped,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) name: &'static str,
    /// The region that it is about, if it is about one.
    pub(crate) region: Option<String>,
    pub(crate) state: State,
    pub(crate) sentence: String,
    /// The remedy.
    pub(crate) hint: Option<String>,
}

impl Finding {
    pub(crate) fn ok(name: &'static str, sentence: impl Into<String>) -> Self {
        Self::new(name, State::Ok, sentence, None)
    }

    pub(crate) fn warning(name: &'static str, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(name, State::Warning, sentence, Some(hint.into()))
    }

    pub(crate) fn failed(name: &'static str, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(name, State::Failed, sentence, Some(hint.into()))
    }

    pub(crate) fn unknown(name: &'static str, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(name, State::Unknown, sentence, Some(hint.into()))
    }

    /// A check that was not tried, with the reason.
    pub(crate) fn skipped(name: &'static str, reason: impl Into<String>) -> Self {
        Self::new(name, State::Skipped, reason, None)
    }

    fn new(name: &'static str, state: State, sentence: impl Into<String>, hint: Option<String>) -> Self {
        Self { name, region: None, state, sentence: sentence.into(), hint }
    }

    /// The same, about one region.
    #[must_use]
    pub(crate) fn in_region(self, region: &str) -> Self {
        Self { region: Some(region.to_owned()), ..self }
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.state == State::Failed
    }
}

/// The lines of a finding, as cells: state, name, sentence, and below it the remedy.
pub(crate) fn rows(finding: &Finding) -> Vec<Vec<String>> {
    let Finding { name, region, state, sentence, hint } = finding;
    let sentence = region.as_ref().map_or_else(|| sentence.clone(), |region| format!("{region}: {sentence}"));
    let first = vec![state.word().to_owned(), (*name).to_owned(), sentence];
    let hint = hint.as_ref().map(|hint| vec![String::new(), String::new(), format!("hint: {hint}")]);
    [Some(first), hint].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_its_remedy_below() {
        let finding = Finding::failed("region", "it is not enabled", "enable it").in_region("af-south-1");
        let expected = [["failed", "region", "af-south-1: it is not enabled"], ["", "", "hint: enable it"]];
        assert_eq!(rows(&finding), expected);
        assert_eq!(rows(&Finding::ok("rust", "it is there")), [["ok", "rust", "it is there"]]);
    }

    #[test]
    fn a_finding_is_an_object_with_every_key() {
        let json = serde_json::to_value(Finding::skipped("rights", "why")).unwrap();
        let expected =
            serde_json::json!({"name": "rights", "region": null, "state": "skipped", "sentence": "why", "hint": null});
        assert_eq!(json, expected);
    }
}
