//! A Function URL on the alias, open to everybody or to callers that IAM allows it.

use serde_json::json;

use super::{Input, Section, cors, live};
use crate::{logical_id, names::ALIAS, settings::authorizer::Access};

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let is_public = input.stage.access() != Access::Iam;
    let mut url = json!({
        "TargetFunctionArn": { "Ref": logical_id::FUNCTION },
        "Qualifier": ALIAS,
        "AuthType": if is_public { "NONE" } else { "AWS_IAM" },
        "InvokeMode": if input.stage.streaming { "RESPONSE_STREAM" } else { "BUFFERED" },
    });
    if let Some(configuration) = cors::configuration_of(input) {
        url["Cors"] = configuration;
    }
    resources.insert(
        logical_id::FUNCTION_URL.to_owned(),
        // The alias is named in words, which CloudFormation does not see as a reference.
        json!({ "Type": "AWS::Lambda::Url", "DependsOn": logical_id::LIVE, "Properties": url }),
    );
    // A caller of the same account needs the permission of its own role alone.
    if is_public {
        permit_everybody(resources);
    }
}

fn permit_everybody(resources: &mut Section) {
    resources.insert(
        logical_id::FUNCTION_URL_PERMISSION.to_owned(),
        json!({
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionName": live(),
                "Principal": "*",
                "FunctionUrlAuthType": "NONE",
            },
        }),
    );
    // Since October 2025 both are needed: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    resources.insert(
        logical_id::FUNCTION_URL_INVOKE_PERMISSION.to_owned(),
        json!({
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": live(),
                "Principal": "*",
                "InvokedViaFunctionUrl": true,
            },
        }),
    );
}
