//! Batches of a queue: the event that Lambda makes of messages, and the failures that its response reports. Pure.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    description::QueueSource,
    emulator::{Attribute, Message},
};

/// The event of a batch.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
pub(super) fn event(source: &QueueSource, messages: &[Message]) -> Value {
    let records: Vec<Value> = messages.iter().map(|message| record(source, message)).collect();
    json!({ "Records": records })
}

/// A message in the event.
pub(super) fn record(source: &QueueSource, message: &Message) -> Value {
    let attributes = message.message_attributes.iter();
    let attributes: Map<String, Value> = attributes.map(|(name, value)| (name.clone(), attribute(value))).collect();
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": message.attributes,
        "messageAttributes": attributes,
        "md5OfBody": message.md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": source.arn,
        "awsRegion": source.region,
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut value = json!({ "stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type });
    if let Some(text) = &attribute.text {
        value["stringValue"] = json!(text);
    }
    if let Some(binary) = &attribute.binary {
        value["binaryValue"] = json!(base64_simd::STANDARD.encode_to_string(binary));
    }
    value
}

/// A response with partial failures.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    batch_item_failures: Option<Vec<Item>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_identifier: Option<String>,
}

/// The ids that the response reports as failed: those of messages, or the sequence numbers of a stream's records.
///
/// # Errors
///
/// Says why Lambda takes the whole batch as failed: the response reports something that is not in it.
pub(super) fn failures(response: &[u8], ids: &[&str]) -> Result<BTreeSet<String>, String> {
    // A response that is no object, such as null or a text, reports nothing.
    if !matches!(serde_json::from_slice(response), Ok(Value::Object(_))) {
        return Ok(BTreeSet::new());
    }
    let response: Response = serde_json::from_slice(response)
        .map_err(|error| format!("`batchItemFailures` of the response is not as Lambda expects it ({error})"))?;
    let mut failed = BTreeSet::new();
    for item in response.batch_item_failures.unwrap_or_default() {
        match item.item_identifier {
            Some(id) if ids.contains(&id.as_str()) => failed.insert(id),
            Some(id) => return Err(format!("the response reports `{id}`, which is not in the batch")),
            None => return Err("the response reports a failure without `itemIdentifier`".to_owned()),
        };
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::local::description::Queue;

    #[test]
    fn a_response_deletes_what_it_does_not_report_and_nothing_if_it_is_wrong() {
        let ids = ["a", "b"];
        for (response, expected) in [
            ("null", Ok(&[][..])),
            ("", Ok(&[])),
            ("\"done\"", Ok(&[])),
            ("{}", Ok(&[])),
            (r#"{"batchItemFailures":null}"#, Ok(&[])),
            (r#"{"batchItemFailures":[]}"#, Ok(&[])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, Ok(&["b"])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"c"}]}"#, Err("reports `c`, which is not in the batch")),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, Err("reports ``")),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, Err("without `itemIdentifier`")),
            (r#"{"batchItemFailures":[{"id":"b"}]}"#, Err("without `itemIdentifier`")),
            (r#"{"batchItemFailures":"b"}"#, Err("is not as Lambda expects it")),
        ] {
            match (failures(response.as_bytes(), &ids), expected) {
                (Ok(failed), Ok(expected)) => assert!(failed.iter().eq(expected), "{response}: {failed:?}"),
                (Err(reason), Err(expected)) => assert!(reason.contains(expected), "{response}: {reason}"),
                (found, _) => panic!("{response}: {found:?}"),
            }
        }
    }

    #[test]
    fn the_event_is_that_of_lambda() {
        let source = QueueSource {
            queue: Queue { name: "shop-jobs".to_owned(), declared: None },
            arn: "arn:aws:sqs:eu-west-1:123456789012:shop-jobs".to_owned(),
            function: None,
            region: "eu-west-1".to_owned(),
            batch_size: 10,
            window: Duration::ZERO,
            concurrency: 5,
            filters: Vec::new(),
        };
        let text = |text: &str| Attribute { data_type: "String".to_owned(), text: Some(text.to_owned()), binary: None };
        let binary = Attribute { data_type: "Binary".to_owned(), text: None, binary: Some(vec![1, 2]) };
        let message = Message {
            id: "1".to_owned(),
            receipt: "r".to_owned(),
            body: "hi".to_owned(),
            md5: "49f68a5c8493ec2c0bf489821c21fc3b".to_owned(),
            attributes: BTreeMap::from([("ApproximateReceiveCount".to_owned(), "1".to_owned())]),
            message_attributes: BTreeMap::from([("kind".to_owned(), text("x")), ("raw".to_owned(), binary)]),
        };
        let lists = json!({ "stringListValues": [], "binaryListValues": [] });
        let with = |mut value: Value| {
            value.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
            value
        };
        let expected = json!({ "Records": [{
            "messageId": "1",
            "receiptHandle": "r",
            "body": "hi",
            "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {
                "kind": with(json!({ "stringValue": "x", "dataType": "String" })),
                "raw": with(json!({ "binaryValue": "AQI=", "dataType": "Binary" })),
            },
            "md5OfBody": "49f68a5c8493ec2c0bf489821c21fc3b",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:shop-jobs",
            "awsRegion": "eu-west-1",
        }] });
        assert_eq!(event(&source, &[message]), expected);
    }
}
