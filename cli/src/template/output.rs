//! The stack's outputs: their names and values.

use serde_json::{Value, json};

use super::{Input, Section, base_path, domain_url, target_group, websocket_api};
pub(crate) use crate::logical_id::output::{
    API_ID, CANDIDATE, LOG_GROUP, URL, VERSION, WEBSOCKET_URL, is_log_group, is_own,
};
use crate::{
    logical_id::{
        self, FunctionIds,
        output::{ACCESS_LOG_GROUP, FUNCTION_ARN, FUNCTION_NAME, LIVE_ARN, TARGET_GROUP},
    },
    settings::Api,
};

pub(super) fn outputs(input: &Input<'_>) -> Section {
    let mut outputs = Section::new();
    let mut add = |name: &str, description: &str, value: Value| {
        outputs.insert(name.to_owned(), json!({ "Description": description, "Value": value }));
    };
    add(URL, "Where the application answers", url(input));
    if let Some(api) = api(input) {
        add(API_ID, "The API that the domain leads to", json!({ "Ref": api }));
    }
    if input.stage.websocket.is_some() {
        add(WEBSOCKET_URL, "Where clients connect to the WebSocket API", websocket_api::url(input));
    }
    add(FUNCTION_NAME, "The function", json!({ "Ref": logical_id::FUNCTION }));
    add(FUNCTION_ARN, "The function's ARN", json!({ "Fn::GetAtt": [logical_id::FUNCTION, "Arn"] }));
    add(LIVE_ARN, "The alias that serves", json!({ "Ref": logical_id::LIVE }));
    add(LOG_GROUP, "Where the logs are", json!({ "Ref": logical_id::LOG_GROUP }));
    if input.stage.access_log_format().is_some() {
        add(ACCESS_LOG_GROUP, "Where the access log is", json!({ "Ref": logical_id::ACCESS_LOG_GROUP }));
    }
    if input.stage.target_group().is_some() {
        add(TARGET_GROUP, "What a load balancer forwards to", target_group::arn());
    }
    for function in &input.stage.functions {
        let (name, ids) = (&function.name, FunctionIds::of(Some(&function.name)));
        add(&ids.output(LIVE_ARN), &format!("The alias of {name} that serves"), json!({ "Ref": ids.live }));
        add(&ids.output(LOG_GROUP), &format!("Where the logs of {name} are"), json!({ "Ref": ids.log_group }));
    }
    for (name, output) in &input.stage.outputs {
        // A bare value is the short form of `{ Value = ... }`.
        let whole = if output["Value"].is_null() { json!({ "Value": output }) } else { output.clone() };
        outputs.insert(name.clone(), whole);
    }
    outputs
}

/// The API of a stage with a domain.
fn api(input: &Input<'_>) -> Option<&'static str> {
    input.stage.domain.as_ref()?;
    match input.stage.api {
        Api::Rest => Some(logical_id::API),
        Api::Http => Some(logical_id::HTTP_API),
        Api::FunctionUrl => None,
    }
}

/// Where the application answers: by the domain where the API's own endpoint is closed.
fn url(input: &Input<'_>) -> Value {
    if let Some(domain) = input.stage.domain().filter(|_| input.stage.closes_endpoint()) {
        return json!(domain_url(&domain.name, &base_path(input.stage)));
    }
    match input.stage.api {
        Api::Rest => api_url(Some(&input.identity.stage)),
        Api::Http => api_url(None),
        Api::FunctionUrl => json!({ "Fn::GetAtt": [logical_id::FUNCTION_URL, logical_id::FUNCTION_URL] }),
    }
}

/// The URL of the API's own endpoint: of a REST API with its stage, or of an HTTP API.
pub(super) fn api_url(stage: Option<&str>) -> Value {
    let url =
        |api: &str, path: &str| format!("https://${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{path}");
    json!({ "Fn::Sub": match stage {
        Some(stage) => url(logical_id::API, &format!("{stage}/")),
        None => url(logical_id::HTTP_API, ""),
    } })
}
