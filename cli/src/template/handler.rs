//! The handlers that an app must register: the stack sends their events to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zappa_rs_adapter::contract;

use crate::{
    logical_id,
    settings::{EventSource, SourceKind, Stage, function_reference},
};

/// A handler by its kind, as the crate lists it, and its name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Handler {
    /// The further function that gets its events; `None` for the main one.
    pub(crate) function: Option<String>,
    /// One of the contract's `HANDLER_KINDS`.
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// The handlers of a stage's schedules and event sources, those of further functions that are only called by name, and
/// authorizers.
pub(crate) fn handlers(stage: &Stage) -> Vec<Handler> {
    let handler = |function: Option<&str>, kind: &str, name: &str| Handler {
        function: function.map(str::to_owned),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    let schedules = stage.schedules.iter().map(|schedule| handler(schedule.further(), "schedule", &schedule.name));
    let is_enabled = |source: &&EventSource| source.enabled.unwrap_or(true);
    let sources = stage.events.iter().filter(is_enabled).flat_map(|source| match source.kind() {
        SourceKind::Cognito(_) => {
            let triggers = source.triggers.iter();
            triggers.map(|trigger| handler(source.further(), "cognito", &format!("{trigger:?}"))).collect()
        }
        kind => vec![handler(source.further(), kind.handler_kind(), &source.name)],
    });
    let (authorizers, others): (Vec<_>, Vec<_>) =
        stage.functions.iter().partition(|function| function.authorizer.is_some());
    let called = others.into_iter().map(|function| &*function.name).filter(|name| is_called_by_name(stage, name));
    let called = called.map(|name| handler(Some(name), contract::KIND_FUNCTION, name));
    let authorizers = authorizers.into_iter().map(|function| &*function.name);
    let authorizers = authorizers.map(|name| handler(Some(name), contract::KIND_AUTHORIZER, name));
    schedules.chain(sources).chain(called).chain(authorizers).collect()
}

/// Whether nothing of the stage sends events to a further function, so that all it gets are calls by its name. A resource or
/// an output with its ARN is one that may.
fn is_called_by_name(stage: &Stage, name: &str) -> bool {
    let is_its = |function: Option<&str>| function == Some(name);
    let refers = |value: &Value| function_reference::references(value).contains(&name);
    !stage.schedules.iter().any(|schedule| is_its(schedule.further()))
        && !stage.events.iter().any(|source| is_its(source.further()))
        && !stage.resources.values().chain(stage.outputs.values()).any(refers)
}

/// Whether a template delivers events to handlers.
pub(crate) fn delivers_events(template: &Value) -> bool {
    let resources = template["Resources"].as_object();
    resources.is_some_and(|resources| resources.keys().any(|id| logical_id::is_delivery(id)))
}

impl Handler {
    /// What is missing where no such handler is registered, and the call that registers it.
    pub(crate) fn missing(&self) -> String {
        let name = &self.name;
        let (what, method) = match self.kind.as_str() {
            "schedule" => (format!("schedule `{name}`"), "schedule"),
            "function" => (format!("function `{name}`"), "function"),
            "authorizer" => (format!("authorizer `{name}`"), "authorizer"),
            "cognito" => {
                let call = format!("`App::on_cognito(CognitoTrigger::{name}, …)`");
                return format!("no handler is registered for the Cognito trigger `{name}`: register it by {call}");
            }
            "sqs" => (format!("event `{name}` (SQS)"), "on_sqs"),
            "kinesis" => (format!("event `{name}` (Kinesis)"), "on_kinesis"),
            "dynamodb" => (format!("event `{name}` (DynamoDB)"), "on_dynamodb"),
            "kafka" => (format!("event `{name}` (Kafka)"), "on_kafka"),
            "mq" => (format!("event `{name}` (Amazon MQ)"), "on_mq"),
            "iot" => (format!("event `{name}` (IoT)"), "on_iot"),
            "ses" => (format!("event `{name}` (SES)"), "on_ses"),
            "sns" => (format!("event `{name}` (SNS)"), "on_sns"),
            "s3" => (format!("event `{name}` (S3)"), "on_s3"),
            "logs" => (format!("event `{name}` (CloudWatch Logs)"), "on_logs"),
            "pattern" => (format!("event `{name}` (EventBridge)"), "on_event_bridge"),
            kind => return format!("no handler is registered for event `{name}` ({kind})"),
        };
        format!("no handler is registered for {what}: register it by `App::{method}(\"{name}\", …)`")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::{Function, Schedule};

    #[test]
    fn a_missing_handler_is_named_with_the_call_that_registers_it() {
        let missing =
            |kind: &str, name: &str| Handler { function: None, kind: kind.to_owned(), name: name.to_owned() }.missing();
        assert_eq!(
            missing("sqs", "jobs"),
            "no handler is registered for event `jobs` (SQS): register it by `App::on_sqs(\"jobs\", …)`"
        );
        assert_eq!(
            missing("schedule", "nightly"),
            "no handler is registered for schedule `nightly`: register it by `App::schedule(\"nightly\", …)`"
        );
        assert_eq!(
            missing("function", "mail"),
            "no handler is registered for function `mail`: register it by `App::function(\"mail\", …)`"
        );
        assert!(missing("cognito", "PreSignUp").ends_with("`App::on_cognito(CognitoTrigger::PreSignUp, …)`"));
    }
    #[test]
    fn a_further_function_that_nothing_sends_events_to_needs_a_handler_of_its_name() {
        let names = ["hook", "called", "nightly", "jobs", "unused"];
        let function = |name: &str| Function { name: name.to_owned(), ..Function::default() };
        let stage = Stage {
            functions: names.into_iter().map(function).collect(),
            schedules: vec![Schedule {
                name: "tick".to_owned(),
                function: Some("nightly".to_owned()),
                ..Schedule::default()
            }],
            events: vec![EventSource {
                name: "jobs".to_owned(),
                sqs: Some("jobs".to_owned()),
                enabled: Some(false),
                function: Some("jobs".to_owned()),
                ..EventSource::default()
            }],
            resources: [("Hook".to_owned(), json!({ "Properties": { "ServiceToken": { "Fn::Sub": "${fn:hook}" } } }))]
                .into(),
            ..Stage::default()
        };
        let found = handlers(&stage);
        let of_functions: Vec<(Option<&str>, &str)> = found
            .iter()
            .filter(|handler| handler.kind == "function")
            .map(|handler| (handler.function.as_deref(), &*handler.name))
            .collect();
        assert_eq!(of_functions, [(Some("called"), "called"), (Some("unused"), "unused")]);
    }
}
