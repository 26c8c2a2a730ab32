//! The template with candidates beside the live versions.

use serde_json::{Map, Value, json};

use super::{candidates, concurrency, role};
use crate::{
    logical_id::{self, FunctionIds},
    template::{functions, live_version, needed_by, output},
};

/// The live template with the wanted functions, what they need, and the candidates beside the live versions.
///
/// Aliases and gateway stay as they are and nothing is removed or narrowed. A candidate has no deletion policy yet: one
/// that fails its trial must go with the next template, or else the retry would answer "a version for this function
/// exists".
pub(crate) fn overlay(live: &Value, wanted: &Value) -> Value {
    let mut first = live.clone();
    let functions = functions(wanted);
    let ids: Vec<&str> = functions.iter().map(|ids| ids.function.as_str()).collect();
    // The function knows the WebSocket API by its id alone: one that serves stays as it is.
    let serves = live["Resources"][logical_id::WEBSOCKET_API].is_object();
    let barriers: &[&str] = if serves { &[logical_id::WEBSOCKET_API] } else { &[] };
    let needed = needed_by(wanted, &ids, barriers);
    for id in &needed {
        first["Resources"][*id] = wanted["Resources"][*id].clone();
    }
    if needed.contains(logical_id::ROLE) && live["Resources"][logical_id::ROLE].is_object() {
        first["Resources"][logical_id::ROLE] =
            role::merged(&live["Resources"][logical_id::ROLE], &wanted["Resources"][logical_id::ROLE]);
    }
    concurrency::keep_larger(&mut first, live, wanted);
    for section in ["Parameters", "Mappings", "Conditions"] {
        if let Some(entries) = wanted[section].as_object() {
            let known = first.as_object_mut().map(|first| first.entry(section).or_insert_with(|| json!({})));
            if let Some(Value::Object(known)) = known {
                known.extend(entries.clone());
            }
        }
    }
    for ids in candidates(live, wanted) {
        add_candidate(&mut first, wanted, &ids);
    }
    first
}

fn add_candidate(first: &mut Value, wanted: &Value, ids: &FunctionIds) {
    let Some(version) = live_version(wanted, ids) else { return };
    let mut candidate = wanted["Resources"][version].clone();
    if let Value::Object(candidate) = &mut candidate {
        candidate.remove("DeletionPolicy");
        candidate.remove("UpdateReplacePolicy");
    }
    first["Resources"][version] = candidate;
    if !first["Outputs"].is_object() {
        first["Outputs"] = Value::Object(Map::new());
    }
    first["Outputs"][ids.output(output::CANDIDATE)] = json!({ "Value": { "Fn::GetAtt": [version, "Version"] } });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::without_candidates;

    fn template(version: &str, key: &str, memory: u32) -> Value {
        json!({
            "Resources": {
                "Function": {
                    "Properties": { "Code": { "S3Key": key }, "MemorySize": memory, "Role": { "Fn::GetAtt": ["Role", "Arn"] } }
                },
                "Role": { "Properties": { "Statement": memory } },
                "Api": { "Properties": { "Name": memory } },
                version: { "Type": "AWS::Lambda::Version", "DeletionPolicy": "RetainExceptOnCreate" },
                "Live": { "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } } }
            },
            "Outputs": { "Version": { "Value": { "Fn::GetAtt": [version, "Version"] } } }
        })
    }

    #[test]
    fn first_the_function_changes_and_nothing_that_serves() {
        let (live, wanted) = (template("Versiona", "a", 1), template("Versionb", "b", 2));
        let first = overlay(&live, &wanted);
        let resources = &first["Resources"];
        assert_eq!(resources["Function"], wanted["Resources"]["Function"]);
        assert_eq!(resources["Role"], wanted["Resources"]["Role"]);
        assert_eq!(resources["Api"], live["Resources"]["Api"]);
        assert_eq!(resources["Live"], live["Resources"]["Live"]);
        assert_eq!(resources["Versiona"], live["Resources"]["Versiona"]);
        assert_eq!(resources["Versionb"], json!({ "Type": "AWS::Lambda::Version" }));
        assert_eq!(first["Outputs"][output::CANDIDATE]["Value"]["Fn::GetAtt"][0], "Versionb");
    }

    #[test]
    fn a_websocket_api_that_serves_stays_and_a_new_one_comes_with_the_candidate() {
        let with_api = |version: &str, key: &str, selection: &str| {
            let mut template = template(version, key, 1);
            template["Resources"]["WebSocketApi"] = json!({ "Properties": { "RouteSelectionExpression": selection } });
            template["Resources"]["Function"]["Properties"]["Environment"] = json!({ "Fn::Sub": "${WebSocketApi}" });
            template
        };
        let wanted = with_api("Versionb", "b", "$request.body.type");
        let live = with_api("Versiona", "a", "$request.body.action");
        let first = overlay(&live, &wanted);
        assert_eq!(first["Resources"]["WebSocketApi"], live["Resources"]["WebSocketApi"]);
        let first = overlay(&template("Versiona", "a", 1), &wanted);
        assert_eq!(first["Resources"]["WebSocketApi"], wanted["Resources"]["WebSocketApi"]);
    }

    #[test]
    fn a_candidate_that_is_given_up_goes_and_the_live_version_stays() {
        let (live, wanted) = (template("Versiona", "a", 1), template("Versionb", "b", 2));
        let without = without_candidates(&overlay(&live, &wanted));
        assert!(without["Resources"]["Versionb"].is_null() && without["Outputs"][output::CANDIDATE].is_null());
        assert_eq!(without["Resources"]["Versiona"], live["Resources"]["Versiona"]);

        // The alias was deleted by hand: what served stays all the same.
        let mut first = overlay(&live, &wanted);
        first["Resources"].as_object_mut().unwrap().remove("Live");
        let without = without_candidates(&first);
        assert!(without["Resources"]["Versionb"].is_null() && without["Resources"]["Versiona"].is_object());
    }
}
