//! One field of a secret that is a JSON object; pure.

use serde_json::{Map, Value};

/// The text of a secret is no JSON object.
#[derive(Debug, PartialEq)]
pub(super) struct NoObject;

fn object(text: &str) -> Result<Map<String, Value>, NoObject> {
    serde_json::from_str(text).map_err(|_| NoObject)
}

/// The value of a field as `zappa_rs::secrets()` returns it.
pub(super) fn get(text: &str, field: &str) -> Result<Option<String>, NoObject> {
    Ok(match object(text)?.remove(field) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}

/// The text with another value of a field; the other fields stay. A new secret has no text yet.
pub(super) fn set(text: Option<&str>, field: &str, value: &str) -> Result<String, NoObject> {
    let mut object = text.map_or_else(|| Ok(Map::new()), object)?;
    object.insert(field.to_owned(), value.into());
    Ok(Value::Object(object).to_string())
}

/// The text without a field; `None` if it has no such field.
pub(super) fn remove(text: &str, field: &str) -> Result<Option<String>, NoObject> {
    let mut object = object(text)?;
    Ok(object.remove(field).map(|_| Value::Object(object).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_fields_stay() {
        assert_eq!(set(None, "key", "a").unwrap(), r#"{"key":"a"}"#);
        let text = set(Some(r#"{"port":5432,"key":"a"}"#), "key", "b\"").unwrap();
        assert_eq!(get(&text, "key").unwrap().as_deref(), Some("b\""));
        assert_eq!(get(&text, "port").unwrap().as_deref(), Some("5432"));
        assert_eq!(remove(&text, "key").unwrap().as_deref(), Some(r#"{"port":5432}"#));
        assert_eq!(remove(&text, "other"), Ok(None));
        assert_eq!(get("as it is", "key"), Err(NoObject));
        assert_eq!(set(Some("[1]"), "key", "x"), Err(NoObject));
    }
}
