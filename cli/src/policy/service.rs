//! The table of CloudFormation's own calls to statements, for the types that a stage's template has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Subject, access_log, attachment,
    handler::{FUNCTION, On, ROLE, ROWS, Row},
    scaling,
};

/// What the actions of some rows are allowed on, and their common name.
struct Group<'a> {
    sid: String,
    actions: BTreeSet<&'a str>,
    arns: Vec<String>,
}

/// The type under which the table has a type: all parts of an API are below its path.
pub(super) fn family(kind: &str) -> &str {
    match kind {
        "AWS::ApiGateway::Authorizer"
        | "AWS::ApiGateway::Deployment"
        | "AWS::ApiGateway::GatewayResponse"
        | "AWS::ApiGateway::Method"
        | "AWS::ApiGateway::Resource"
        | "AWS::ApiGateway::Stage" => "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::UsagePlanKey" => "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGatewayV2::Authorizer"
        | "AWS::ApiGatewayV2::Deployment"
        | "AWS::ApiGatewayV2::Integration"
        | "AWS::ApiGatewayV2::Route"
        | "AWS::ApiGatewayV2::RouteResponse"
        | "AWS::ApiGatewayV2::Stage" => "AWS::ApiGatewayV2::Api",
        "AWS::CodeDeploy::DeploymentGroup" => "AWS::CodeDeploy::Application",
        other => other,
    }
}

/// Whether the table knows a type.
pub(super) fn is_known(kind: &str) -> bool {
    ROWS.iter().any(|row| row.kind == family(kind))
}

pub(super) fn statements(subject: &Subject<'_>) -> Vec<Value> {
    let kinds: BTreeSet<&str> = subject.kinds().into_iter().map(family).collect();
    let mut groups: Vec<Group<'static>> = Vec::new();
    for row in ROWS.iter().filter(|row| kinds.contains(row.kind)) {
        let arns = arns(row, subject);
        match groups.iter_mut().find(|group| group.arns == arns) {
            Some(group) => group.actions.extend(row.actions),
            None => groups.push(Group { sid: sid(row), actions: row.actions.iter().copied().collect(), arns }),
        }
    }
    // Only what CloudFormation asks for in the caller's name.
    let condition = json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": "cloudformation.amazonaws.com" } });
    let mut statements: Vec<Value> = groups
        .into_iter()
        .map(|group| {
            let actions: Vec<&str> = group.actions.into_iter().collect();
            subject.statement(&group.sid, &actions, &group.arns, Some(condition.clone()))
        })
        .collect();
    statements.extend(attachment::statements(subject, &condition));
    statements.extend(scaling::statements(subject, &condition));
    statements.extend(access_log::statement(subject, &condition));
    // The roles of the schedules and of CodeDeploy are passed on to other services.
    let has_schedules = subject.has_schedules();
    let has_groups = kinds.contains("AWS::CodeDeploy::Application");
    let services = ["lambda.amazonaws.com"]
        .into_iter()
        .chain(has_groups.then_some("codedeploy.amazonaws.com"))
        .chain(has_schedules.then_some("scheduler.amazonaws.com"));
    let services: Vec<&str> = services.collect();
    let services = if let [one] = services.as_slice() { json!(one) } else { json!(services) };
    let given: BTreeSet<String> = subject.stages.iter().filter_map(|stage| stage.role_arn.clone()).collect();
    let roles: Vec<String> = given.into_iter().chain(roles_of_stack(subject)).collect();
    statements.push(pass_role("PassFunctionRole", &roles, &services));
    statements
}

/// Allows to pass the roles of the stack on to EventBridge Scheduler.
pub(super) fn pass_schedule_role(subject: &Subject<'_>) -> Value {
    pass_role("PassScheduleRole", &roles_of_stack(subject), &json!("scheduler.amazonaws.com"))
}

/// The ARNs of the roles that the stack makes.
fn roles_of_stack(subject: &Subject<'_>) -> Vec<String> {
    subject.arns(&ROLE, "AWS::IAM::Role").into_iter().map(|arn| subject.arn(&arn)).collect()
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
fn pass_role(sid: &str, roles: &[String], services: &Value) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": roles,
        "Condition": { "StringEquals": { "iam:PassedToService": services } },
    })
}

fn arns(row: &Row, subject: &Subject<'_>) -> Vec<String> {
    match row.on {
        On::Fixed(arns) => arns.iter().map(|arn| (*arn).to_owned()).collect(),
        On::Named(name) => subject.arns(&name, row.kind),
        On::Functions => subject.arns(&FUNCTION, "AWS::Lambda::Function"),
    }
}

/// `LambdaAlias` for one row of a service that has several would mislead.
fn sid(row: &Row) -> String {
    match row.on {
        On::Functions => "LambdaFunctions".to_owned(),
        On::Fixed([]) => "WithoutResources".to_owned(),
        On::Fixed(_) if row.kind == "AWS::Logs::LogGroup" => "LogsDescribe".to_owned(),
        _ => row.kind.replace("AWS::", "").replace("::", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_below_an_api_is_known_by_it_and_a_rare_one_is_not() {
        for kind in [
            "AWS::ApiGateway::Method",
            "AWS::ApiGateway::UsagePlanKey",
            "AWS::ApiGatewayV2::Route",
            "AWS::Lambda::Url",
            "AWS::Logs::LogGroup",
        ] {
            assert!(is_known(kind), "{kind}");
        }
        // Not below the path of an API.
        for kind in ["AWS::ApiGateway::Account", "AWS::ApiGateway::ClientCertificate", "AWS::Rare::Thing"] {
            assert!(!is_known(kind), "{kind}");
        }
    }
}
