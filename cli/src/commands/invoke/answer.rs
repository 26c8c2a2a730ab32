//! The answer of an invocation: printed to the byte, or the failure of the function with the place to look at.

use base64_simd::STANDARD;
use http::Response;
use serde::Serialize;
use serde_json::Value;
use zappa_rs_adapter::contract::REGISTERED_NAMES;

use super::{named::Named, place};
use crate::{
    progress::Progress as _,
    report::{Failure, Report},
    suggestion,
};

/// The error of a name or a source without a handler.
const UNMAPPED: &str = "ZappaRs.UnmappedEvent";
/// What Lambda says of an invocation that took longer than `timeout_seconds`.
const TIMED_OUT: &str = "Task timed out after";

/// The answer of Lambda, or of an emulator.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Answer {
    /// `Unhandled` or `Handled` if the function failed.
    pub(in crate::commands) function_error: Option<String>,
    /// The function's response or error document.
    pub(in crate::commands) payload: Vec<u8>,
    /// The end of the log.
    pub(in crate::commands) log: String,
    /// Whether the function ran on this machine, so that its log was printed while it ran.
    pub(in crate::commands) is_local: bool,
    /// The remedy of a failure, where it is known already.
    pub(in crate::commands) hint: Option<String>,
    /// The version that ran.
    pub(in crate::commands) version: Option<String>,
}

/// The answer as JSON.
#[derive(Serialize)]
struct Document<'a> {
    version: Option<&'a str>,
    function_error: Option<&'a str>,
    payload: Value,
    response: Option<HttpDocument>,
    log: &'a str,
}

/// The HTTP response as JSON; a body that is no text is base64.
#[derive(Serialize)]
struct HttpDocument {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    is_base64: bool,
}

impl HttpDocument {
    fn new(response: &Response<bytes::Bytes>) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let (body, is_base64) = match std::str::from_utf8(response.body()) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode_to_string(response.body()), true),
        };
        Self { status: response.status().as_u16(), headers, body, is_base64 }
    }
}

impl Answer {
    /// Whether the instance was started for this invocation.
    pub(in crate::commands) fn is_cold(&self) -> bool {
        self.log.contains("Init Duration: ")
    }

