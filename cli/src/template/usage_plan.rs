//! Usage plans of a REST API, their API keys, and the parameters that carry the values of keys.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Input, Section};
use crate::{
    logical_id::{self, API_KEY_PREFIX, API_KEY_VALUE_PREFIX, USAGE_PLAN_KEY_PREFIX, USAGE_PLAN_PREFIX},
    names::Identity,
    settings::{ApiKey, Stage, UsagePlan},
};

/// The type of an API key.
pub(crate) const API_KEY_TYPE: &str = "AWS::ApiGateway::ApiKey";
/// The type of a usage plan.
pub(crate) const USAGE_PLAN_TYPE: &str = "AWS::ApiGateway::UsagePlan";
/// The type of a key's membership of a plan.
pub(crate) const USAGE_PLAN_KEY_TYPE: &str = "AWS::ApiGateway::UsagePlanKey";

/// The name of a key or plan in the account.
pub(crate) fn name_in_account(identity: &Identity, name: &str) -> String {
    format!("{}{name}", name_prefix(identity))
}

/// How the names of a stage's keys and plans begin in the account.
pub(crate) fn name_prefix(identity: &Identity) -> String {
    format!("{}-", identity.stack())
}

/// The logical id of an API key.
pub(crate) fn api_key_id(name: &str) -> String {
    logical_id::named(API_KEY_PREFIX, &[name])
}

/// The logical id of a usage plan.
pub(crate) fn usage_plan_id(name: &str) -> String {
    logical_id::named(USAGE_PLAN_PREFIX, &[name])
}

/// The logical id of a key's membership of a plan. It does not name the plan, since a key is in one of them.
fn usage_plan_key_id(name: &str) -> String {
    logical_id::named(USAGE_PLAN_KEY_PREFIX, &[name])
}

/// The parameter that carries the value of a key.
fn value_parameter(name: &str) -> String {
    logical_id::named(API_KEY_VALUE_PREFIX, &[name])
}

/// The parameters for the values of keys, which the template does not have: CloudFormation shows `NoEcho` ones to nobody.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
pub(super) fn parameters(input: &Input<'_>) -> impl Iterator<Item = (String, Value)> {
    input.stage.api_keys().filter(|(_, key)| key.value().is_some()).map(|(_, key)| {
        let parameter = json!({
            "Type": "String",
            "NoEcho": true,
            "MinLength": 20,
            "MaxLength": 128,
            "Description": format!("The value of the API key {}", key.name()),
        });
        (value_parameter(key.name()), parameter)
    })
}

/// Adds the plans and their keys.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for (name, plan) in &input.stage.usage_plans {
        resources.insert(usage_plan_id(name), usage_plan(input, name, plan));
    }
    for (plan, key) in input.stage.api_keys() {
        resources.insert(api_key_id(key.name()), api_key(input, key));
        let member = json!({
            "Type": USAGE_PLAN_KEY_TYPE,
            "Properties": {
                "KeyId": { "Ref": api_key_id(key.name()) },
                "KeyType": "API_KEY",
                "UsagePlanId": { "Ref": usage_plan_id(plan) },
            },
        });
        resources.insert(usage_plan_key_id(key.name()), member);
    }
}

fn usage_plan(input: &Input<'_>, name: &str, plan: &UsagePlan) -> Value {
    let mut properties = json!({
        "UsagePlanName": name_in_account(input.identity, name),
        "ApiStages": [{ "ApiId": { "Ref": logical_id::API }, "Stage": { "Ref": logical_id::API_STAGE } }],
    });
    if let Some(quota) = plan.quota {
        properties["Quota"] = json!({ "Limit": quota.limit, "Period": quota.period.as_aws() });
    }
    if let Some(throttle) = plan.throttle {
        properties["Throttle"] = json!({ "RateLimit": throttle.rate, "BurstLimit": throttle.burst });
    }
    json!({ "Type": USAGE_PLAN_TYPE, "Properties": properties })
}

