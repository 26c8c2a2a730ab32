//! The plan: steps from the live template to the wanted one. Pure.
//!
//! An update of code is two updates of the stack, so that new code is tried before it takes traffic. The first sends what
//! is live, overlaid with the wanted function and what that needs; the second sends what is wanted. Where one template
//! would break what serves while it is sent, another one goes between.

mod api_key;
mod beside_code;
mod concurrency;
mod difference;
mod drift;
mod endpoint;
mod fixed;
mod gradual;
mod loss;
mod mapping_drift;
mod mapping_field;
mod operation;
mod overlay;
mod position;
mod recreate;
mod replacement;
mod role;
mod schedule_drift;
mod shift;
mod streaming;

use serde_json::Value;

pub(crate) use api_key::{KeyChanges, keys_without_value};
pub(crate) use beside_code::beside_code;
pub(crate) use difference::{Change, Difference, difference};
pub(crate) use drift::{Drift, FunctionDrift, Published, Serving, Target, drift};
pub(crate) use endpoint::{awaits_domain, opens_endpoint};
pub(crate) use fixed::fixed_change;
pub(crate) use gradual::{gradual, obstacles};
pub(crate) use loss::{Risk, losses};
pub(crate) use mapping_drift::{FoundMapping, MappingDrift, WantedMapping, mapping_drift};
pub(crate) use operation::{is_ready_soon, names_iam};
pub(crate) use position::{has_positions, moved_position};
pub(crate) use recreate::{Missing, without_missing};
pub(crate) use replacement::{is_changed_in_place, may_replace};
pub(crate) use role::grants_more;
pub(crate) use schedule_drift::{ScheduleDrift, ScheduleDriftKind, ScheduleFacts, ScheduleState, schedule_drift};
pub(crate) use shift::{differ_in_functions_alone, has_provisioned_concurrency};

use self::{overlay::overlay, streaming::switches_url};
use crate::{
    logical_id::FunctionIds,
    template::{direct, functions, live_version, opened, with_idle_parts, without_blocked_keys, without_removed_paths},
};

/// What a deploy of one region has to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Steps {
    /// The stack is what is wanted.
    Nothing,
    /// There is no stack.
    Create,
    /// Nothing that a version freezes has changed: the wanted template is sent.
    Switch {
        /// The templates to send, in order; the wanted one is the last.
        then: Vec<Value>,
    },
    /// The candidate is created beside the live version, tried, and then the wanted template is sent.
    Try {
        /// The template to send first; `None` if it is in the stack already, left by a run that was interrupted.
        first: Option<Value>,
        /// The templates to send after the trial, in order; the wanted one is the last.
        then: Vec<Value>,
    },
}

/// Decides the steps.
pub(crate) fn steps(live: Option<&Value>, wanted: &Value, keys: &KeyChanges) -> Steps {
    let Some(live) = live else {
        return Steps::Create;
    };
    if live == wanted && keys.is_empty() {
        return Steps::Nothing;
    }
    if candidates(live, wanted).is_empty() {
        let mut then = before_new_paths(live, live, wanted);
        let mut between = wanted.clone();
        if concurrency::is_below_provisioned(live, wanted) {
            concurrency::keep_larger(&mut between, live, wanted);
        }
        then.extend(with_between(live, between, wanted, keys));
        return Steps::Switch { then };
    }
    let first = overlay(live, wanted);
    let then = after_trial(live, &first, wanted, keys);
    Steps::Try { first: (&first != live).then_some(first), then }
}

/// The functions whose version is not live yet: each has a candidate, and all of them are tried before an alias moves.
pub(crate) fn candidates(live: &Value, wanted: &Value) -> Vec<FunctionIds> {
    let is_live = |ids: &FunctionIds| {
        let before = live_version(live, ids);
        // The alias was deleted by hand, and the version that it pointed to is there.
        let is_there = |version: &str| before.is_none() && live["Resources"][version]["DeletionPolicy"].is_string();
        live_version(wanted, ids).is_some_and(|version| before == Some(version) || is_there(version))
    };
    functions(wanted).into_iter().filter(|ids| !is_live(ids)).collect()
}

