//! The event that Lambda makes of a stream's records. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use serde_json::{Value, json};

use super::{
    description::{Stream, StreamSource},
    emulator::Record,
};

/// The event of a batch.
pub(super) fn event(source: &StreamSource, shard: &str, records: &[Record]) -> Value {
    let records: Vec<Value> = records
        .iter()
        .map(|record| {
            let mut event = record.event.clone();
            event["awsRegion"] = json!(source.region);
            event["eventSourceARN"] = json!(source.arn);
            if matches!(source.stream, Stream::Kinesis { .. }) {
                event["eventID"] = json!(format!("{shard}:{}", record.sequence_number));
            }
            event
        })
        .collect();
    json!({ "Records": records })
}
