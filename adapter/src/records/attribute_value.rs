//! DynamoDB's attribute values as plain JSON:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>.

use serde_json::{Map, Number, Value};

/// Converts an item: a map of attribute values.
pub(super) fn item(attributes: Map<String, Value>) -> Value {
    Value::Object(attributes.into_iter().map(|(name, value)| (name, plain(value))).collect())
}

/// Converts one attribute value, which is an object with its type as the only key.
fn plain(value: Value) -> Value {
    let Value::Object(typed) = value else { return value };
    let Some((kind, value)) = typed.into_iter().next() else { return Value::Null };
    match (kind.as_str(), value) {
        ("N", Value::String(text)) => number(text),
        ("NS", Value::Array(numbers)) => numbers
            .into_iter()
            .map(|value| match value {
                Value::String(text) => number(text),
                other => other,
            })
            .collect(),
        ("L", Value::Array(list)) => list.into_iter().map(plain).collect(),
        ("M", Value::Object(map)) => item(map),
        ("NULL", _) => Value::Null,
        // S, B, BOOL, SS and BS.
        (_, value) => value,
    }
}

/// A number of up to 38 digits; text if neither an integer nor a float has its value without loss.
fn number(text: String) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(float) if digits(&float.to_string()) == digits(&text) => Value::Number(float),
        _ => Value::String(text),
    }
}

/// The significant digits of a decimal number, and its exponent: equal for equal values.
fn digits(text: &str) -> (bool, String, i64) {
    let unsigned = text.trim_start_matches(['-', '+']);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let significant = all.trim_matches('0').to_owned();
    let scale = i64::try_from(whole.len()).unwrap_or_default() - i64::try_from(leading).unwrap_or_default() + exponent;
    let scale = if significant.is_empty() { 0 } else { scale };
    (text.starts_with('-') && !significant.is_empty(), significant, scale)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_becomes_plain_json() {
        let typed = json!({
            "text": {"S": "a"}, "integer": {"N": "-17"}, "float": {"N": "1.5"}, "large": {"N": "18446744073709551615"},
            "yes": {"BOOL": true}, "none": {"NULL": true}, "bytes": {"B": "aGk="},
            "texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.5"]}, "blobs": {"BS": ["aGk="]},
            "list": {"L": [{"S": "a"}, {"M": {"n": {"N": "1"}}}]}, "map": {"M": {"S": {"S": "no type"}}},
        });
        let Value::Object(typed) = typed else { unreachable!("it is an object") };
        assert_eq!(
            item(typed),
            json!({
                "text": "a", "integer": -17, "float": 1.5, "large": 18_446_744_073_709_551_615_u64,
                "yes": true, "none": null, "bytes": "aGk=",
                "texts": ["a", "b"], "numbers": [1, 2.5], "blobs": ["aGk="],
                "list": ["a", {"n": 1}], "map": {"S": "no type"},
            }),
        );
    }

    #[test]
    fn a_number_never_loses_a_digit() {
        for (text, value) in [
            ("0", json!(0)),
            ("0.1", json!(0.1)),
            ("100.50", json!(100.5)),
            ("1E+3", json!(1000.0)),
            ("1e-7", json!(1e-7)),
            ("-0.001", json!(-0.001)),
            ("3.14159265358979323846264338327950288419", json!("3.14159265358979323846264338327950288419")),
            ("12345678901234567890123", json!("12345678901234567890123")),
            ("1E+400", json!("1E+400")),
        ] {
            assert_eq!(number(text.to_owned()), value, "{text}");
        }
    }
}