/// What is sent before the wanted gateway: an endpoint is opened before the stage leaves its domain, and paths that a REST API no
/// longer has are taken out behind the deployment that serves. `current` is the template that was sent last.
fn before_new_paths(live: &Value, current: &Value, wanted: &Value) -> Vec<Value> {
    let mut then = Vec::from_iter(opens_endpoint(live, wanted).then(|| opened(current)));
    then.extend(without_removed_paths(then.last().unwrap_or(current), wanted));
    then
}

/// What is sent after the trial: gateway and alias move with one template each where they cannot move together, and what only the
/// live release needs goes when it no longer serves.
fn after_trial(live: &Value, first: &Value, wanted: &Value, keys: &KeyChanges) -> Vec<Value> {
    let mut then = before_new_paths(live, first, wanted);
    if let Some(version) =
        live_version(wanted, &FunctionIds::main()).filter(|_| streaming::switches_methods(live, wanted))
    {
        then.push(direct(then.last().unwrap_or(first), wanted, version));
    }
    let mut between = role::with_merged(live, wanted).unwrap_or_else(|| wanted.clone());
    if concurrency::is_below_provisioned(live, wanted) {
        concurrency::keep_larger(&mut between, live, wanted);
    }
    then.extend(with_between(live, between, wanted, keys));
    then
}

/// What goes between, where it is not what is wanted already, and what is wanted.
fn with_between(live: &Value, between: Value, wanted: &Value, keys: &KeyChanges) -> Vec<Value> {
    let between = with_idle_parts(live, &between).unwrap_or(between);
    let between = without_blocked_keys(live, &between, &keys.blocked).unwrap_or(between);
    let is_needed = between != *wanted;
    is_needed.then_some(between).into_iter().chain([wanted.clone()]).collect()
}

#[cfg(test)]
mod without_keys {
    //! The plan for templates alone.

    use super::{KeyChanges, Steps, Value};

