//! The resource policy of a REST API.

use serde_json::{Value, json};

use crate::settings::{
    Stage,
    resource_policy::{Effect, ResourceStatement},
};

/// The policy; `None` where the API has none, which lets everybody in whom no authorizer refuses.
///
/// `execute-api:/PATH` stands for the API itself, whose id is not known before it is there.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
pub(super) fn document(stage: &Stage) -> Option<Value> {
    let statements: Vec<Value> = stage.resource_policy.iter().map(statement).collect();
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn statement(statement: &ResourceStatement) -> Value {
    let all = ["*".to_owned()];
    let or_all = |given: &[String]| if given.is_empty() { all.to_vec() } else { given.to_vec() };
    let principals = or_all(&statement.principals);
    let is_everybody = principals.iter().any(|principal| principal == "*");
    let resources: Vec<String> = or_all(&statement.paths).iter().map(|path| format!("execute-api:/{path}")).collect();
    let mut document = json!({
        "Effect": match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        },
        "Principal": if is_everybody { json!("*") } else { json!({ "AWS": principals }) },
        "Action": "execute-api:Invoke",
        "Resource": resources,
    });
    if let Some(conditions) = &statement.conditions {
        document["Condition"] = json!(conditions);
    }
    document
}
