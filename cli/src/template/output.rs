//! The stack's outputs: their names and values.

use serde_json::{Value, json};

use super::{Input, Section};
use crate::settings::Api;

/// The output with the URL.
pub(crate) const URL: &str = "Url";
/// The output with the number of the version that the template serves.
pub(crate) const VERSION: &str = "Version";
/// The output with the name of the log group.
pub(crate) const LOG_GROUP: &str = "LogGroup";
/// The output with the number of the candidate version, during a trial.
pub(crate) const CANDIDATE: &str = "Candidate";

pub(super) fn outputs(input: &Input<'_>) -> Section {
    let mut outputs = Section::new();
    let mut add = |name: &str, description: &str, value: Value| {
        outputs.insert(name.to_owned(), json!({ "Description": description, "Value": value }));
    };
    add(URL, "Where the application answers", url(input));
    add("FunctionName", "The function", json!({ "Ref": "Function" }));
    add("FunctionArn", "The function's ARN", json!({ "Fn::GetAtt": ["Function", "Arn"] }));
    add("LiveArn", "The alias that serves", json!({ "Ref": "Live" }));
    add(LOG_GROUP, "Where the logs are", json!({ "Ref": "LogGroup" }));
    for (name, output) in &input.stage.outputs {
        // A bare value is the short form of `{ Value = ... }`.
        let whole = if output["Value"].is_null() { json!({ "Value": output }) } else { output.clone() };
        outputs.insert(name.clone(), whole);
    }
    outputs
}

fn url(input: &Input<'_>) -> Value {
    match input.stage.api {
        Api::Rest => json!({ "Fn::Sub": format!(
            "https://${{Api}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{}/",
            input.identity.stage
        ) }),
        Api::Http => json!({ "Fn::Sub": "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/" }),
        Api::FunctionUrl => json!({ "Fn::GetAtt": ["FunctionUrl", "FunctionUrl"] }),
    }
}
