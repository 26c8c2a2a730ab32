//! The caller's rights: what of the policy for deploying is asked of IAM's policy simulator, and what its decisions mean.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Finding;
use crate::aws::{ContextKey, Decision, Simulation};

const NAME: &str = "rights";
/// How many actions a sentence lists.
const LISTED: usize = 5;

/// The identity whose policies are simulated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Principal {
    /// It may do everything.
    Root,
    /// A user, a group or a role by its ARN.
    Arn(String),
    /// A role by its name: the ARN of a session has no path, which the role's own ARN may have.
    Role { name: String, arn_without_path: String },
    /// A session that has no policies of IAM's alone, such as a federated user's.
    Other,
}

/// The principal behind a caller's ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(crate) fn principal(arn: &str) -> Principal {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, _, account, resource] = fields.as_slice() else { return Principal::Other };
    match (*service, *resource) {
        ("iam", "root") => Principal::Root,
        ("iam", _) => Principal::Arn(arn.to_owned()),
        ("sts", session) => match session.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) {
            Some((name, _)) => Principal::Role {
                name: name.to_owned(),
                arn_without_path: format!("arn:{partition}:iam::{account}:role/{name}"),
            },
            None => Principal::Other,
        },
        _ => Principal::Other,
    }
}

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

/// What the simulator's decisions mean; `command` prints the policy.
pub(crate) fn rights(decisions: &[Decision], command: &str) -> Finding {
    let actions: BTreeSet<&str> = decisions.iter().map(|decision| decision.action.as_str()).collect();
    let mut denied: BTreeMap<&str, &Decision> = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| !decision.is_allowed()) {
        denied.entry(&decision.action).or_insert(decision);
    }
    if denied.is_empty() {
        return Finding::ok(NAME, format!("a deploy's {} actions are allowed", actions.len()));
    }
    let listed = denied.values().take(LISTED).map(|decision| {
        let on = if decision.resource == "*" { String::new() } else { format!(" on `{}`", decision.resource) };
        format!("`{}`{on}", decision.action)
    });
    let mut list = listed.collect::<Vec<_>>().join(", ");
    if denied.len() > LISTED {
        list += &format!(", and {} more", denied.len() - LISTED);
    }
    let sentence = format!("{} of a deploy's {} actions are not allowed: {list}", denied.len(), actions.len());
    let hint = if denied.values().any(|decision| decision.is_explicit()) {
        format!(
            "`{command}` prints all that a deploy needs; a policy denies some of it, and a deny wins over every allow"
        )
    } else {
        format!("allow the caller what `{command}` prints")
    };
    Finding::failed(NAME, sentence, hint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_session_of_a_role_is_simulated_as_the_role() {
        let role = |partition: &str, name: &str| Principal::Role {
            name: name.to_owned(),
            arn_without_path: format!("arn:{partition}:iam::123456789012:role/{name}"),
        };
        for (arn, expected) in [
            ("arn:aws:iam::123456789012:root", Principal::Root),
            (
                "arn:aws:iam::123456789012:user/team/ci",
                Principal::Arn("arn:aws:iam::123456789012:user/team/ci".to_owned()),
            ),
            ("arn:aws:sts::123456789012:assumed-role/deploy/session@x", role("aws", "deploy")),
            ("arn:aws-cn:sts::123456789012:assumed-role/deploy/i-1", role("aws-cn", "deploy")),
            ("arn:aws:sts::123456789012:federated-user/ann", Principal::Other),
            ("nonsense", Principal::Other),
        ] {
            assert_eq!(principal(arn), expected, "{arn}");
        }
    }

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

    fn decision(action: &str, resource: &str, decision: &str) -> Decision {
        Decision { action: action.to_owned(), resource: resource.to_owned(), decision: decision.to_owned() }
    }

    #[test]
    fn denied_actions_are_listed_with_the_command_that_prints_the_policy() {
        let command = "zappa-rs policy deploy dev";
        let allowed = [decision("s3:PutObject", "arn:aws:s3:::a", "allowed")];
        assert_eq!(rights(&allowed, command), Finding::ok("rights", "a deploy's 1 actions are allowed"));
        let mut all = allowed.to_vec();
        all.push(decision("lambda:Tag", "arn:f", "implicitDeny"));
        all.push(decision("lambda:Tag", "arn:g", "implicitDeny"));
        all.push(decision("lambda:List", "*", "implicitDeny"));
        let finding = rights(&all, command);
        assert_eq!(
            finding.sentence,
            "2 of a deploy's 3 actions are not allowed: `lambda:List`, `lambda:Tag` on `arn:f`"
        );
        assert_eq!(
            (finding.state, finding.hint.as_deref()),
            (State::Failed, Some("allow the caller what `zappa-rs policy deploy dev` prints"))
        );
        all.extend((0..9).map(|number| decision(&format!("s3:X{number}"), "*", "explicitDeny")));
        let finding = rights(&all, command);
        assert!(finding.sentence.ends_with(", and 6 more") && finding.hint.unwrap().contains("a deny wins"));
    }
}
