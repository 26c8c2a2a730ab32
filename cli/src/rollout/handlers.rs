//! The part of a trial that looks for the handlers of schedules and event sources: an event without a handler is lost, or
//! blocks its stream.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use zappa_rs_adapter::contract;

use super::{
    Error, Phase, Rollout,
    serving::Versions,
    trial::{Step, Tried},
};
use crate::{aws::Backoff, template::Handler};

impl Rollout<'_> {
    /// Fails if the app lacks a handler of the release. `answer`: the response to the step before, which lists the handlers unless
    /// that step was a health check.
    pub(super) async fn try_handlers(
        &self,
        tried: &Tried<'_>,
        answer: Vec<u8>,
        backoff: &mut Backoff,
    ) -> Result<(), Error> {
        let record = &self.request.record;
        let answer = match record.health_check {
            Some(_) if !record.handlers.is_empty() => self.try_step(tried, &Step::start(), backoff).await?,
            _ => answer,
        };
        self.check_handlers(tried, &answer)
    }

    /// The same by the list itself.
    pub(super) fn check_handlers(&self, tried: &Tried<'_>, answer: &[u8]) -> Result<(), Error> {
        let missing = missing(answer, &self.request.record.handlers, tried.ids.name.as_deref());
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::NoHandler {
            version: tried.to_string(),
            missing: missing.iter().map(|handler| handler.missing()).collect::<Vec<_>>().join("; "),
            is_first: self.phase.phase() == Phase::Created,
        })
    }

    /// The same for versions that were tried with other handlers, if the release has new ones.
    pub(super) async fn try_new_handlers(&self, versions: &Versions, known: &[Handler]) -> Result<(), Error> {
        let new = self.request.record.handlers.iter().filter(|handler| !known.contains(handler));
        let functions: BTreeSet<Option<&str>> = new.map(|handler| handler.function.as_deref()).collect();
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1), Duration::ZERO);
        for (ids, number) in versions.iter().filter(|(ids, _)| functions.contains(&ids.name.as_deref())) {
            let tried = Tried { ids, number };
            let answer = self.try_step(&tried, &Step::start(), &mut backoff).await?;
            self.check_handlers(&tried, &answer)?;
        }
        Ok(())
    }
}

/// The wanted handlers of a function that the response to a keep-warm event does not list. A crate that is older than the list, or than
/// the kind of a handler, says nothing about it.
fn missing<'a>(answer: &[u8], wanted: &'a [Handler], function: Option<&str>) -> Vec<&'a Handler> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let is_missing = |handler: &&Handler| {
        let names = |kind: &str| answer[contract::HANDLERS_KEY][kind].as_array();
        let Some(of_kind) = names(&handler.kind) else { return false };
        // A task is called by its name, too.
        let tasks = names(contract::KIND_TASK).filter(|_| handler.kind == contract::KIND_FUNCTION);
        let mut registered = of_kind.iter().chain(tasks.into_iter().flatten());
        handler.function.as_deref() == function
            && !registered.any(|name| name == &handler.name || name == contract::ALL_RESOURCES)
    };
    wanted.iter().filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_of_another_kind_or_name_is_missing_and_an_older_crate_says_nothing() {
        let handler = |kind: &str, name: &str, function: Option<&str>| Handler {
            function: function.map(str::to_owned),
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        let wanted = [
            handler("sqs", "jobs", None),
            handler("schedule", "nightly", None),
            handler("sns", "news", None),
            handler("sqs", "letters", Some("mail")),
        ];
        let names = |answer: &str| -> Vec<String> {
            missing(answer.as_bytes(), &wanted, None).into_iter().map(|handler| handler.name.clone()).collect()
        };
        let all = r#"{"handlers":{"sqs":["jobs"],"schedule":["nightly"],"sns":["*"]}}"#;
        assert_eq!(names(all), Vec::<String>::new());
        let other = r#"{"handlers":{"sqs":["nightly"],"schedule":["jobs"],"sns":[]}}"#;
        assert_eq!(names(other), ["jobs", "nightly", "news"]);
        // Older than the list, older than schedules, and no crate of this project at all.
        assert_eq!(names(r#"{"zappa_rs":"keep-warm","instance":"i"}"#), Vec::<String>::new());
        assert_eq!(names(r#"{"handlers":{"sqs":[]}}"#), ["jobs"]);
        assert_eq!(names("null"), Vec::<String>::new());
        assert_eq!(missing(all.as_bytes(), &wanted, Some("mail")), [&wanted[3]]);

        let called = [handler("function", "mail", Some("mail"))];
        let is_missing = |answer: &str| !missing(answer.as_bytes(), &called, Some("mail")).is_empty();
        assert!(is_missing(r#"{"handlers":{"function":["double"],"task":[]}}"#));
        assert!(!is_missing(r#"{"handlers":{"function":["mail"],"task":[]}}"#));
        assert!(!is_missing(r#"{"handlers":{"function":[],"task":["mail"]}}"#));
        assert!(!is_missing(r#"{"handlers":{"sqs":[]}}"#));
    }
}
