//! Which resources of a template another part of it refers to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::settings::{Stage, Target, function_reference};

/// The logical ids of functions and of everything they refer to, through `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`.
/// What is only reached through one of `barriers` is left out, as are these.
pub(crate) fn needed_by<'a>(template: &'a Value, functions: &[&'a str], barriers: &[&str]) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = functions.to_vec();
    while let Some(id) = open.pop() {
        let Some(resource) = template["Resources"].get(id).filter(|_| !barriers.contains(&id)) else {
            continue;
        };
        if reached.insert(id) {
            references(resource, &mut open);
        }
    }
    reached
}

/// What a stage's settings refer to and the template does not have, with the setting: CloudFormation refuses it.
pub(crate) fn dangling(template: &Value, stage: &Stage) -> BTreeSet<(&'static str, String)> {
    let settings = [
        ("environment", json!(stage.environment)),
        ("functions", json!(stage.functions)),
        ("permissions", json!(stage.permissions)),
        ("resources", json!(stage.resources)),
        ("outputs", json!(stage.outputs)),
    ];
    let mut dangling = BTreeSet::new();
    for (setting, value) in &settings {
        let mut found = Vec::new();
        references(value, &mut found);
        let has = |section: &str, id: &str| template[section].get(id).is_some();
        let is_missing = |id: &&str| !is_other(id) && !has("Resources", id) && !has("Parameters", id);
        dangling.extend(found.into_iter().filter(is_missing).map(|id| (*setting, id.to_owned())));
    }
    dangling
}

/// Whether a name in a text is none of a resource: CloudFormation's own, a literal or a function's.
fn is_other(name: &str) -> bool {
    name.contains("::") || name.starts_with('!') || name.starts_with(function_reference::PREFIX)
}

/// Resources that refer to each other in a circle, which CloudFormation refuses; the first comes last again.
pub(crate) fn circle(template: &Value) -> Option<Vec<&str>> {
    let resources = template["Resources"].as_object()?;
    let mut known = BTreeSet::new();
    resources.keys().find_map(|id| circle_from(id, template, &mut Vec::new(), &mut known))
}

/// `path` leads here; `known` lie on no circle.
fn circle_from<'a>(
    id: &'a str,
    template: &'a Value,
    path: &mut Vec<&'a str>,
    known: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(start) = path.iter().position(|above| *above == id) {
        return Some(path[start..].iter().copied().chain([id]).collect());
    }
    let resource = template["Resources"].get(id)?;
    if known.contains(id) {
        return None;
    }
    let mut found = Vec::new();
    references(resource, &mut found);
    path.push(id);
    let circle = found.into_iter().find_map(|next| circle_from(next, template, path, known));
    path.pop();
    known.insert(id);
    circle
}

/// The setting that closes a circle.
pub(crate) fn closing(circle: &[&str], stage: &Stage) -> &'static str {
    let links = || stage.link.valid(&stage.resources);
    if links().any(|link| matches!(link.target, Target::Resource(id, _) if circle.contains(&id))) {
        return "link";
    }
    if circle.iter().any(|id| stage.resources.contains_key(*id)) {
        return "resources";
    }
    for (setting, value) in [("environment", json!(stage.environment)), ("functions", json!(stage.functions))] {
        if referenced(&value).iter().any(|id| circle.contains(id)) {
            return setting;
        }
    }
    "permissions"
}

/// Whether a resource or an output refers to a resource.
pub(crate) fn refers_to(value: &Value, id: &str) -> bool {
    referenced(value).contains(&id)
}

/// The logical ids that a part of a template refers to.
pub(crate) fn referenced(part: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    references(part, &mut found);
    found
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("Ref", Value::String(id)) => found.push(id),
                    ("DependsOn", Value::String(id)) => found.push(id),
                    ("DependsOn", Value::Array(ids)) => found.extend(ids.iter().filter_map(Value::as_str)),
                    ("Fn::GetAtt", Value::String(path)) => found.extend(path.split('.').next()),
                    ("Fn::GetAtt", Value::Array(path)) => found.extend(path.first().and_then(Value::as_str)),
                    ("Fn::Sub", Value::String(text)) => found.extend(names_in(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        // A name that the second part defines is none of a resource.
                        let defined = |name: &&str| parts.get(1).is_some_and(|defined| defined.get(*name).is_some());
                        let names = parts.first().and_then(Value::as_str).into_iter().flat_map(names_in);
                        found.extend(names.filter(|name| !defined(name)));
                        parts.iter().skip(1).for_each(|part| references(part, found));
                    }
                    _ => references(value, found),
                }
            }
        }
        _ => {}
    }
}