    pub(super) fn steps(live: Option<&Value>, wanted: &Value) -> Steps {
        super::steps(live, wanted, &KeyChanges::default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{without_keys::steps, *};

    fn template(version: &str, memory: u32) -> Value {
        json!({
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": { "MemorySize": memory } },
                version: {
                    "Type": "AWS::Lambda::Version",
                    "DeletionPolicy": "RetainExceptOnCreate",
                    "Properties": { "FunctionName": { "Ref": "Function" } }
                },
                "Live": {
                    "Type": "AWS::Lambda::Alias",
                    "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } }
                }
            },
            "Outputs": {}
        })
    }

    #[test]
    fn a_gateway_that_begins_to_stream_moves_before_the_alias_and_past_it() {
        let template = |version: &str, uri: &str, mode: Value| {
            let mut template = template(version, 1);
            let integration = json!({ "Uri": { "Fn::Sub": uri }, "ResponseTransferMode": mode });
            for id in ["RootMethod", "ProxyMethod"] {
                template["Resources"][id]["Properties"]["Integration"] = integration.clone();
            }
            template["Resources"]["GatewayPermission"] = json!({ "Properties": { "FunctionName": { "Ref": "Live" } } });
            template["Resources"]["Deploymenta"] = json!({ "DependsOn": [] });
            template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"] = json!("Deploymenta");
            template
        };
        let whole = template("Versiona", "whole/${Live}", Value::Null);
        let mut streamed = template("Versionb", "stream/${Live}", json!("STREAM"));
        streamed["Resources"]["Function"]["Properties"]["MemorySize"] = json!(2);
        let Steps::Try { first: Some(first), then } = steps(Some(&whole), &streamed) else { panic!() };
        let [direct, last] = then.as_slice() else { panic!("{then:?}") };
        assert_eq!(last, &streamed);
        let resources = &direct["Resources"];
        assert_eq!(live_version(direct, &FunctionIds::main()), Some("Versiona"), "the alias waits");
        for id in ["RootMethod", "ProxyMethod"] {
            let integration = json!({ "Uri": { "Fn::Sub": "stream/${Versionb}" }, "ResponseTransferMode": "STREAM" });
            assert_eq!(resources[id]["Properties"]["Integration"], integration);
        }
        assert_eq!(resources["DirectPermission"]["Properties"]["FunctionName"]["Ref"], "Versionb");
        assert_eq!(resources["GatewayPermission"]["Properties"]["FunctionName"]["Ref"], "Live");
        let deployment = resources["ApiStage"]["Properties"]["DeploymentId"]["Ref"].as_str().unwrap();
        assert_ne!(deployment, "Deploymenta");
        assert_eq!(resources[deployment]["DependsOn"][0], "DirectPermission");
        assert!(resources["Deploymenta"].is_null());
        // Cut off before the alias moved, the next run only moves it.
        assert_eq!(steps(Some(direct), &streamed), Steps::Try { first: None, then: vec![streamed.clone()] });
        // Both kinds of methods stream alike once the gateway does.
        let Steps::Try { then, .. } = steps(Some(&first), &template("Versionc", "whole/${Live}", Value::Null)) else {
            panic!()
        };
        assert_eq!(then.len(), 1);
    }

    #[test]
    fn preflights_go_to_the_application_before_their_methods_go() {
        let template = |version: &str, has_preflight: bool| {
            let mut template = template(version, if has_preflight { 1 } else { 2 });
            template["Resources"]["Api"] = json!({ "Properties": {} });
            for id in ["RootMethod", "ProxyMethod"] {
                template["Resources"][id]["Properties"] = json!({ "HttpMethod": "ANY", "Integration": "proxy" });
            }
            if has_preflight {
                template["Resources"]["ProxyPreflight"]["Properties"]["Integration"] = json!("mock");
            }
            template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"] = json!("Deploymenta");
            template
        };
        let (live, wanted) = (template("Versiona", true), template("Versionb", false));
        let Steps::Try { first: Some(first), then } = steps(Some(&live), &wanted) else { panic!() };
        assert_eq!(first["Resources"]["ProxyPreflight"], live["Resources"]["ProxyPreflight"]);
        let [idle, last] = then.as_slice() else { panic!("{then:?}") };
        assert_eq!(last, &wanted);
        let properties = json!({ "HttpMethod": "OPTIONS", "Integration": "proxy" });
        assert_eq!(idle["Resources"]["ProxyPreflight"]["Properties"], properties);
        assert_eq!(live_version(idle, &FunctionIds::main()), Some("Versionb"));
        // Cut off in between, the next run does the rest.
        assert!(matches!(steps(Some(idle), &wanted), Steps::Switch { then } if then.last() == Some(&wanted)));
    }

    #[test]
    fn paths_go_before_a_deployment_is_made_without_them() {
        let template = |version: &str, path: Option<&str>, deployment: &str| {
            let mut template = template(version, if version == "Versiona" { 1 } else { 2 });
            template["Resources"]["Api"] = json!({ "Properties": {} });
            if let Some(id) = path {
                template["Resources"][id] = json!({ "Properties": {} });
            }
            template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"] = json!(deployment);
            let before: Vec<&str> = ["RootMethod"].into_iter().chain(path).collect();
            template["Resources"][deployment] = json!({ "DependsOn": before });
            template
        };
        let path = "PathMethodANYAdmin0123ab";
        let live = template("Versiona", Some(path), "Deploymenta");
        for version in ["Versiona", "Versionb"] {
            let wanted = template(version, None, "Deploymentb");
            let (Steps::Switch { then } | Steps::Try { then, .. }) = steps(Some(&live), &wanted) else { panic!() };
            let [without, last] = then.as_slice() else { panic!("{then:?}") };
            assert_eq!(last, &wanted);
            assert!(without["Resources"][path].is_null());
            assert_eq!(without["Resources"]["Deploymenta"]["DependsOn"], json!(["RootMethod"]));
            assert!(without["Resources"]["Deploymentb"].is_null(), "what serves is not made again");
            assert_eq!(live_version(without, &FunctionIds::main()), Some("Versiona"));
            // Cut off in between, the next run does the rest.
            let (Steps::Switch { then } | Steps::Try { then, .. }) = steps(Some(without), &wanted) else { panic!() };
            assert_eq!(then, [wanted]);
        }
    }

    #[test]
    fn what_only_the_old_release_may_goes_when_it_no_longer_serves() {
        let role = |action: &str| {
            let document = json!({ "Statement": [{ "Action": action }] });
            json!({ "Properties": { "Policies": [{ "PolicyDocument": document }] } })
        };
        let (mut live, mut wanted) = (template("Versiona", 1), template("Versionb", 2));
        for (template, action) in [(&mut live, "x:Old"), (&mut wanted, "x:New")] {
            template["Resources"]["Role"] = role(action);
            template["Resources"]["Function"]["Properties"]["Role"] = json!({ "Fn::GetAtt": ["Role", "Arn"] });
        }
        let Steps::Try { first: Some(first), then } = steps(Some(&live), &wanted) else { panic!() };
        let [between, last] = then.as_slice() else { panic!("{then:?}") };
        assert_eq!(last, &wanted);
        assert_eq!(live_version(between, &FunctionIds::main()), Some("Versionb"));
        for template in [&first, between] {
            let statements = &template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
            assert_eq!(*statements, json!([{ "Action": "x:New" }, { "Action": "x:Old" }]));
        }
        // Cut off before the last: no version changes any more.
        assert_eq!(steps(Some(between), &wanted), Steps::Switch { then: vec![wanted] });
    }

    #[test]
    fn a_reservation_is_lowered_after_the_provisioned_instances_are() {
        let template = |version: &str, reserved: u64, provisioned: u64| {
            let mut template = template(version, 1);
            template["Resources"]["Function"]["Properties"]["ReservedConcurrentExecutions"] = json!(reserved);
            template["Resources"]["Live"]["Properties"]["ProvisionedConcurrencyConfig"] =
                json!({ "ProvisionedConcurrentExecutions": provisioned });
            template
        };
        let live = template("Versiona", 9, 6);
        for (version, reserved, expected) in [
            ("Versiona", 5, vec![9, 5]),
            ("Versiona", 8, vec![8]),
            ("Versionb", 5, vec![9, 5]),
            ("Versionb", 12, vec![12]),
        ] {
            let wanted = template(version, reserved, 2);
            let (Steps::Switch { then } | Steps::Try { then, .. }) = steps(Some(&live), &wanted) else { panic!() };
            let sent = |template: &Value| {
                template["Resources"]["Function"]["Properties"]["ReservedConcurrentExecutions"].as_u64().unwrap()
            };
            assert_eq!(then.iter().map(sent).collect::<Vec<_>>(), expected, "{version} {reserved:?}");
        }
    }

    #[test]
    fn a_value_that_no_template_shows_is_sent() {
        let template = template("Versiona", 1);
        let changes = |blocked: bool| KeyChanges {
            parameters: ["ApiKeyValueApp012345".to_owned()].into(),
            blocked: blocked.then(|| "app".to_owned()).into_iter().collect(),
            ..KeyChanges::default()
        };
        let sent = super::steps(Some(&template), &template, &changes(false));
        assert_eq!(sent, Steps::Switch { then: vec![template.clone()] });
        let mut with_key = template.clone();
        with_key["Resources"]["App"] = json!({ "Type": "AWS::ApiGateway::ApiKey", "Properties": { "Name": "app" } });
        let sent = super::steps(Some(&with_key), &with_key, &changes(true));
        assert_eq!(sent, Steps::Switch { then: vec![template, with_key] }, "the key that has the value goes first");
    }

    #[test]
    fn each_situation_has_its_steps() {
        let (old, new) = (template("Versiona", 1), template("Versionb", 2));
        assert_eq!(steps(None, &new), Steps::Create);
        assert_eq!(steps(Some(&new), &new), Steps::Nothing);
        let mut tagged = old.clone();
        tagged["Resources"]["Function"]["Properties"]["Tags"] = json!([]);
        assert_eq!(steps(Some(&old), &tagged), Steps::Switch { then: vec![tagged] });
        let Steps::Try { first: Some(first), then } = steps(Some(&old), &new) else { panic!() };
        assert_eq!(then, std::slice::from_ref(&new));
        assert_eq!(live_version(&first, &FunctionIds::main()), Some("Versiona"));
        // Interrupted between the two: the candidate stands, and the next run goes on from it.
        assert_eq!(steps(Some(&first), &new), Steps::Try { first: None, then });
        // The alias was deleted by hand: it is created again, and its version needs no other trial.
        let without_alias = without_missing(&new, &FunctionIds::main(), Missing::Alias);
        assert_eq!(steps(Some(&without_alias), &new), Steps::Switch { then: vec![new.clone()] });
        // The function was: all of it is created again, and tried before the alias is.
        let without_function = without_missing(&new, &FunctionIds::main(), Missing::Function);
        let Steps::Try { first: Some(created), .. } = steps(Some(&without_function), &new) else { panic!() };
        assert!(created["Resources"]["Live"].is_null() && created["Resources"]["Function"].is_object());
        // Back to the old release instead: the candidate goes with the second update.
        assert_eq!(steps(Some(&first), &old), Steps::Switch { then: vec![old] });
    }
}
