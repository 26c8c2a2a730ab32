//! The role: its own logs, traces where they are on, and the permissions of the settings. Nothing else.

use serde_json::{Value, json};

use super::{
    Input, Section, asynchronous, attachment, idempotency, link, secret, source_permission, stack_function,
    websocket_api,
};
use crate::{
    logical_id::{self, FunctionIds},
    settings::{Statement, Tracing},
};

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let stage = input.stage;
    if stage.role_arn.is_some() {
        return;
    }
    let mut properties = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "lambda.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        },
        "Policies": [{
            "PolicyName": "function",
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements(input) },
        }],
    });
    if let Some(boundary) = &stage.permissions_boundary {
        properties["PermissionsBoundary"] = json!(boundary);
    }
    resources.insert(logical_id::ROLE.to_owned(), json!({ "Type": "AWS::IAM::Role", "Properties": properties }));
}

/// What the function may do.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let stage = input.stage;
    let mut statements = vec![json!({
        "Sid": "Logs",
        "Effect": "Allow",
        // No CreateLogGroup: a group that Lambda makes again after `undeploy` would be nobody's.
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": log_groups(input),
    })];
    if stage.tracing == Tracing::Active {
        statements.push(json!({
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            // X-Ray knows no resources for these:
            // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
            "Resource": "*",
        }));
    }
    let of_sources = source_permission::statements(input);
    let mut others = asynchronous::statements(input);
    others.extend(attachment::statements(input));
    statements.extend(of_sources);
    for statement in others {
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    }
    statements.extend(idempotency::statement(input));
    statements.extend(stack_function::statement(input));
    statements.extend(websocket_api::statement(input));
    statements.extend(secret::statements(input));
    statements.extend(link::statements(input));
    statements.extend(stage.permissions.iter().map(statement));
    statements
}

/// The log group of each function, or the only one.
fn log_groups(input: &Input<'_>) -> Value {
    let arn = |name: Option<&str>| json!({ "Fn::GetAtt": [FunctionIds::of(name).log_group, "Arn"] });
    match input.stage.functions.as_slice() {
        [] => arn(None),
        functions => {
            [arn(None)].into_iter().chain(functions.iter().map(|function| arn(Some(&function.name)))).collect()
        }
    }
}

fn statement(statement: &Statement) -> Value {
    let mut value = json!({
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": statement.resources,
    });
    if let Some(conditions) = &statement.conditions {
        value["Condition"] = json!(conditions);
    }
    value
}
