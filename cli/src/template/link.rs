//! What the function may do with the resources that it is linked to.

use serde_json::{Value, json};

use super::{Input, link_encryption};
use crate::settings::{Link, Target};

/// The statements of the function's role.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let resources = &input.stage.resources;
    let mut statements: Vec<Value> = Vec::new();
    for link in input.stage.link.valid(resources) {
        let own = of_data(&link).into_iter().chain(link_encryption::statement(&link, resources));
        own.for_each(|statement| merge(&mut statements, statement));
    }
    statements
}

/// Adds a statement: its resource to one that allows the same, since all policies of a role together have 10 240 characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn merge(statements: &mut Vec<Value>, mut statement: Value) {
    let is_alike = |other: &&mut Value| ["Action", "Condition"].iter().all(|key| other[*key] == statement[*key]);
    let Some(alike) = statements.iter_mut().find(is_alike) else { return statements.push(statement) };
    let resource = statement["Resource"].take();
    match &mut alike["Resource"] {
        Value::Array(known) if known.contains(&resource) => {}
        Value::Array(known) => known.push(resource),
        one if *one == resource => {}
        one => *one = json!([one.take(), resource]),
    }
}

/// What the app does with the resource itself. Each statement has the actions of its resources and no more.
fn of_data(link: &Link<'_>) -> Vec<Value> {
    let arn = link.arn();
    match link.kind.service {
        "s3" => {
            let (of_bucket, of_objects) = actions(link).into_iter().partition(|action| *action == "s3:ListBucket");
            [(of_bucket, arn.clone()), (of_objects, below(&arn, "/*"))]
                .into_iter()
                .filter(|(actions, _): &(Vec<&str>, Value)| !actions.is_empty())
                .map(|(actions, resource)| allow(&actions, &resource))
                .collect()
        }
        "dynamodb" if link.reads() && has_indexes(link) => {
            let indexes = allow(&["dynamodb:Query", "dynamodb:Scan"], &below(&arn, "/index/*"));
            vec![allow(&actions(link), &arn), indexes]
        }
        _ => vec![allow(&actions(link), &arn)],
    }
}

/// The actions of a link in order, each once.
fn actions(link: &Link<'_>) -> Vec<&'static str> {
    let of = |is_done: bool, actions: &'static [&'static str]| if is_done { actions } else { &[] };
    let mut actions = [of(link.reads(), link.kind.read), of(link.writes(), link.kind.write)].concat();
    actions.sort_unstable();
    actions.dedup();
    if is_standard_workflow(link) {
        actions.retain(|action| *action != "states:StartSyncExecution");
    }
    actions
}

fn allow(actions: &[&str], resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// The pattern of what is below an ARN.
fn below(arn: &Value, rest: &str) -> Value {
    match (arn, arn["Fn::Sub"].as_str()) {
        (Value::String(arn), _) => json!(format!("{arn}{rest}")),
        (_, Some(arn)) => json!({ "Fn::Sub": format!("{arn}{rest}") }),
        _ => json!({ "Fn::Join": ["", [arn, rest]] }),
    }
}

/// Whether a table has indexes, as far as the settings show it.
fn has_indexes(link: &Link<'_>) -> bool {
    match link.target {
        Target::Resource(_, resource) => ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"]
            .iter()
            .any(|key| !resource["Properties"][*key].is_null()),
        Target::Arn(_) => true,
    }
}

/// Whether a state machine of the stack runs standard workflows, which cannot be started synchronously.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html>
fn is_standard_workflow(link: &Link<'_>) -> bool {
    let Target::Resource(_, resource) = link.target else { return false };
    let kind = &resource["Properties"]["StateMachineType"];
    kind.is_null() || kind == "STANDARD"
}
