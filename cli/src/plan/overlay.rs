//! Documents between two releases: what is sent first, and what a change of code alone sends.

use serde_json::{Map, Value, json};

use super::{live_version, reference::reached_from};

/// The output of the first document that names the candidate's number.
pub(crate) const CANDIDATE_OUTPUT: &str = "Candidate";

/// The live document with the wanted function, what it needs, and the candidate beside the live version.
///
/// Alias and gateway stay as they are and nothing is removed. The candidate has no deletion policy yet: one that fails
/// its trial must go with the next document, or else the retry would answer "a version for this function exists".
pub(crate) fn overlay(live: &Value, wanted: &Value) -> Value {
    let mut first = live.clone();
    let needed = reached_from(wanted, "Function");
    for id in &needed {
        first["Resources"][*id] = wanted["Resources"][*id].clone();
    }
    for section in ["Parameters", "Mappings", "Conditions"] {
        if let Some(entries) = wanted[section].as_object() {
            let known = first.as_object_mut().map(|first| first.entry(section).or_insert_with(|| json!({})));
            if let Some(Value::Object(known)) = known {
                known.extend(entries.clone());
            }
        }
    }
    if let Some(version) = live_version(wanted) {
        let mut candidate = wanted["Resources"][version].clone();
        if let Value::Object(candidate) = &mut candidate {
            candidate.remove("DeletionPolicy");
            candidate.remove("UpdateReplacePolicy");
        }
        first["Resources"][version] = candidate;
        if !first["Outputs"].is_object() {
            first["Outputs"] = Value::Object(Map::new());
        }
        first["Outputs"][CANDIDATE_OUTPUT] = json!({ "Value": { "Fn::GetAtt": [version, "Version"] } });
    }
    first
}

/// The live document with the code of the wanted one: what `update --code-only` sends.
///
/// The version takes the wanted document's logical id, which is a hash of its code among others.
pub(crate) fn code_only(live: &Value, wanted: &Value) -> Value {
    let (Some(old), Some(new)) = (live_version(live), live_version(wanted)) else {
        return wanted.clone();
    };
    let mut document = live.clone();
    let Some(resources) = document["Resources"].as_object_mut() else {
        return wanted.clone();
    };
    // Candidates that were never tried to the end do not stay.
    resources.retain(|id, resource| resource["Type"] != "AWS::Lambda::Version" || id == old);
    if let Some(version) = resources.remove(old) {
        resources.insert(new.to_owned(), version);
    }
    resources["Function"]["Properties"]["Code"] = wanted["Resources"]["Function"]["Properties"]["Code"].clone();
    rename(&mut document, old, new);
    if let Some(outputs) = document["Outputs"].as_object_mut() {
        outputs.remove(CANDIDATE_OUTPUT);
    }
    document
}

/// Lets everything that referred to `old` refer to `new`.
fn rename(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, old, new)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("Ref" | "DependsOn", Value::String(id)) if id == old => new.clone_into(id),
                    ("Fn::GetAtt" | "DependsOn", Value::Array(path)) => {
                        for part in path.iter_mut().filter(|part| *part == old) {
                            *part = json!(new);
                        }
                    }
                    _ => rename(value, old, new),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(version: &str, key: &str, memory: u32) -> Value {
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
        let (live, wanted) = (document("Versiona", "a", 1), document("Versionb", "b", 2));
        let first = overlay(&live, &wanted);
        let resources = &first["Resources"];
        assert_eq!(resources["Function"], wanted["Resources"]["Function"]);
        assert_eq!(resources["Role"], wanted["Resources"]["Role"]);
        assert_eq!(resources["Api"], live["Resources"]["Api"]);
        assert_eq!(resources["Live"], live["Resources"]["Live"]);
        assert_eq!(resources["Versiona"], live["Resources"]["Versiona"]);
        assert_eq!(resources["Versionb"], json!({ "Type": "AWS::Lambda::Version" }));
        assert_eq!(first["Outputs"][CANDIDATE_OUTPUT]["Value"]["Fn::GetAtt"][0], "Versionb");
    }

    #[test]
    fn a_change_of_code_alone_takes_nothing_else_of_the_settings() {
        let (live, wanted) = (document("Versiona", "a", 1), document("Versionb", "b", 2));
        assert_eq!(code_only(&live, &wanted), document("Versionb", "b", 1));
    }
}
