//! The key of a payload, and the hash by which another payload with the same key is noticed.

use serde::Serialize;
use serde_json::Value;

/// The key of one payload, and optionally the payload that belongs to it.
///
/// A text is a key. With [`Key::with_payload`] a hash of the payload is stored too, and a later delivery that has the same
/// key and another payload is an error in place of the result of the first: such a key was not unique.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Idempotency, Invocation, idempotency::Key};
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Order {
///     number: String,
///     cents: u64,
/// }
///
/// async fn charge(order: Order, _: Invocation) -> Result<u64, BoxError> {
///     Ok(order.cents)
/// }
///
/// let once = Idempotency::in_memory();
/// let key = |order: &Order, _: &Invocation| Key::new(&order.number).with_payload(order);
/// let charge = once.handler("charge", key, charge);
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    text: String,
    payload_hash: Option<Result<String, String>>,
}

impl Key {
    /// A key; every payload with it is the same.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), payload_hash: None }
    }

    /// Binds the key to a payload, or to those parts of it that each delivery repeats: leave out times and trace ids that a
    /// sender sets again.
    ///
    /// What counts is its JSON, whatever the order of its fields, by a hash of 128 bits (FNV-1a). The hash shows mistakes; it
    /// is no signature, and the payload itself is not stored. Where it cannot be JSON, the handler does not run.
    #[must_use]
    pub fn with_payload(mut self, payload: &impl Serialize) -> Self {
        self.payload_hash = Some(serde_json::to_value(payload).map_or_else(
            |error| Err(error.to_string()),
            |payload| {
                let mut hash = Fnv::default();
                hash.add_value(&payload);
                Ok(format!("{:032x}", hash.0))
            },
        ));
        self
    }

    /// The text, and the hash or why there is none.
    pub(super) fn into_parts(self) -> (String, Option<Result<String, String>>) {
        (self.text, self.payload_hash)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// FNV-1a with 128 bits, which does not change with the version of Rust.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// Adds a value so that no other value adds the same bytes.
    fn add_value(&mut self, value: &Value) {
        match value {
            Value::Array(elements) => {
                self.add(b"[");
                elements.iter().for_each(|element| self.add_value(element));
                self.add(b"]");
            }
            Value::Object(fields) => {
                // A feature of `serde_json` that another crate may set keeps the order of insertion.
                let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                self.add(b"{");
                for (name, value) in fields {
                    self.add_text(name);
                    self.add_value(value);
                }
                self.add(b"}");
            }
            Value::String(text) => self.add_text(text),
            Value::Number(number) => {
                self.add(number.to_string().as_bytes());
                self.add(b",");
            }
            Value::Bool(_) | Value::Null => self.add(value.to_string().as_bytes()),
        }
    }

    fn add_text(&mut self, text: &str) {
        self.add(b"\"");
        self.add(&text.len().to_be_bytes());
        self.add(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    fn hash(payload: &impl Serialize) -> String {
        Key::new("").with_payload(payload).payload_hash.expect("it has one").expect("it is JSON")
    }

    #[test]
    fn the_hash_is_that_of_the_definition() {
        let mut fnv = Fnv::default();
        fnv.add(b"a");
        assert_eq!(format!("{:032x}", fnv.0), "d228cb696f1a8caf78912b704e4a8964");
    }

    #[test]
    fn the_hash_depends_on_the_json_and_not_on_the_order_of_its_fields() {
        let one: HashMap<&str, u32> = (0..50).map(|number| (["a", "b", "c"][number % 3], 1)).collect();
        assert_eq!(hash(&one), hash(&json!({"c": 1, "b": 1, "a": 1})));
        let payloads = [
            json!({"a": 1}),
            json!({"a": 2}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!({"a": [1, 2]}),
            json!({"a": [12]}),
            json!({"a": null}),
            json!({"a": "", "b": ""}),
            json!({"ab": ""}),
            json!([["a"], "b"]),
            json!([["a", "b"]]),
            json!("a"),
            json!(true),
            json!(null),
        ];
        let hashes: std::collections::HashSet<String> = payloads.iter().map(hash).collect();
        assert_eq!(hashes.len(), payloads.len());
    }
}
