//! The difference of two templates, resource by resource, for `diff` and for the confirmation of a deploy.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// What happens to a resource.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    /// It is made.
    Add,
    /// It is changed.
    Modify,
    /// It is deleted.
    Remove,
}

/// One resource that two templates do not agree on.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// Its logical id.
    pub(crate) logical_id: String,
    /// Its type.
    pub(crate) kind: String,
    /// What happens to it.
    pub(crate) change: Change,
    /// The paths of the properties that differ, `Environment.Variables.X`.
    pub(crate) properties: Vec<String>,
}

/// What sending `wanted` over `live` changes, in the order of the logical ids.
pub(crate) fn difference(live: &Value, wanted: &Value) -> Vec<Difference> {
    let empty = serde_json::Map::new();
    let resources = |template: &Value| template["Resources"].as_object().unwrap_or(&empty).clone();
    let (live, wanted) = (resources(live), resources(wanted));
    let ids: BTreeSet<&String> = live.keys().chain(wanted.keys()).collect();
    ids.into_iter()
        .filter_map(|id| {
            let (change, shown, properties) = match (live.get(id), wanted.get(id)) {
                (None, Some(new)) => (Change::Add, new, Vec::new()),
                (Some(old), None) => (Change::Remove, old, Vec::new()),
                (Some(old), Some(new)) if old != new => {
                    let mut paths = Vec::new();
                    differing(old, new, "", &mut paths);
                    (Change::Modify, new, paths)
                }
                _ => return None,
            };
            let kind = shown["Type"].as_str().unwrap_or_default().to_owned();
            Some(Difference { logical_id: id.clone(), kind, change, properties })
        })
        .collect()
}

/// Collects the paths that differ. An intrinsic such as `Fn::GetAtt` is one value.
fn differing(old: &Value, new: &Value, path: &str, paths: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(left), Value::Object(right)) if !is_intrinsic(left) && !is_intrinsic(right) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let (left, right) = (left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null));
                let path = match (path, key.as_str()) {
                    ("", "Properties") => String::new(),
                    ("", key) => key.to_owned(),
                    (path, key) => format!("{path}.{key}"),
                };
                differing(left, right, &path, paths);
            }
        }
        (old, new) if old != new => paths.push(path.to_owned()),
        _ => {}
    }
}

fn is_intrinsic(fields: &serde_json::Map<String, Value>) -> bool {
    fields.len() == 1 && fields.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

impl Difference {
    /// Whether nothing is lost with it: a version, the snapshot of an API, or what is made again from the settings alone.
    pub(crate) fn is_routine(&self) -> bool {
        self.change != Change::Remove
            || matches!(
                self.kind.as_str(),
                "AWS::Lambda::Version"
                    | "AWS::ApiGateway::Deployment"
                    | "AWS::ApiGateway::UsagePlanKey"
                    | "AWS::ApiGatewayV2::Deployment"
                    | "AWS::ApiGatewayV2::RouteResponse"
                    | "AWS::Lambda::Permission"
                    | "AWS::Events::Rule"
            )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resources_are_added_modified_and_removed_by_name_and_property() {
        let live = json!({ "Resources": {
            "Function": { "Type": "T", "Properties": {
                "MemorySize": 1, "Environment": { "Variables": { "A": "1", "B": { "Ref": "X" } } } } },
            "Old": { "Type": "O" },
            "Same": { "Type": "S" }
        } });
        let wanted = json!({ "Resources": {
            "Function": { "Type": "T", "Properties": {
                "MemorySize": 2, "Environment": { "Variables": { "A": "1", "B": { "Ref": "Y" }, "C": "3" } } } },
            "New": { "Type": "N" },
            "Same": { "Type": "S" }
        } });
        let found: Vec<_> = difference(&live, &wanted)
            .into_iter()
            .map(|found| (found.logical_id, found.change, found.properties.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "Function".to_owned(),
                    Change::Modify,
                    "Environment.Variables.B Environment.Variables.C MemorySize".to_owned()
                ),
                ("New".to_owned(), Change::Add, String::new()),
                ("Old".to_owned(), Change::Remove, String::new()),
            ]
        );
    }

    #[test]
    fn only_what_is_lost_for_good_is_worth_a_question() {
        let removed = |kind: &str| Difference {
            logical_id: "X".to_owned(),
            kind: kind.to_owned(),
            change: Change::Remove,
            properties: Vec::new(),
        };
        assert!(removed("AWS::Lambda::Version").is_routine());
        assert!(!removed("AWS::DynamoDB::Table").is_routine());
    }
}
