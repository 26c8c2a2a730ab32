//! Parsing of templates that were sent before: they have the shape that the code relies on, also if changed by hand.

use serde::{Deserialize as _, Deserializer, de};
use serde_json::{Map, Value};

use super::METADATA;

/// Reads a template.
///
/// # Errors
/// It is not JSON, or not a template.
pub(crate) fn read(text: &str) -> Result<Value, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let template = shaped(&mut json)?;
    json.end()?;
    Ok(template)
}

/// A template within something else.
pub(crate) fn shaped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let template = Value::deserialize(deserializer)?;
    match misshapen(&template) {
        None => Ok(template),
        Some(part) => Err(de::Error::custom(format!("{part} is not a JSON object"))),
    }
}

/// The part of a template that is no object where a template has one.
fn misshapen(template: &Value) -> Option<String> {
    let Some(sections) = template.as_object() else { return Some("the template".to_owned()) };
    let Some(resources) = sections.get("Resources").and_then(Value::as_object) else {
        return Some("`Resources`".to_owned());
    };
    let is_odd = |object: &Map<String, Value>, key: &str| object.get(key).is_some_and(|value| !value.is_object());
    for section in ["Metadata", "Outputs", "Parameters"] {
        if is_odd(sections, section) {
            return Some(format!("`{section}`"));
        }
    }
    if sections.get("Metadata").and_then(Value::as_object).is_some_and(|metadata| is_odd(metadata, METADATA)) {
        return Some("`Metadata`".to_owned());
    }
    let odd = resources.iter().find(|(_, resource)| match resource {
        Value::Object(resource) => is_odd(resource, "Properties"),
        _ => true,
    });
    odd.map(|(id, _)| format!("resource `{id}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_template_is_refused_with_the_part_that_is_not() {
        for (text, part) in [
            ("[]", "the template"),
            ("3", "the template"),
            ("{}", "`Resources`"),
            (r#"{"Resources":[]}"#, "`Resources`"),
            (r#"{"Resources":{"Function":[]}}"#, "resource `Function`"),
            (r#"{"Resources":{"Function":{"Properties":3}}}"#, "resource `Function`"),
            (r#"{"Resources":{},"Metadata":[]}"#, "`Metadata`"),
            (r#"{"Resources":{},"Metadata":{"zappa-rs":3}}"#, "`Metadata`"),
        ] {
            assert!(read(text).unwrap_err().to_string().starts_with(part), "{text}");
        }
        assert!(read(r#"{"Resources":{}} x"#).is_err());
        assert!(read(r#"{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}"#).is_ok());
    }
}
