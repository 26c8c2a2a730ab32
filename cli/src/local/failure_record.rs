//! The record that Lambda sends to the destination of failures. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    description::{Stream, StreamSource},
    emulator::Record,
};

/// Why an event was given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    RetriesExhausted,
    EventAgeExceeded,
}

/// An invocation that was given up.
pub(super) struct Failed<'a> {
    pub(super) request_id: &'a str,
    /// With the qualifier.
    pub(super) function_arn: &'a str,
    pub(super) condition: Condition,
    /// How often the function was invoked.
    pub(super) invocations: u32,
    pub(super) payload: &'a Bytes,
    /// The error document.
    pub(super) response: &'a Bytes,
}

/// The record of an asynchronous invocation.
pub(super) fn asynchronous(failed: &Failed<'_>, now: Timestamp) -> Value {
    let condition = match failed.condition {
        Condition::RetriesExhausted => "RetriesExhausted",
        Condition::EventAgeExceeded => "EventAgeExceeded",
    };
    json!({
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "requestContext": {
            "requestId": failed.request_id,
            "functionArn": failed.function_arn,
            "condition": condition,
            "approximateInvokeCount": failed.invocations,
        },
        "requestPayload": document(failed.payload),
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": document(failed.response),
    })
}

/// A batch of a stream that was given up.
pub(super) struct FailedBatch<'a> {
    pub(super) source: &'a StreamSource,
    pub(super) shard: &'a str,
    pub(super) records: &'a [Record],
    pub(super) request_id: &'a str,
    /// With the qualifier.
    pub(super) function_arn: &'a str,
    /// How often the function was invoked.
    pub(super) invocations: u32,
    /// Whether the invocation failed; else its response reported a failure.
    pub(super) is_function_error: bool,
}

/// The record of a batch, which says where its records are and does not contain them.
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
pub(super) fn batch(failed: &FailedBatch<'_>, now: Timestamp) -> Value {
    let (first, last) = (failed.records.first(), failed.records.last());
    let number = |record: Option<&Record>| record.map(|record| record.sequence_number.clone());
    let arrival = |record: Option<&Record>| record.and_then(|record| record.arrived).and_then(time);
    let mut response = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
    if failed.is_function_error {
        response["functionError"] = json!("Unhandled");
    }
    let key = match failed.source.stream {
        Stream::Kinesis { .. } => "KinesisBatchInfo",
        Stream::DynamoDb { .. } => "DDBStreamBatchInfo",
    };
    json!({
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "requestContext": {
            "requestId": failed.request_id,
            "functionArn": failed.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": failed.invocations,
        },
        "responseContext": response,
        key: {
            "shardId": failed.shard,
            "startSequenceNumber": number(first),
            "endSequenceNumber": number(last),
            "approximateArrivalOfFirstRecord": arrival(first),
            "approximateArrivalOfLastRecord": arrival(last),
            "batchSize": failed.records.len(),
            "streamArn": failed.source.arn,
        },
    })
}

/// A time in seconds since 1970, as the record has it.
fn time(seconds: f64) -> Option<String> {
    let time = Timestamp::UNIX_EPOCH.checked_add(std::time::Duration::try_from_secs_f64(seconds).ok()?).ok()?;
    Some(format!("{time:.3}"))
}

/// A payload as JSON; one that is none, as a text.
fn document(payload: &Bytes) -> Value {
    serde_json::from_slice(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::description::StartingPosition;

    #[test]
    fn a_record_has_the_event_and_the_error() {
        let failed = Failed {
            request_id: "e4b46cbf-b738-4b1f-8880-a18cdf61200e",
            function_arn: "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev:live",
            condition: Condition::RetriesExhausted,
            invocations: 3,
            payload: &Bytes::from_static(b"{\"order\":7}"),
            response: &Bytes::from_static(b"no JSON"),
        };
        let now = "2027-01-31T03:00:00.5Z".parse().unwrap();
        let expected = json!({
            "version": "1.0",
            "timestamp": "2027-01-31T03:00:00.500Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-4b1f-8880-a18cdf61200e",
                "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev:live",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": { "order": 7 },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": "no JSON",
        });
        assert_eq!(asynchronous(&failed, now), expected);
    }

    #[test]
    fn a_batch_is_named_by_its_place_in_the_shard() {
        let arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks";
        let source = StreamSource {
            function: None,
            stream: Stream::Kinesis { name: "clicks".to_owned(), declared_shards: None },
            arn: arn.to_owned(),
            region: "eu-west-1".to_owned(),
            batch_size: 100,
            window: std::time::Duration::ZERO,
            position: StartingPosition::TrimHorizon,
            bisects: true,
            retries: Some(1),
            failure_destination: None,
            filters: Vec::new(),
        };
        let record = |number: &str, arrived: f64| Record {
            sequence_number: number.to_owned(),
            arrived: Some(arrived),
            event: Value::Null,
        };
        let failed = FailedBatch {
            source: &source,
            shard: "shardId-000000000001",
            records: &[record("7", 0.5), record("9", 1.0)],
            request_id: "id",
            function_arn: "arn",
            invocations: 2,
            is_function_error: false,
        };
        let batch = batch(&failed, Timestamp::UNIX_EPOCH);
        let info = json!({
            "shardId": "shardId-000000000001",
            "startSequenceNumber": "7",
            "endSequenceNumber": "9",
            "approximateArrivalOfFirstRecord": "1970-01-01T00:00:00.500Z",
            "approximateArrivalOfLastRecord": "1970-01-01T00:00:01.000Z",
            "batchSize": 2,
            "streamArn": arn,
        });
        assert_eq!(batch["KinesisBatchInfo"], info);
        assert_eq!(batch["requestContext"]["condition"], "RetryAttemptsExhausted");
        assert_eq!(batch["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    }
}
