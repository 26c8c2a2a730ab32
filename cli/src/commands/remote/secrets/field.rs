//! One field of a secret that is a JSON object; pure. The other fields stay byte for byte, in their order.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// The text of a secret is no JSON object.
#[derive(Debug, PartialEq)]
pub(super) struct NoObject;

/// The fields of an object, each with its JSON.
struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

impl Object {
    fn parse(text: &str) -> Result<Self, NoObject> {
        serde_json::from_str(text).map_err(|_| NoObject)
    }

    fn text(&self) -> String {
        let fields: Vec<_> =
            self.0.iter().map(|(name, json)| format!("{}:{}", Value::from(name.as_str()), json.get())).collect();
        format!("{{{}}}", fields.join(","))
    }
}

/// The value of a field as `zappa_rs::secrets()` returns it.
pub(super) fn get(text: &str, field: &str) -> Result<Option<String>, NoObject> {
    let object = Object::parse(text)?;
    let json = object.0.iter().rev().find(|(name, _)| name == field).map(|(_, json)| json.get());
    Ok(match json.map(|json| (json, serde_json::from_str(json))) {
        None | Some((_, Ok(Value::Null))) => None,
        Some((_, Ok(Value::String(text)))) => Some(text),
        Some((json, _)) => Some(json.to_owned()),
    })
}

/// The text with another value of a field. A new secret has no text yet.
pub(super) fn set(text: Option<&str>, field: &str, value: &str) -> Result<String, NoObject> {
    let mut object = text.map_or_else(|| Ok(Object(Vec::new())), Object::parse)?;
    let json = serde_json::value::to_raw_value(value).map_err(|_| NoObject)?;
    match object.0.iter_mut().rev().find(|(name, _)| name == field) {
        Some((_, old)) => *old = json,
        None => object.0.push((field.to_owned(), json)),
    }
    Ok(object.text())
}

/// The text without a field; `None` if it has no such field.
pub(super) fn remove(text: &str, field: &str) -> Result<Option<String>, NoObject> {
    let mut object = Object::parse(text)?;
    let before = object.0.len();
    object.0.retain(|(name, _)| name != field);
    Ok((object.0.len() < before).then(|| object.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_fields_stay_byte_for_byte() {
        assert_eq!(set(None, "key", "a").unwrap(), r#"{"key":"a"}"#);
        let before = r#"{"z":12345678901234567890123,"key":"a","a":1.50}"#;
        let text = set(Some(before), "key", "b\"").unwrap();
        assert_eq!(text, r#"{"z":12345678901234567890123,"key":"b\"","a":1.50}"#);
        assert_eq!(get(&text, "key").unwrap().as_deref(), Some("b\""));
        assert_eq!(get(&text, "z").unwrap().as_deref(), Some("12345678901234567890123"));
        assert_eq!(remove(&text, "key").unwrap().as_deref(), Some(r#"{"z":12345678901234567890123,"a":1.50}"#));
        assert_eq!(remove(&text, "other"), Ok(None));
        assert_eq!(get("as it is", "key"), Err(NoObject));
        assert_eq!(set(Some("[1]"), "key", "x"), Err(NoObject));
    }
}
