//! The fields of a function's response, read as strictly as gateways read them.

use std::fmt;

use http::StatusCode;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

/// Why an answer is not one: continues `the function's answer `.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed(pub(super) String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("is not of the gateway's shape: {error}"))
    }
}

/// A JSON object as its pairs in their order, repeated keys and keys that differ in case kept.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pairs(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A status that a client can be sent. API Gateway and Function URLs also take one in quotes, an ALB does not.
pub(super) fn status(value: &Value, quoted: bool) -> Result<StatusCode, Malformed> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if quoted && text.len() == 3 => text.parse().ok(),
        _ => None,
    };
    let code = number.and_then(|number| u16::try_from(number).ok()).filter(|code| (200..600).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| Malformed(format!("has a `statusCode` that is not a status from 200 to 599: `{value}`")))
}

/// A header's value: text, or a number or boolean in JSON's notation.
pub(super) fn scalar(name: &str, value: Value) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => Err(Malformed(format!("has a header `{name}` whose value is not a string: `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_a_number_that_http_can_send() {
        for (value, quoted, code) in [
            (json!(200), false, Some(200)),
            (json!("404"), true, Some(404)),
            (json!("404"), false, None),
            (json!(199), true, None),
            (json!(600), true, None),
            (json!(65_736), true, None),
            (json!(200.5), true, None),
            (json!("+20"), true, None),
            (json!(null), true, None),
        ] {
            assert_eq!(status(&value, quoted).ok().map(|status| status.as_u16()), code, "{value}");
        }
    }

    #[test]
    fn pairs_keep_order_and_repetition() {
        let pairs: Pairs = serde_json::from_str(r#"{"b":1,"a":2,"B":3,"b":4}"#).unwrap();
        let names: Vec<_> = pairs.0.iter().map(|(name, value)| format!("{name}{value}")).collect();
        assert_eq!(names, ["b1", "a2", "B3", "b4"]);
        assert!(serde_json::from_str::<Pairs>("[]").is_err());
    }

    #[test]
    fn scalars_are_their_text() {
        assert_eq!(scalar("a", json!(true)).unwrap(), "true");
        assert_eq!(scalar("a", json!(1.5)).unwrap(), "1.5");
        assert_eq!(scalar("a", json!([])).unwrap_err().0, "has a header `a` whose value is not a string: `[]`");
    }
}
