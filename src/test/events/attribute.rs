//! Plain JSON as attribute values of DynamoDB:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>.

use serde_json::{Map, Value, json};

/// The item of a value, which has to be an object.
///
/// # Panics
///
/// The value is no object.
pub(super) fn item(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("an item is an object of attributes and not `{value}`") };
    fields.into_iter().map(|(name, value)| (name, attribute(value))).collect()
}

fn attribute(value: Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(list) => json!({"L": list.into_iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(_) => json!({"M": item(value)}),
    }
}