    /// Prints the answer; `response` is what the client of a gateway would get.
    pub(in crate::commands) fn print(&self, response: Option<&Response<bytes::Bytes>>, is_json: bool, report: &Report) {
        if is_json {
            let payload = serde_json::from_slice(&self.payload);
            report.document(&Document {
                version: self.version.as_deref(),
                function_error: self.function_error.as_deref(),
                payload: payload.unwrap_or_else(|_| String::from_utf8_lossy(&self.payload).into_owned().into()),
                response: response.map(HttpDocument::new),
                log: &self.log,
            });
            return;
        }
        self.print_log(report);
        if self.function_error.is_some() {
            return;
        }
        match response {
            Some(response) => {
                report.step("Responded", &response.status().to_string());
                for (name, value) in response.headers() {
                    report.detail(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
                }
                report.answer_bytes(response.body());
            }
            None => report.answer_bytes(&self.payload),
        }
    }

    /// Prints the end of the log, unless it was printed while the function ran.
    pub(in crate::commands) fn print_log(&self, report: &Report) {
        if !self.is_local {
            report.quote(&self.log);
        }
    }

    /// The failure of the function, if it failed, with the place to look at: the user's own code where the log or the
    /// answer names it, else what `log_of` says about the log of a request. A response whose status is 500 or more is a
    /// failure, too: the app answers so after a panic.
    pub(in crate::commands) fn failure(
        &self,
        named: Option<&Named>,
        response: Option<&Response<bytes::Bytes>>,
        log_of: impl FnOnce(&str) -> String,
    ) -> Option<Failure> {
        let Some(kind) = self.function_error.as_deref() else {
            let status = response.map(Response::status).filter(http::StatusCode::is_server_error)?;
            let place = place::sentence(&self.log).or_else(|| place::request_id(&self.log).map(log_of));
            return Some(Failure::failed(anyhow::anyhow!("the app responded with {status}"), None).with_facts(place));
        };
        let document: Value = serde_json::from_slice(&self.payload).unwrap_or_default();
        let text = |key: &str| document[key].as_str();
        let error_type = text("errorType").unwrap_or(kind);
        let message = text("errorMessage").unwrap_or_default();
        let sentence = if message.is_empty() { error_type.to_owned() } else { format!("{error_type}: {message}") };
        let hint = hint(error_type, message, named, self.is_local).or_else(|| self.hint.clone());
        let place = place::sentence(&self.log).or_else(|| place::sentence(message));
        let place = place.or_else(|| place::request_id(&self.log).or_else(|| place::request_id(message)).map(log_of));
        Some(Failure::failed(anyhow::anyhow!("the function failed: {sentence}"), hint).with_facts(place))
    }
}

/// The hint for an error of a function.
fn hint(error_type: &str, message: &str, named: Option<&Named>, is_local: bool) -> Option<String> {
    if error_type == UNMAPPED
        && let Some(remedy) = named.and_then(|named| named.other_kind.clone())
    {
        return Some(remedy);
    }
    if let (Some(named), Some((_, names))) = (named, message.split_once(REGISTERED_NAMES)) {
        let known: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        let meant = suggestion::nearest(&named.name, known).map(|meant| format!("did you mean `{meant}`?"));
        if meant.is_some() || !named.is_resource {
            return meant;
        }
    }
    let sentence = match error_type {
        "ZappaRs.UnknownEvent" => {
            "`zappa-rs event` lists the events that are known, and `zappa-rs event KIND` prints a sample; JSON of your own goes \
             to a function that is registered by name: `--name NAME --data JSON`"
        }
        UNMAPPED if is_local => {
            "register a handler on `zappa_rs::App`, that of a source by the name of its entry in `events` of the settings; then \
             run the command again"
        }
        UNMAPPED => "register a handler on `zappa_rs::App`, then deploy",
        "ZappaRs.Payload" => "the payload has to be what the handler's type reads",
        // The start has a limit of its own.
        "Sandbox.Timedout" if message.contains(TIMED_OUT) => "`timeout_seconds` in the settings gives it longer",
        "Runtime.OutOfMemory" => "`memory_size` in the settings gives it more",
        kind if kind.starts_with("Runtime.Exit") => {
            "the process ended: the log has the reason; without memory it says nothing, and `memory_size` gives more"
        }
        _ => return None,
    };
    Some(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(function_error: Option<&str>, payload: &str) -> Answer {
        let function_error = function_error.map(str::to_owned);
        Answer { function_error, payload: payload.as_bytes().to_vec(), ..Answer::default() }
    }

    fn named(other_kind: Option<&str>) -> Named {
        Named { name: "rezise".to_owned(), is_resource: false, other_kind: other_kind.map(str::to_owned) }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_that_is_registered() {
        let message = format!("no handler is registered for function `rezise`; {REGISTERED_NAMES}`mail`, `resize`");
        let of = |named: &Named| hint(UNMAPPED, &message, Some(named), false);
        assert_eq!(of(&named(None)).as_deref(), Some("did you mean `resize`?"));
        assert_eq!(of(&named(Some("add `--kind schedule`"))).as_deref(), Some("add `--kind schedule`"));
        assert_eq!(hint("ZappaRs.Handler", "it failed", Some(&named(Some("add `--kind schedule`"))), false), None);
    }

    #[test]
    fn only_a_deployed_function_is_deployed_again() {
        let of = |is_local: bool| hint(UNMAPPED, "no handler is registered", None, is_local).unwrap();
        assert!(of(false).ends_with("then deploy"), "{}", of(false));
        assert!(!of(true).contains("deploy") && of(true).contains("`zappa_rs::App`"), "{}", of(true));
    }

    #[test]
    fn no_handler_helps_against_an_event_that_nothing_sends() {
        for is_local in [false, true] {
            let hint = hint("ZappaRs.UnknownEvent", "the event's source is unknown", None, is_local).unwrap();
            assert!(hint.contains("`zappa-rs event KIND`") && !hint.contains("App"), "{hint}");
        }
    }

    #[test]
    fn the_resource_of_an_event_is_answered_with_the_nearest_name_or_the_way_to_register_it() {
        let message = format!(
            "no handler is registered for SQS events of `arn:aws:sqs:eu-west-1:1:job`; {REGISTERED_NAMES}`jobs`"
        );
        let of = |name: &str| {
            let named = Named { name: name.to_owned(), is_resource: true, other_kind: None };
            hint(UNMAPPED, &message, Some(&named), true)
        };
        assert_eq!(of("job").as_deref(), Some("did you mean `jobs`?"));
        assert!(of("letters").is_some_and(|hint| hint.starts_with("register a handler")));
    }

    #[test]
    fn a_start_that_takes_too_long_is_not_mended_by_the_timeout() {
        let of = |message: &str| hint("Sandbox.Timedout", message, None, true);
        assert!(of("RequestId: 1-2 Error: Task timed out after 3.00 seconds").unwrap().contains("`timeout_seconds`"));
        assert_eq!(of("the process did not ask for an event within 10 s, so it was killed"), None);
    }

    #[test]
    fn a_status_of_500_or_more_is_a_failure() {
        let failure = |status: u16| {
            let response = Response::builder().status(status).body(bytes::Bytes::new()).unwrap();
            answer(None, "{}").failure(None, Some(&response), |_| String::new())
        };
        for status in [200, 302, 404, 499] {
            assert!(failure(status).is_none(), "{status}");
        }
        for status in [500, 503, 599] {
            assert_eq!(failure(status).map(|failure| failure.code()), Some(1), "{status}");
        }
        assert!(answer(None, "{}").failure(None, None, |_| String::new()).is_none());
        assert!(answer(Some("Unhandled"), "{}").failure(None, None, |_| String::new()).is_some());
    }
}