fn api_key(input: &Input<'_>, key: &ApiKey) -> Value {
    let mut properties = json!({ "Name": name_in_account(input.identity, key.name()), "Enabled": true });
    if key.value().is_some() {
        properties["Value"] = json!({ "Ref": value_parameter(key.name()) });
    }
    json!({ "Type": API_KEY_TYPE, "Properties": properties })
}

/// The values of keys that the settings give and that are known, by the parameters that carry them.
pub(crate) fn key_values(stage: &Stage) -> BTreeMap<String, &str> {
    let given = stage.api_keys().filter_map(|(_, key)| Some((value_parameter(key.name()), key.value()?.known()?)));
    given.collect()
}

/// Whether a parameter carries the value of a key.
pub(crate) fn is_key_value(parameter: &str) -> bool {
    logical_id::is_named(parameter, API_KEY_VALUE_PREFIX)
}

/// Whether a template has API keys.
pub(crate) fn has_keys(template: &Value) -> bool {
    has_type(template, API_KEY_TYPE)
}

/// Whether a template has usage plans.
pub(crate) fn has_plans(template: &Value) -> bool {
    has_type(template, USAGE_PLAN_TYPE)
}

fn has_type(template: &Value, kind: &str) -> bool {
    let mut resources = template["Resources"].as_object().into_iter().flatten();
    resources.any(|(_, resource)| resource["Type"] == kind)
}

/// The keys that a template moves to another plan: their names in the account.
///
/// A key is in one plan of an API's stage, and CloudFormation makes the new membership before it deletes the old one.
pub(crate) fn moved_keys(live: &Value, wanted: &Value) -> Vec<String> {
    let members = live["Resources"].as_object().into_iter().flatten();
    let moved = members.filter(|(id, member)| {
        let other = &wanted["Resources"][id.as_str()];
        is_member(id, member)
            && is_member(id, other)
            && member["Properties"]["UsagePlanId"] != other["Properties"]["UsagePlanId"]
    });
    moved.filter_map(|(id, member)| name_of_member(live, id, member)).collect()
}

/// The names in the account of the keys that a template has in a plan.
pub(crate) fn keys_in_plans(template: &Value) -> BTreeSet<String> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let members = resources.filter(|(id, resource)| is_member(id, resource));
    members.filter_map(|(id, member)| name_of_member(template, id, member)).collect()
}

fn is_member(id: &str, resource: &Value) -> bool {
    logical_id::is_named(id, USAGE_PLAN_KEY_PREFIX) && resource["Type"] == USAGE_PLAN_KEY_TYPE
}

/// The name in the account of the key of a membership.
fn name_of_member(template: &Value, id: &str, member: &Value) -> Option<String> {
    let key = member["Properties"]["KeyId"]["Ref"].as_str().unwrap_or(id);
    template["Resources"][key]["Properties"]["Name"].as_str().map(str::to_owned)
}

