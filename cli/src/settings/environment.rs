//! The function's environment as a deploy sends it: the stage's variables and those of the tool.

use serde_json::{Map, Value, json};
use zappa_rs_adapter::contract;

use super::{Api, EventSource, SourceKind, Stage, Variable};
use crate::logical_id;

/// The variable that carries the hash of a version.
pub(crate) const VERSION: &str = "ZAPPA_VERSION";
/// How many hexadecimal digits the hash has.
pub(crate) const VERSION_DIGITS: usize = 12;

/// The map of variables, but for [`VERSION`], which depends on everything else.
pub(crate) fn environment(stage: &Stage, project: &str, name: &str) -> Map<String, Value> {
    let mut variables: Map<String, Value> =
        stage.environment.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), json!(value));
    set(contract::variable::PROJECT, project);
    set(contract::variable::STAGE, name);
    if let Some(path) = &stage.base_path {
        set(contract::variable::BASE_PATH, &format!("/{}", path.trim_matches('/')));
    }
    if !stage.rewrite_location {
        set(contract::variable::REWRITE_LOCATION, contract::OFF);
    }
    if stage.streaming {
        set(
            contract::variable::STREAMING,
            match stage.api {
                Api::FunctionUrl => contract::STREAMS_FUNCTION_URL,
                Api::Rest | Api::Http => contract::STREAMS_REST,
            },
        );
    }
    if stage.idempotency {
        variables
            .insert(contract::variable::IDEMPOTENCY_TABLE.to_owned(), json!({ "Ref": logical_id::IDEMPOTENCY_TABLE }));
    }
    if let Some(sources) = sources(stage) {
        variables.insert(contract::variable::SOURCES.to_owned(), sources);
    }
    variables
}

/// The event sources by their names in the settings, as pairs `name=ARN`: a handler is registered under the name, and an
/// event has the ARN.
fn sources(stage: &Stage) -> Option<Value> {
    let mut text = String::new();
    let mut arns = Map::new();
    // Triggers are told apart by their kind, whichever pool they are of.
    let is_named = |source: &&EventSource| !matches!(source.kind(), SourceKind::Cognito(_));
    for (index, source) in stage.events.iter().filter(is_named).enumerate() {
        let arn = source.kind().arn(|id| stage.resources.contains_key(id));
        if arn.is_null() {
            continue;
        }
        let separator = if text.is_empty() { "" } else { "," };
        let name = &source.name;
        match arn {
            Value::String(arn) => text.push_str(&format!("{separator}{name}={arn}")),
            expression => {
                text.push_str(&format!("{separator}{name}=${{Arn{index}}}"));
                arns.insert(format!("Arn{index}"), expression);
            }
        }
    }
    match text.is_empty() {
        true => None,
        false if arns.is_empty() => Some(text.into()),
        false => Some(json!({ "Fn::Sub": [text, arns] })),
    }
}

/// The size of the environment as Lambda measures it, "String measured" in its refusal: the serialized map. What an
/// expression becomes is only known in the cloud, and counts as nothing.
pub(super) fn size(stage: &Stage, project: &str, name: &str) -> usize {
    let mut variables = environment(stage, project, name);
    variables.insert(VERSION.to_owned(), "0".repeat(VERSION_DIGITS).into());
    for (name, value) in &stage.environment {
        if matches!(value, Variable::Expression(_)) {
            variables.insert(name.clone(), "".into());
        }
    }
    Value::Object(variables).to_string().len()
}
