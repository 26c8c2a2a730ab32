//! Which resources of a document another part of it refers to.

use std::collections::BTreeSet;

use serde_json::Value;

/// The logical ids of the function and of everything it refers to, through `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`.
/// What is only reached through one of `barriers` is left out, as are these.
pub(crate) fn needed_by_function<'a>(document: &'a Value, barriers: &[&str]) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec!["Function"];
    while let Some(id) = open.pop() {
        let Some(resource) = document["Resources"].get(id).filter(|_| !barriers.contains(&id)) else {
            continue;
        };
        if reached.insert(id) {
            references(resource, &mut open);
        }
    }
    reached
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
                        found.extend(parts.first().and_then(Value::as_str).into_iter().flat_map(names_in));
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
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_reference_is_followed() {
        let document = json!({ "Resources": {
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
            |barriers: &[&str]| needed_by_function(&document, barriers).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(reached(&[]), "Function Key Policy Queue Role Table Topic");
        assert_eq!(reached(&["Role", "Policy"]), "Function Queue Table Topic");
    }
}
