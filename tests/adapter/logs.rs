//! CloudWatch Logs subscriptions: a batch reaches the handler of its log group, decompressed; a control message does not.

use std::io::Write as _;

use base64_simd::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use zappa_rs_adapter::{BoxError, Dispatch, LogBatch, Options, Record, Source};

use crate::{
    exchange::invocation,
    records::{invoke, invoke_with},
    sample::Sample,
};

fn compressed(json: &[u8]) -> Value {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(json).expect("memory can be written");
    json!({"awslogs": {"data": STANDARD.encode_to_string(encoder.finish().expect("memory can be written"))}})
}

/// Checks what the sample holds.
async fn expect_sample(batch: LogBatch, record: Record) -> Result<(), BoxError> {
    assert_eq!(
        (&*batch.owner, &*batch.log_group, &*batch.log_stream),
        ("123456789012", "bookmarks-dev", "2025/09/29/[7]0a1b2c")
    );
    assert_eq!(batch.subscription_filters, ["errors"]);
    let event = &batch.events[0];
    assert_eq!((&*event.id, event.timestamp, &*event.message), ("1", 1759113889123, "ERROR something"));
    assert_eq!((record.source(), record.source_arn(), record.id()), (Source::CloudWatchLogs, "bookmarks-dev", "1"));
    assert_eq!(record.get::<String>("/messageType").as_deref(), Some("DATA_MESSAGE"));
    Ok(())
}

#[tokio::test]
async fn a_batch_of_logs_reaches_the_handler_of_its_group() {
    let event = Sample::named("cloudwatch-logs").0;
    for name in ["bookmarks-dev", "arn:aws:logs:eu-central-1:123456789012:log-group:bookmarks-dev:*"] {
        let dispatch = Dispatch::new().with_logs(name, expect_sample);
        assert_eq!(invoke(dispatch, &event).await, Ok(Value::Null), "{name}");
    }
    let dispatch = Dispatch::new().with_logs("lines", expect_sample);
    let alias = "arn:aws:logs:eu-central-1:123456789012:log-group:bookmarks-dev";
    let options = Options::default().with_source("lines", alias);
    assert_eq!(invoke_with(dispatch.clone(), options, &event, invocation()).await, Ok(Value::Null));
    let error = invoke(dispatch, &event).await.expect_err("no handler");
    assert!(error.contains("CloudWatch Logs events of `bookmarks-dev`; the registered names are: `lines`"), "{error}");
}

#[tokio::test]
async fn a_handler_that_fails_or_takes_another_type_fails_the_invocation() {
    let event = Sample::named("cloudwatch-logs").0;
    let dispatch = Dispatch::new()
        .with_logs("bookmarks-dev", |_: LogBatch, _: Record| async { Err::<(), BoxError>("refused".into()) });
    let error = invoke(dispatch, &event).await;
    assert_eq!(error, Err("CloudWatch Logs `bookmarks-dev` failed: refused".to_owned()));
    let dispatch = Dispatch::new().with_logs("bookmarks-dev", |_: Vec<u8>, _: Record| async { Ok::<_, BoxError>(()) });
    let error = invoke(dispatch, &event).await.expect_err("a batch is an object");
    assert!(error.contains("does not fit the handler's type"), "{error}");
}

#[tokio::test]
async fn a_control_message_does_not_reach_the_handler() {
    let message = json!({
        "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": 1759113889123_u64, "message": "CWL CONTROL MESSAGE: Checking health"}],
    });
    let event = compressed(message.to_string().as_bytes());
    let dispatch = Dispatch::new()
        .with_logs("bookmarks-dev", |_: LogBatch, _: Record| async { Err::<(), BoxError>("called".into()) });
    assert_eq!(invoke(dispatch, &event).await, Ok(Value::Null));
}

#[tokio::test]
async fn data_that_cannot_be_decompressed_fails_the_invocation_and_not_the_process() {
    for (event, expected) in [
        (json!({"awslogs": {"data": "!"}}), "not valid base64"),
        (json!({"awslogs": {"data": "aGVsbG8="}}), "not compressed by gzip"),
        (compressed(b"hello"), "line 1 column 1"),
        (compressed(b"{}"), "messageType"),
        (json!({"awslogs": {}}), "data"),
    ] {
        let error = invoke(Dispatch::new().with_logs("bookmarks-dev", expect_sample), &event).await;
        let error = error.expect_err(expected);
        assert!(error.contains("the event cannot be read") && error.contains(expected), "{error}");
    }
}
