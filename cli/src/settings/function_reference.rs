//! References to the stage's functions in texts: `${fn:NAME}`, in a text of `Fn::Sub`.
//!
//! The substitution of variables makes an `Fn::Sub` of every text with such a reference, and the template replaces the
//! reference by the ARN of the function's alias. CloudFormation itself knows no name with a `:` in it but its own `AWS::`.

use serde_json::Value;

/// What a reference begins with.
pub(crate) const PREFIX: &str = "fn:";

/// The names that a value refers to.
pub(crate) fn references(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some(text) = text(key, value) {
                    found.extend(text.split("${").skip(1).filter_map(name));
                }
                collect(value, found);
            }
        }
        _ => {}
    }
}

/// The text of `Fn::Sub`.
fn text<'a>(key: &str, value: &'a Value) -> Option<&'a str> {
    (key == "Fn::Sub").then(|| value.as_str().or_else(|| value[0].as_str())).flatten()
}

/// The name of a function at the beginning of what follows `${`.
fn name(rest: &str) -> Option<&str> {
    Some(rest.split_once('}')?.0.strip_prefix(PREFIX)?.trim())
}

/// Replaces every reference by what `arn` makes of its name, which may have placeholders of CloudFormation's.
pub(crate) fn resolve(value: &mut Value, arn: &impl Fn(&str) -> String) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, arn)),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if let Some(text) = text(key, value).filter(|text| text.contains("${fn:")) {
                    let resolved = Value::from(resolve_text(text, arn));
                    match value.as_array_mut() {
                        Some(parts) => parts[0] = resolved,
                        None => *value = resolved,
                    }
                }
                resolve(value, arn);
            }
        }
        _ => {}
    }
}

fn resolve_text(text: &str, arn: &impl Fn(&str) -> String) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match (name(part), part.split_once('}')) {
            (Some(name), Some((_, rest))) => {
                whole.push_str(&arn(name));
                whole.push_str(rest);
            }
            _ => {
                whole.push_str("${");
                whole.push_str(part);
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_and_resolved_in_texts_of_fn_sub_alone() {
        let mut value = json!({
            "MAIL": { "Fn::Sub": "${fn:mail}" },
            "BOTH": [{ "Fn::Sub": ["${x}/${fn:report}/${fn:mail}/${!fn:none}", { "x": { "Fn::Sub": "${fn:deep}" } }] }],
            "TEXT": "${fn:none}",
            "OTHER": { "Fn::Sub": "${Table}${" },
        });
        let mut found = references(&value);
        found.sort_unstable();
        assert_eq!(found, ["deep", "mail", "mail", "report"]);
        resolve(&mut value, &|name| format!("<{name}>"));
        assert_eq!(
            value,
            json!({
                "MAIL": { "Fn::Sub": "<mail>" },
                "BOTH": [{ "Fn::Sub": ["${x}/<report>/<mail>/${!fn:none}", { "x": { "Fn::Sub": "<deep>" } }] }],
                "TEXT": "${fn:none}",
                "OTHER": { "Fn::Sub": "${Table}${" },
            })
        );
    }
}
