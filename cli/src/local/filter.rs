//! The filters of event source mappings: which messages and records reach the function. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use serde_json::Value;

use crate::pattern::{FieldKind, Pattern};

/// Whether a message of a queue, as the event has it, passes one of the filters. Without filters everything passes.
pub(super) fn passes_message(filters: &[Pattern], message: &Value) -> bool {
    filters.is_empty() || filters.iter().any(|filter| passes(filter, message, "body", &message["body"]))
}

/// Whether a record of a stream passes one of the filters. Those of Kinesis name the fields of the record, and its data by
/// `data`.
pub(super) fn passes_record(filters: &[Pattern], event: &Value) -> bool {
    let Some(kinesis) = event["kinesis"].as_object() else {
        return filters.is_empty() || filters.iter().any(|filter| filter.matches(event));
    };
    let mut record = event.clone();
    for (key, value) in kinesis {
        record[key] = value.clone();
    }
    let data = base64_simd::STANDARD.decode_to_vec(record["data"].as_str().unwrap_or_default()).unwrap_or_default();
    record["data"] = String::from_utf8_lossy(&data).into();
    filters.is_empty() || filters.iter().any(|filter| passes(filter, &record, "data", &record["data"]))
}

/// Matches a record whose payload is a text at `key`. A filter of the payload's fields takes only JSON, and a filter of the
/// whole text only what is none: Lambda drops the others.
fn passes(filter: &Pattern, record: &Value, key: &str, payload: &Value) -> bool {
    let Some(kind) = filter.field_kind(key) else { return filter.matches(record) };
    let text = payload.as_str().unwrap_or_default();
    let payload = match (kind, serde_json::from_str::<Value>(text)) {
        (FieldKind::Table, Ok(document)) => document,
        (FieldKind::Leaf, Err(_)) => payload.clone(),
        (FieldKind::Table, Err(_)) | (FieldKind::Leaf, Ok(_)) => return false,
    };
    let mut record = record.clone();
    record[key] = payload;
    filter.matches(&record)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(filter: Value) -> Pattern {
        let Value::Object(table) = filter else { unreachable!("it is a table") };
        Pattern::parse(&table).unwrap()
    }

    #[test]
    fn a_body_is_json_or_a_text_as_the_filter_expects_it() {
        let fields = pattern(json!({ "body": { "kind": ["x"] } }));
        let text = pattern(json!({ "body": [{ "prefix": "x" }] }));
        for (body, by_fields, by_text) in [
            (r#"{"kind":"x"}"#, true, false),
            (r#"{"kind":"y"}"#, false, false),
            ("xyz", false, true),
            ("yz", false, false),
            ("7", false, false),
        ] {
            let message = json!({ "messageId": "1", "body": body });
            assert_eq!(passes_message(std::slice::from_ref(&fields), &message), by_fields, "{body}");
            assert_eq!(passes_message(std::slice::from_ref(&text), &message), by_text, "{body}");
            assert!(passes_message(&[], &message));
            let filters = [fields.clone(), pattern(json!({ "messageId": ["1"] }))];
            assert!(passes_message(&filters, &message), "one filter is enough");
        }
    }

    #[test]
    fn a_record_of_kinesis_is_matched_by_its_decoded_data_and_a_change_as_it_is() {
        let kinesis = json!({ "kinesis": { "partitionKey": "7", "data": "eyJhIjoxfQ==" }, "eventName": "x" });
        let change = json!({ "eventName": "INSERT", "dynamodb": { "Keys": { "id": { "N": "7" } } } });
        for (filter, record, expected) in [
            (json!({ "data": { "a": [1] } }), &kinesis, true),
            (json!({ "data": { "a": [2] } }), &kinesis, false),
            (json!({ "data": [{ "prefix": "{" }] }), &kinesis, false),
            (json!({ "partitionKey": ["7"] }), &kinesis, true),
            (json!({ "eventName": ["INSERT"], "dynamodb": { "Keys": { "id": { "N": ["7"] } } } }), &change, true),
            (json!({ "eventName": ["REMOVE"] }), &change, false),
        ] {
            assert_eq!(passes_record(&[pattern(filter.clone())], record), expected, "{filter}");
        }
    }
}
