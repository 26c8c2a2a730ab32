//! What is asked of IAM's policy simulator: the statements of the policy for deploying.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::aws::{ContextKey, Simulation};

/// The simulations of a policy for one region, with the account in its ARNs; statements about the same resources are one.
pub(crate) fn simulations(policy: &Value, account: &str, region: &str) -> Vec<Simulation> {
    let mut actions: BTreeMap<(Vec<String>, Vec<ContextKey>), BTreeSet<String>> = BTreeMap::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        let mut resources = words(&statement["Resource"]);
        resources.retain(|resource| resource != "*");
        let resources = resources.iter().map(|arn| placed(arn, account, region)).collect();
        let context = context(&statement["Condition"], region);
        actions.entry((resources, context)).or_default().extend(words(&statement["Action"]));
    }
    let simulation = |((resources, context), actions): (_, BTreeSet<String>)| Simulation {
        actions: actions.into_iter().collect(),
        resources,
        context,
    };
    actions.into_iter().map(simulation).collect()
}

/// The circumstances under which a statement allows.
fn context(condition: &Value, region: &str) -> Vec<ContextKey> {
    let keys = condition.as_object().into_iter().flatten().flat_map(|(operator, keys)| {
        let is_list = operator.starts_with("ForAnyValue:");
        keys.as_object().into_iter().flatten().map(move |(key, values)| ContextKey {
            name: key.clone(),
            is_list,
            // A single value is one of those that are allowed.
            values: words(values).into_iter().take(if is_list { usize::MAX } else { 1 }).collect(),
        })
    });
    let region = ContextKey { name: "aws:RequestedRegion".to_owned(), is_list: false, values: vec![region.to_owned()] };
    let mut context: Vec<ContextKey> = keys.filter(|key| key.name != region.name).collect();
    context.push(region);
    context
}

/// An ARN with account and region where it has `*` for them.
fn placed(arn: &str, account: &str, region: &str) -> String {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let [begin, partition, service, place, owner, resource] = fields.as_slice() else { return arn.to_owned() };
    let place = if *place == "*" { region } else { place };
    let owner = if *owner == "*" { account } else { owner };
    [begin, partition, service, place, owner, resource].join(":")
}

/// A text or a list of texts.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(words) => words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statements_become_simulations_with_account_region_and_context() {
        let policy = json!({ "Statement": [
            { "Action": "sts:GetCallerIdentity", "Resource": "*" },
            { "Action": ["cloudformation:ValidateTemplate"], "Resource": "*" },
            {
                "Action": ["lambda:CreateFunction"],
                "Resource": ["arn:aws:lambda:eu-west-1:*:function:shop-dev:*"],
                "Condition": { "ForAnyValue:StringEquals": { "aws:CalledVia": "cloudformation.amazonaws.com" } }
            },
            {
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::*:role/shop-dev-Role-*",
                "Condition": { "StringEquals": { "iam:PassedToService": ["lambda.amazonaws.com", "scheduler.amazonaws.com"] } }
            },
            { "Action": "cloudformation:DescribeStacks", "Resource": "arn:aws:cloudformation:*:*:stack/shop-dev/*" }
        ] });
        let key = |name: &str, is_list, value: &str| ContextKey {
            name: name.to_owned(),
            is_list,
            values: vec![value.to_owned()],
        };
        let region = || key("aws:RequestedRegion", false, "eu-west-1");
        let of = |actions: &[&str], resources: &[&str], context: Vec<ContextKey>| Simulation {
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: resources.iter().map(|arn| (*arn).to_owned()).collect(),
            context,
        };
        let via = key("aws:CalledVia", true, "cloudformation.amazonaws.com");
        let passed = key("iam:PassedToService", false, "lambda.amazonaws.com");
        assert_eq!(
            simulations(&policy, "123456789012", "eu-west-1"),
            [
                of(&["cloudformation:ValidateTemplate", "sts:GetCallerIdentity"], &[], vec![region()]),
                of(
                    &["cloudformation:DescribeStacks"],
                    &["arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-dev/*"],
                    vec![region()]
                ),
                of(&["iam:PassRole"], &["arn:aws:iam::123456789012:role/shop-dev-Role-*"], vec![passed, region()]),
                of(
                    &["lambda:CreateFunction"],
                    &["arn:aws:lambda:eu-west-1:123456789012:function:shop-dev:*"],
                    vec![via, region()]
                ),
            ]
        );
    }
}