/// The wanted template without the memberships that move and without the keys of these names, whose value another key still
/// has; `None` where there are none. It is sent first, so that the old ones are gone before the new ones are made.
pub(crate) fn without_blocked_keys(live: &Value, wanted: &Value, blocked: &BTreeSet<String>) -> Option<Value> {
    let moved = moved_keys(live, wanted);
    let resources = wanted["Resources"].as_object()?;
    let keys: BTreeSet<&str> = resources
        .iter()
        .filter(|(_, key)| key["Type"] == API_KEY_TYPE)
        .filter(|(_, key)| key["Properties"]["Name"].as_str().is_some_and(|name| blocked.contains(name)))
        .map(|(id, _)| id.as_str())
        .collect();
    let is_gone = |id: &str, resource: &Value| {
        let key = resource["Properties"]["KeyId"]["Ref"].as_str();
        let is_of_blocked = key.is_some_and(|key| keys.contains(key));
        let is_moved = || name_of_member(wanted, id, resource).is_some_and(|name| moved.contains(&name));
        keys.contains(id) || (is_member(id, resource) && (is_of_blocked || is_moved()))
    };
    let gone: Vec<String> =
        resources.iter().filter(|(id, found)| is_gone(id, found)).map(|(id, _)| id.clone()).collect();
    if gone.is_empty() {
        return None;
    }
    let mut first = wanted.clone();
    let resources = first["Resources"].as_object_mut()?;
    gone.iter().for_each(|id| drop(resources.remove(id)));
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::golden;

    const PLANS: &str = "api_key_required = true\n[stage.dev.usage_plans]\n";

    fn template(plans: &str) -> Value {
        golden::made(&format!("{PLANS}{plans}\n"))
    }

    fn members(template: &Value) -> Vec<&str> {
        let resources = template["Resources"].as_object().unwrap();
        resources.iter().filter(|(id, found)| is_member(id, found)).map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn a_key_leaves_its_plan_before_it_is_in_another() {
        let live = template("free = { keys = [\"app\", \"web\"] }\ngold = {}");
        let wanted = template("free = { keys = [\"web\"] }\ngold = { keys = [\"app\"] }");
        assert_eq!(moved_keys(&live, &wanted), ["shop-dev-app"]);
        let first = without_blocked_keys(&live, &wanted, &BTreeSet::new()).unwrap();
        assert_eq!(members(&first), [usage_plan_key_id("web")]);
        assert_eq!(first["Resources"][api_key_id("app")], wanted["Resources"][api_key_id("app")], "the key stays");
        // Cut off in between, the next run does the rest.
        assert_eq!(without_blocked_keys(&first, &wanted, &BTreeSet::new()), None);
        assert_eq!(without_blocked_keys(&wanted, &wanted, &BTreeSet::new()), None);
    }

    #[test]
    fn a_key_waits_while_another_has_its_value() {
        let value = "{ name = \"new\", value = \"0123456789abcdefghij\" }";
        let live = template(&format!("free = {{ keys = [{}] }}", value.replace("new", "old")));
        let wanted = template(&format!("free = {{ keys = [{value}] }}"));
        let blocked = BTreeSet::from(["shop-dev-new".to_owned()]);
        let first = without_blocked_keys(&live, &wanted, &blocked).unwrap();
        for id in [api_key_id("new"), api_key_id("old"), usage_plan_key_id("new")] {
            assert!(first["Resources"][&id].is_null(), "{id}");
        }
        assert!(first["Resources"][usage_plan_id("free")].is_object());
        assert!(has_keys(&wanted) && !has_keys(&golden::made("")));
    }

    #[test]
    fn a_value_is_in_no_template_and_its_parameter_is_hidden() {
        let value = "hush-hush-hush-hush-hush";
        let wanted = template(&format!("free = {{ keys = [\"app\", {{ name = \"partner\", value = \"{value}\" }}] }}"));
        assert!(!wanted.to_string().contains("hush"));
        let parameters = wanted["Parameters"].as_object().unwrap();
        let (name, parameter) = parameters.iter().next().unwrap();
        assert_eq!((parameters.len(), is_key_value(name), &parameter["NoEcho"]), (1, true, &json!(true)));
        assert!(parameter["Default"].is_null());
    }

    #[test]
    fn every_method_of_ours_asks_for_a_key_and_no_preflight_does() {
        let wanted = golden::made(&format!("cors = true\n{PLANS}free = {{ keys = [\"app\"] }}\n"));
        let resources = wanted["Resources"].as_object().unwrap();
        let methods = resources.values().filter(|resource| resource["Type"] == "AWS::ApiGateway::Method");
        for method in methods {
            let is_preflight = method["Properties"]["HttpMethod"] == "OPTIONS";
            assert_eq!(method["Properties"]["ApiKeyRequired"] == true, !is_preflight, "{method}");
        }
        let deployment = |template: &Value| template["Resources"]["ApiStage"]["Properties"]["DeploymentId"].clone();
        let other = golden::made(&format!("cors = true\n{}", PLANS.replace("true", "false")));
        assert_ne!(deployment(&wanted), deployment(&other), "a stage serves what its deployment was made of");
    }
}
