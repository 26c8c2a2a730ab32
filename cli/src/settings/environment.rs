//! The function's environment as a deploy sends it: the stage's variables and those of the tool.

use serde_json::{Map, Value, json};
use zappa_rs_adapter::contract;

use super::{Api, EventSource, Function, SourceKind, Stage, Variable};
use crate::logical_id;

/// The variable that carries the hash of a version.
pub(crate) const VERSION: &str = "ZAPPA_VERSION";
/// How many hexadecimal digits the hash has.
pub(crate) const VERSION_DIGITS: usize = 12;

/// The map of variables of a function, a further one or the main one, but for [`VERSION`], which depends on everything else.
pub(crate) fn environment(stage: &Stage, function: Option<&Function>, project: &str, name: &str) -> Map<String, Value> {
    let mut variables: Map<String, Value> =
        stage.environment.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    match function {
        Some(function) => {
            variables.extend(function.environment.iter().map(|(name, value)| (name.clone(), json!(value))));
            variables.insert(contract::variable::FUNCTION.to_owned(), json!(function.name));
            if let Some(given) = &function.authorizer {
                variables.insert(contract::variable::AUTHORIZER.to_owned(), json!(given));
            }
        }
        None => set_gateway(stage, &mut variables),
    }
    variables.insert(contract::variable::PROJECT.to_owned(), json!(project));
    variables.insert(contract::variable::STAGE.to_owned(), json!(name));
    if !stage.secrets.is_empty() {
        variables.insert(contract::variable::SECRETS.to_owned(), json!(json!(stage.secrets).to_string()));
    }
    if stage.idempotency {
        variables
            .insert(contract::variable::IDEMPOTENCY_TABLE.to_owned(), json!({ "Ref": logical_id::IDEMPOTENCY_TABLE }));
    }
    if stage.websocket.is_some() {
        let url = format!("https://${{WebSocketApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{name}");
        variables.insert(contract::variable::WEBSOCKET_URL.to_owned(), json!({ "Fn::Sub": url }));
    }
    for link in stage.link.valid(&stage.resources) {
        // `local` has its own values.
        variables.entry(format!("{}{}", contract::variable::LINK, link.name)).or_insert_with(|| link.value());
    }
    if let Some(sources) = sources(stage, function.map(|function| function.name.as_str())) {
        variables.insert(contract::variable::SOURCES.to_owned(), sources);
    }
    variables
}

/// Sets what the gateway in front of the main function makes of requests and responses.
fn set_gateway(stage: &Stage, variables: &mut Map<String, Value>) {
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), json!(value));
    if let Some(path) = &stage.base_path {
        set(contract::variable::BASE_PATH, &format!("/{}", path.trim_matches('/')));
    }
    if stage.api == Api::FunctionUrl
        && let Some(domain) = stage.domain()
    {
        set(contract::variable::DOMAIN, &domain.name);
    }
    if !stage.rewrite_location {
        set(contract::variable::REWRITE_LOCATION, contract::OFF);
    }
    if stage.api == Api::Rest
        && let Some(cors) = stage.cors()
    {
        set(contract::variable::CORS, &cors.policy().to_string());
    }
    let paths = stage.paths();
    // A Function URL has no routes, but `local --as function-url` of a stage that has: what a route protects is not reached by it.
    if !paths.is_empty() {
        let table = stage.route_table(&paths);
        if !table.is_uniform() {
            set(contract::variable::ROUTES, &table.to_string());
        }
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
}

/// The event sources of a function by their names in the settings, as pairs `name=ARN`: a handler is registered under the
/// name, and an event has the ARN, of Kafka and Amazon MQ with the topic or queue.
fn sources(stage: &Stage, function: Option<&str>) -> Option<Value> {
    let mut text = String::new();
    let mut arns = Map::new();
    // Triggers are told apart by their kind, whichever pool they are of.
    let is_named =
        |source: &&EventSource| source.further() == function && !matches!(source.kind(), SourceKind::Cognito(_));
    for (index, source) in stage.events.iter().filter(is_named).enumerate() {
        let arn = source.kind().arn(|id| stage.resources.contains_key(id));
        let separator = if text.is_empty() { "" } else { "," };
        let (name, part) = (&source.name, source.part());
        if arn.is_null() {
            // Only the topic says what a batch of a cluster outside of AWS is of.
            text.extend(part.map(|part| format!("{separator}{name}={part}")));
            continue;
        }
        let part = part.map(|part| format!("{}{part}", contract::PART_SEPARATOR)).unwrap_or_default();
        match arn {
            Value::String(arn) => text.push_str(&format!("{separator}{name}={arn}{part}")),
            expression => {
                text.push_str(&format!("{separator}{name}=${{Arn{index}}}{part}"));
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

/// Whether a function takes a variable of the stage's environment as it is.
fn is_of_stage(function: Option<&Function>, name: &str) -> bool {
    function.is_none_or(|function| !function.environment.contains_key(name))
}

/// The size of the environment as Lambda measures it, "String measured" in its refusal: the serialized map. What an
/// expression becomes is only known in the cloud, and counts as nothing.
pub(super) fn size(stage: &Stage, function: Option<&Function>, project: &str, name: &str) -> usize {
    let mut variables = environment(stage, function, project, name);
    variables.insert(VERSION.to_owned(), "0".repeat(VERSION_DIGITS).into());
    for (name, value) in &mut variables {
        if name.starts_with(contract::variable::LINK) && !value.is_string() {
            *value = "".into();
        }
    }
    let own = function.map(|function| &function.environment).into_iter().flatten();
    for (name, value) in own.chain(stage.environment.iter().filter(|(name, _)| is_of_stage(function, name))) {
        if matches!(value, Variable::Expression(_)) {
            variables.insert(name.clone(), "".into());
        }
    }
    Value::Object(variables).to_string().len()
}
