//! The trial of versions before they take traffic: their start or health check, then `before_traffic`.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use zappa_rs_adapter::contract;

use super::{Deployed, Error, Phase, Rollout, gateway_of, serving::Versions};
use crate::{
    aws::{Backoff, Invoked},
    gateway::{
        arrival::{Arrival, Stamp},
        event,
    },
    logical_id::FunctionIds,
    regions,
};

/// How much of an answer is shown.
const EXCERPT_CHARS: usize = 200;
/// The tenant of a trial.
const TRIAL_TENANT: &str = "zappa-rs-trial";
/// How long IAM may take to propagate a role's permissions.
const PROPAGATION: Duration = Duration::from_secs(30);
/// Below this a status says that the application works.
const FIRST_FAILING_STATUS: u64 = 500;

/// One invocation of a trial.
pub(super) struct Step {
    /// What is tried, for messages.
    what: String,
    payload: Vec<u8>,
    /// Whether the answer is one of HTTP.
    has_status: bool,
}

/// A version that is tried.
pub(super) struct Tried<'a> {
    pub(super) ids: &'a FunctionIds,
    pub(super) number: &'a str,
}

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ids.name {
            Some(name) => write!(f, "{} of function `{name}`", self.number),
            None => f.write_str(self.number),
        }
    }
}

impl Step {
    /// The start of a process: the adapter answers this event without the app.
    pub(super) fn start() -> Self {
        let event = json!({ contract::EVENT_KEY: contract::KIND_KEEP_WARM });
        Self { what: "its start".to_owned(), payload: event.to_string().into(), has_status: false }
    }

    /// The reason to fail the trial, if there is one.
    fn failure(&self, invoked: &Invoked) -> Option<String> {
        if let Some(error) = &invoked.function_error {
            return Some(error.clone());
        }
        match status_of(&invoked.payload) {
            _ if !self.has_status => None,
            Some(status) if status < FIRST_FAILING_STATUS => None,
            Some(status) => Some(format!("status {status}{}", words_of(&invoked.payload))),
            None => Some("a response without a status".to_owned()),
        }
    }
}

