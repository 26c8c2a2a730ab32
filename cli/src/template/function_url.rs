//! A Function URL on the alias, open to everybody.

use serde_json::json;

use super::{Input, Section, live};
use crate::{logical_id, names::ALIAS};

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    resources.insert(
        logical_id::FUNCTION_URL.to_owned(),
        json!({
            "Type": "AWS::Lambda::Url",
            // The alias is named in words, which CloudFormation does not see as a reference.
            "DependsOn": logical_id::LIVE,
            "Properties": {
                "TargetFunctionArn": { "Ref": logical_id::FUNCTION },
                "Qualifier": ALIAS,
                "AuthType": "NONE",
                "InvokeMode": if input.stage.streaming { "RESPONSE_STREAM" } else { "BUFFERED" },
            },
        }),
    );
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
