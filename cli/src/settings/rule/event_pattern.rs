//! The form of event patterns and filters: every value is a list of values and operators, those of `pattern`.

use serde_json::{Map, Value};

use super::super::{EventSource, SourceKind};
use crate::{
    pattern::{FILTER_OPERATORS, OPERATORS, OR, Operator},
    suggestion::nearest,
};

/// The longest pattern, in characters of its JSON.
const MAX_LENGTH: usize = 4096;

/// The fields of a record of a queue or stream that its filters see.
const RECORD_FIELDS: &[&str] = &[
    "attributes",
    "awsRegion",
    "body",
    "data",
    "dynamodb",
    "eventID",
    "eventName",
    "eventSource",
    "eventSourceARN",
    "messageAttributes",
    "messageId",
    "partitionKey",
    "sequenceNumber",
    "userIdentity",
];
/// Those of a message of Kafka.
const KAFKA_FIELDS: &[&str] =
    &["headers", "key", "offset", "partition", "timestamp", "timestampType", "topic", "value"];
/// That of a message of Amazon MQ.
const MQ_FIELDS: &[&str] = &["data"];
/// Those of an event of EventBridge.
/// <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>
const EVENT_FIELDS: &[&str] =
    &["account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version", OR];
/// The most filters of a mapping; more than five have to be allowed for the account.
const MAX_FILTERS: usize = 10;

/// The faults of the pattern and the filters of a source.
pub(super) fn faults_of(source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    faults
        .extend(source.pattern.as_ref().and_then(|pattern| fault(pattern, OPERATORS)).map(|found| ("pattern", found)));
    let fields = source.pattern.iter().flat_map(Map::keys);
    faults.extend(fields.filter_map(|field| field_fault(field, EVENT_FIELDS)).map(|found| ("pattern", found)));
    let operators = if kind.is_polled() { FILTER_OPERATORS } else { OPERATORS };
    faults.extend(source.filters.iter().filter_map(|filter| fault(filter, operators)).map(|found| ("filters", found)));
    if kind.is_polled() {
        let fields = source.filters.iter().flat_map(Map::keys);
        let known = match kind {
            SourceKind::Mq(_) => MQ_FIELDS,
            _ if kind.is_kafka() => KAFKA_FIELDS,
            _ => RECORD_FIELDS,
        };
        faults.extend(fields.filter_map(|field| field_fault(field, known)).map(|found| ("filters", found)));
        if source.filters.len() > MAX_FILTERS {
            let sentence = format!("a source has {MAX_FILTERS} filters at most, not {}", source.filters.len());
            faults.push(("filters", sentence));
        }
    }
    faults
}

/// The fault of a field that is nearly one that records have: nothing would ever match.
fn field_fault(field: &str, known: &[&str]) -> Option<String> {
    if known.contains(&field) {
        return None;
    }
    let meant = nearest(field, known.iter().copied())?;
    Some(format!("no event has a field `{field}`, so nothing would match; did you mean `{meant}`?"))
}

/// The fault of a pattern that its service would refuse.
pub(super) fn fault(pattern: &Map<String, Value>, operators: &[Operator]) -> Option<String> {
    let length = Value::from(pattern.clone()).to_string().chars().count();
    if length > MAX_LENGTH {
        return Some(format!("a pattern has {MAX_LENGTH} characters of JSON at most, and this one {length}"));
    }
    table_fault(pattern, operators)
}

fn table_fault(pattern: &Map<String, Value>, operators: &[Operator]) -> Option<String> {
    if pattern.is_empty() {
        return Some("an empty pattern is refused: it needs a field, as in `{ source = [\"shop\"] }`".to_owned());
    }
    pattern.iter().find_map(|(field, value)| match value {
        Value::Object(nested) => table_fault(nested, operators),
        Value::Array(list) if list.is_empty() => {
            Some(format!("the list of `{field}` is empty, and would match nothing"))
        }
        Value::Array(list) if field == OR => list.iter().find_map(|alternative| match alternative {
            Value::Object(alternative) => table_fault(alternative, operators),
            _ => Some("`$or` is a list of patterns".to_owned()),
        }),
        Value::Array(list) => list.iter().find_map(|value| value_fault(field, value, operators)),
        scalar => Some(format!("`{field}` takes a list, as in `{field} = [{scalar}]`")),
    })
}

/// The fault of one value of a field's list.
fn value_fault(field: &str, value: &Value, operators: &[Operator]) -> Option<String> {
    match value {
        Value::Object(operator) => {
            let Some((name, operand)) = operator.iter().next().filter(|_| operator.len() == 1) else {
                return Some(format!(
                    "an operator of `{field}` is a table with one key, such as `{{ prefix = \"a\" }}`"
                ));
            };
            let Some(operator) = Operator::named(name).filter(|operator| operators.contains(operator)) else {
                let known: Vec<&str> = operators.iter().map(|operator| operator.name()).collect();
                let meant = nearest(name, known.iter().copied());
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                let known = known.join("`, `");
                return Some(format!("`{name}` of `{field}` is none of the operators `{known}`{meant}"));
            };
            let is_fault = operator == Operator::Exists && !operand.is_boolean();
            is_fault.then(|| format!("`exists` of `{field}` is true or false"))
        }
        Value::Array(_) => Some(format!("the list of `{field}` holds a list")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_is_nearly_one_of_an_event_is_a_fault() {
        assert_eq!(field_fault("source", EVENT_FIELDS), None);
        assert_eq!(field_fault("detail-type", EVENT_FIELDS), None);
        let found = field_fault("sourc", EVENT_FIELDS).unwrap();
        assert!(found.contains("nothing would match; did you mean `source`?"), "{found}");
    }

    #[test]
    fn a_pattern_that_is_refused_is_a_fault() {
        let long = "x".repeat(5000);
        for (pattern, expected) in [
            (json!({ "source": ["shop"] }), ""),
            (json!({ "detail": { "price": [{ "numeric": [">", 1] }], "open": [true, null] } }), ""),
            (json!({ "$or": [{ "a": [1] }, { "b": [{ "exists": false }] }] }), ""),
            (json!({ "path": [{ "wildcard": "*.jpg" }] }), ""),
            (json!({}), "an empty pattern"),
            (json!({ "detail": {} }), "an empty pattern"),
            (json!({ "source": "shop" }), "`source` takes a list, as in `source = [\"shop\"]`"),
            (json!({ "source": [] }), "is empty"),
            (json!({ "source": [{ "prefx": "a" }] }), "did you mean `prefix`?"),
            (json!({ "source": [{ "exists": "yes" }] }), "is true or false"),
            (json!({ "source": [["a"]] }), "holds a list"),
            (json!({ "source": [{ "prefix": "a", "suffix": "b" }] }), "a table with one key"),
            (json!({ "$or": ["a"] }), "a list of patterns"),
            (json!({ "source": [long] }), "4096 characters"),
        ] {
            let found = fault(pattern.as_object().unwrap(), OPERATORS).unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{pattern}: {found}");
            assert!(found.contains(expected), "{pattern}: {found}");
        }
        let wildcard = json!({ "body": [{ "wildcard": "*" }] });
        assert!(fault(wildcard.as_object().unwrap(), FILTER_OPERATORS).is_some(), "Lambda's filters have no wildcard");
    }
}