impl Rollout<'_> {
    /// Tries a version of each function: the further ones in the order of their names, by their start, and the main one last.
    /// No alias moves before all have passed. The main one's trial is its start or its health check, then what the settings want to run before traffic, which may have effects outside. Where their role has
    /// just got permissions, a failed step is retried with backoff: IAM is eventually consistent.
    pub(super) async fn try_versions(&self, versions: &Versions, is_role_new: bool) -> Result<(), Error> {
        let patience = if is_role_new { PROPAGATION } else { Duration::ZERO };
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8), patience);
        for (ids, number) in versions.iter().filter(|(ids, _)| ids.name.is_some()) {
            let tried = Tried { ids, number };
            let answer = self.try_step(&tried, &Step::start(), &mut backoff).await?;
            self.check_handlers(&tried, &answer)?;
        }
        let main = FunctionIds::main();
        let Some(number) = versions.get(&main) else { return Ok(()) };
        let tried = Tried { ids: &main, number };
        let answer = self.try_step(&tried, &self.first_step()?, &mut backoff).await?;
        self.try_handlers(&tried, answer, &mut backoff).await?;
        match &self.request.record.before_traffic {
            Some(name) => self.try_step(&tried, &self.function_step(number, name), &mut backoff).await.map(drop),
            None => Ok(()),
        }
    }

    /// Tries one step, and returns its response.
    pub(super) async fn try_step(
        &self,
        tried: &Tried<'_>,
        step: &Step,
        backoff: &mut Backoff,
    ) -> Result<Vec<u8>, Error> {
        self.progress.step("Trying", &format!("version {tried}: {}", step.what));
        // A function that keeps its tenants apart is not invoked without one.
        let resources = &self.request.record.template["Resources"];
        let is_isolated = !resources[&tried.ids.function]["Properties"]["TenancyConfig"].is_null();
        let tenant = is_isolated.then_some(TRIAL_TENANT);
        let mut is_told = false;
        loop {
            let function = self.request.identity.function(tried.ids.name.as_deref());
            let invoked = self.region.invoke(&function, Some(tried.number), tenant, step.payload.clone()).await?;
            let Some(reason) = step.failure(&invoked) else { return Ok(invoked.payload) };
            let reason = with_message(&reason, &invoked.payload);
            if !backoff.wait().await {
                return Err(self.failed(tried, step.what.clone(), reason, &invoked));
            }
            // Once: the reasons of a crash differ in nothing but the id of the request.
            if !is_told {
                let line = reason.lines().next().unwrap_or_default();
                let sentence = format!("version {tried}, whose role has just got permissions: {line}");
                self.progress.step("Retrying", &sentence);
                is_told = true;
            }
        }
    }

    fn first_step(&self) -> Result<Step, Error> {
        Ok(match &self.request.record.health_check {
            Some(path) => Step { what: format!("GET {path}"), payload: self.request(path)?, has_status: true },
            None => Step::start(),
        })
    }

    fn function_step(&self, version: &str, name: &str) -> Step {
        let event = json!({
            contract::EVENT_KEY: contract::KIND_FUNCTION,
            contract::NAME_KEY: name,
            contract::PAYLOAD_KEY: { "version": version, "release": self.request.record.id },
        });
        Step { what: format!("function {name}"), payload: event.to_string().into(), has_status: false }
    }

    /// Sends the live template again after a failed trial; the failure is what is reported either way.
    pub(super) async fn roll_back(&self, deployed: &Deployed, live: &Value, failure: Error) -> Error {
        self.progress.step("Rolling back", "the candidate; no traffic was shifted");
        match self.send(deployed, live, Phase::RollingBack).await {
            Ok(_) => {
                self.phase.set(Phase::Untouched);
                failure
            }
            Err(undoing) => Error::RollbackFailed { failure: Box::new(failure), undoing: Box::new(undoing) },
        }
    }

    fn failed(&self, tried: &Tried<'_>, what: String, reason: String, invoked: &Invoked) -> Error {
        Error::Trial {
            version: tried.to_string(),
            what,
            is_first: self.phase.phase() == Phase::Created,
            reason,
            log: invoked.log.clone(),
        }
    }

    /// The event that the stage's gateway would make of a request for `path`.
    fn request(&self, path: &str) -> Result<Vec<u8>, Error> {
        let (identity, stage) = (&self.request.identity, self.request.stage);
        let gateway = gateway_of(identity, stage, self.region.name(), "healthcheck");
        let mut headers = HeaderMap::new();
        let host = gateway.host.clone().unwrap_or_else(|| {
            let (region, suffix) = (self.region.name(), regions::partition(self.region.name()).dns_suffix);
            format!("health-check.execute-api.{region}.{suffix}")
        });
        if let Ok(host) = host.parse() {
            headers.insert(http::header::HOST, host);
        }
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static("zappa-rs health check"));
        let arrival = Arrival {
            method: Method::GET,
            target: format!("{}{path}", gateway.root().trim_end_matches('/')),
            headers,
            body: bytes::Bytes::new(),
            client: ([127, 0, 0, 1], 0).into(),
            protocol: "HTTP/1.1",
            scheme: "http",
        };
        let stamp = Stamp {
            request_id: "health-check".to_owned(),
            extended_request_id: "health-check".to_owned(),
            trace_id: String::new(),
            time: SystemTime::now(),
        };
        match event::build(&gateway, &arrival, &stamp) {
            Ok(event) => Ok(event.to_vec()),
            Err(_) => Err(Error::HealthCheckPath { path: path.to_owned() }),
        }
    }
}

/// A reason with the message that the function's error has.
fn with_message(reason: &str, payload: &[u8]) -> String {
    let error: Value = serde_json::from_slice(payload).unwrap_or_default();
    error["errorMessage"].as_str().map_or_else(|| reason.to_owned(), |message| format!("{reason}: {message}"))
}

/// How the text of an answer begins, for whoever looks for the reason of its status.
fn words_of(payload: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    let is_text = answer["isBase64Encoded"] != true;
    let body = answer["body"].as_str().filter(|body| is_text && !body.trim().is_empty()).unwrap_or_default();
    let begin: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT_CHARS).collect();
    if begin.is_empty() { begin } else { format!(", `{begin}`") }
}

/// The status of an answer for a gateway.
fn status_of(payload: &[u8]) -> Option<u64> {
    let answer: Value = serde_json::from_slice(payload).ok()?;
    answer["statusCode"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read() {
        assert_eq!(status_of(br#"{"statusCode":204,"body":""}"#), Some(204));
        assert_eq!(status_of(b"null"), None);
        assert_eq!(status_of(b"not json"), None);
    }

    #[test]
    fn a_function_error_is_told_with_its_message() {
        let payload = br#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: exit status 3\nmore"}"#;
        assert_eq!(with_message("Unhandled", payload), "Unhandled: RequestId: 1 Error: exit status 3\nmore");
        assert_eq!(with_message("status 503", br#"{"statusCode":503}"#), "status 503");
        assert_eq!(with_message("Unhandled", b"[]"), "Unhandled");
    }

    #[test]
    fn an_answer_tells_its_reason_in_its_first_words() {
        assert_eq!(words_of(br#"{"statusCode":503,"body":"no\n database"}"#), ", `no database`");
        assert_eq!(words_of(br#"{"statusCode":503,"body":"bm8=","isBase64Encoded":true}"#), "");
        assert_eq!(words_of(b"[]"), "");
    }
}
