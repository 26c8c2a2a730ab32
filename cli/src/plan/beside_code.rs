//! What differs between two templates beside the code of their functions: nothing of it reaches a stage without its stack.

use std::collections::BTreeSet;

use serde_json::Value;

use super::difference::{Difference, difference};
use crate::template::{metadata_mut, released_digest, setting, with_code};

/// The version's hash among a function's variables, which follows from all that a version freezes.
const VERSION_VARIABLE: &str = "Environment.Variables.ZAPPA_VERSION";
/// The sections of a template beside its resources.
const SECTIONS: [&str; 4] = ["Parameters", "Conditions", "Mappings", "Outputs"];

/// The settings that a template has otherwise than the one of the stack, or the resources and sections that they are in;
/// empty where code is all that differs.
pub(crate) fn beside_code(live: &Value, wanted: &Value) -> Vec<String> {
    let same_code = with_code(wanted, live, released_digest(live).unwrap_or_default());
    if without_release(live) == without_release(&same_code) {
        return Vec::new();
    }
    let mut names: BTreeSet<String> = difference(live, &same_code).iter().flat_map(settings_of).collect();
    let sections = SECTIONS.iter().filter(|section| live[**section] != same_code[**section]);
    if names.is_empty() {
        names.extend(sections.map(|section| section.to_lowercase()));
    }
    if names.is_empty() {
        names.insert("the template that this version of the tool makes".to_owned());
    }
    names.into_iter().collect()
}

/// The settings behind a difference. What only follows from others has none.
fn settings_of(found: &Difference) -> Vec<String> {
    let Difference { logical_id, kind, properties, .. } = found;
    if kind == "AWS::Lambda::Version" {
        return Vec::new();
    }
    let path = format!("/Resources/{logical_id}");
    if properties.is_empty() {
        return vec![setting(&path).unwrap_or_else(|| logical_id.clone())];
    }
    let is_cause = |property: &&String| {
        property.as_str() != VERSION_VARIABLE && !(kind == "AWS::Lambda::Alias" && *property == "FunctionVersion")
    };
    let name = |property: &String| {
        let written = format!("{path}/Properties/{}", property.replace('.', "/"));
        setting(&written).unwrap_or_else(|| format!("{logical_id}.{property}"))
    };
    properties.iter().filter(is_cause).map(name).collect()
}

fn without_release(template: &Value) -> Value {
    let mut without = template.clone();
    if let Some(metadata) = metadata_mut(&mut without) {
        metadata.remove("Release");
    }
    without
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A sealed template of a release.
    fn template(release: &str, code: &str, edit: Option<(&str, Value)>) -> Value {
        let mut wanted = json!({
            "Metadata": { "zappa-rs": { "Release": release, "CodeSha256": "" } },
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": {
                    "Code": { "S3Key": code }, "MemorySize": 128,
                    "Environment": { "Variables": { "COLOUR": "red" } }
                } },
                "Live": { "Type": "AWS::Lambda::Alias", "Properties": {} },
                "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "one" } }
            },
            "Outputs": { "Table": { "Value": "one" } }
        });
        if let Some((path, value)) = edit {
            let (parent, key) = path.rsplit_once('/').unwrap();
            wanted.pointer_mut(parent).unwrap()[key] = value;
        }
        with_code(&wanted, &wanted, code)
    }

    #[test]
    fn every_setting_but_the_code_is_named() {
        let live = template("a", "one", None);
        for (edit, expected) in [
            (None, &[][..]),
            (Some(("/Resources/Function/Properties/MemorySize", json!(256))), &["memory_size"]),
            (
                Some(("/Resources/Function/Properties/Environment/Variables/COLOUR", json!("blue"))),
                &["environment.COLOUR"],
            ),
            (Some(("/Resources/Function/Properties/Runtime", json!("own"))), &["Function.Runtime"]),
            (Some(("/Resources/Table/Properties/TableName", json!("two"))), &["resources.Table.Properties.TableName"]),
            (Some(("/Resources/KeepWarmRule", json!({ "Type": "AWS::Events::Rule" }))), &["KeepWarmRule"]),
            (Some(("/Outputs/Table", json!({ "Value": "two" }))), &["outputs"]),
            (Some(("/Metadata/zappa-rs/Tool", json!("2"))), &["the template that this version of the tool makes"]),
        ] {
            assert_eq!(beside_code(&live, &template("b", "two", edit.clone())), expected, "{edit:?}");
            assert_eq!(beside_code(&live, &template("a", "one", edit.clone())), expected, "{edit:?}, the same code");
        }
    }
}