/// `Table` in `${Table.Arn}`; `${!literal}` names nothing.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next()?.split('.').next()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reference_is_followed() {
        let template = json!({ "Resources": {
            "Function": {
                "DependsOn": ["Policy"],
                "Properties": {
                    "Role": { "Fn::GetAtt": ["Role", "Arn"] },
                    "Environment": { "Variables": {
                        "TABLE": { "Ref": "Table" },
                        "URL": { "Fn::Sub": "https://${Queue.QueueName}/${!Literal}/${AWS::Region}" },
                        "BOTH": { "Fn::Sub": ["${x}", { "x": { "Fn::GetAtt": "Topic.Arn" } }] }
                    } }
                }
            },
            "Role": {}, "Policy": { "DependsOn": "Key" }, "Key": {}, "Table": {}, "Queue": {}, "Topic": {},
            "Api": { "Properties": { "Body": { "Ref": "Function" } } }
        } });
        let reached =
            |barriers: &[&str]| needed_by(&template, &["Function"], barriers).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(reached(&[]), "Function Key Policy Queue Role Table Topic");
        assert_eq!(reached(&["Role", "Policy"]), "Function Queue Table Topic");
    }

    #[test]
    fn a_circle_is_found_with_the_setting_that_closes_it() {
        let template = |function: Value, role: Value, topic: Value| {
            json!({ "Resources": {
                "Function": { "A": { "Ref": "Role" }, "B": function },
                "Role": role,
                "Topic": topic,
                "Api": { "Ref": "Function" }
            } })
        };
        let stage = |text: Value| serde_json::from_value::<Stage>(text).unwrap();
        assert_eq!(circle(&template(json!({}), json!({}), json!({ "Ref": "Function" }))), None);
        for (whole, expected, settings, setting) in [
            (
                template(json!({ "Ref": "Function" }), json!({}), json!({})),
                vec!["Function", "Function"],
                json!({ "environment": { "ME": { "Ref": "Function" } } }),
                "environment",
            ),
            (
                template(json!({}), json!({ "Fn::GetAtt": ["Function", "Arn"] }), json!({})),
                vec!["Function", "Role", "Function"],
                json!({}),
                "permissions",
            ),
            (
                template(json!({}), json!({ "Ref": "Topic" }), json!({ "DependsOn": "Function" })),
                vec!["Function", "Role", "Topic", "Function"],
                json!({ "resources": { "Topic": { "Type": "AWS::SNS::Topic" } } }),
                "resources",
            ),
            (
                template(json!({}), json!({ "Ref": "Topic" }), json!({ "DependsOn": "Function" })),
                vec!["Function", "Role", "Topic", "Function"],
                json!({ "resources": { "Topic": { "Type": "AWS::SNS::Topic" } }, "link": ["Topic:write"] }),
                "link",
            ),
        ] {
            let found = circle(&whole).unwrap();
            assert_eq!(found, expected);
            assert_eq!(closing(&found, &stage(settings)), setting);
        }
    }

    #[test]
    fn a_reference_to_nothing_is_found_with_its_setting() {
        let stage: Stage = serde_json::from_value(json!({
            "environment": { "ONE": { "Ref": "Tabel" }, "REGION": { "Ref": "AWS::Region" } },
            "outputs": { "Text": { "Fn::Sub": ["${x}${!y}${Queue.Arn}", { "x": "1" }] } },
            "resources": { "Table": { "Type": "AWS::S3::Bucket", "DependsOn": "Function" } },
        }))
        .unwrap();
        let template = json!({ "Resources": { "Function": {}, "Table": {} } });
        let found: Vec<(&str, String)> = dangling(&template, &stage).into_iter().collect();
        assert_eq!(found, [("environment", "Tabel".to_owned()), ("outputs", "Queue".to_owned())]);
    }
}
