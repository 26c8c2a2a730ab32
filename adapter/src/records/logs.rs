//! Batches of CloudWatch Logs subscriptions, which are JSON, compressed by gzip, in base64:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>.

use std::{
    borrow::Cow,
    io::Read as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64_simd::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize, de::Error as _};

use super::{Batch, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

/// The most bytes of a decompressed batch. An event of 1 MB could unpack to 1 GB; a batch of CloudWatch Logs is at most a
/// few megabytes, since one `PutLogEvents` is at most 1 MiB.
const MAX_SIZE: u64 = 32 << 20;

/// A batch of log events of one log stream, from a CloudWatch Logs subscription.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Dispatch, LogBatch, Record};
///
/// async fn alert(batch: LogBatch, _: Record) -> Result<(), BoxError> {
///     for event in batch.events.iter().filter(|event| event.message.contains("ERROR")) {
///         println!("{} {}: {}", batch.log_group, batch.log_stream, event.message);
///     }
///     Ok(())
/// }
///
/// let dispatch = Dispatch::new().with_logs("/aws/lambda/shop-production", alert);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogBatch {
    /// The account that owns the log group.
    pub owner: String,
    /// The log group's name.
    pub log_group: String,
    /// The log stream's name.
    pub log_stream: String,
    /// The names of the subscription filters that matched.
    #[serde(default)]
    pub subscription_filters: Vec<String>,
    /// The log events, in their order.
    #[serde(rename = "logEvents")]
    pub events: Vec<LogEvent>,
}

/// A log event: one line or one message of several lines.
///
/// ```
/// use zappa_rs_adapter::LogEvent;
///
/// let json = r#"{"id": "3195310660696698337", "timestamp": 1432826855000, "message": "ready"}"#;
/// let event: LogEvent = serde_json::from_str(json)?;
/// assert_eq!(event.time(), std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1432826855000));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogEvent {
    /// The id, which is the same when the event is delivered again.
    pub id: String,
    /// The time in milliseconds since the epoch.
    pub timestamp: u64,
    /// The text.
    pub message: String,
}

impl LogEvent {
    /// The time of the event.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.timestamp)).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    awslogs: Compressed<'a>,
}

#[derive(Deserialize)]
struct Compressed<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// The parts of a batch that say what it is.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "messageType", borrow)]
    kind: Cow<'a, str>,
    #[serde(rename = "logGroup", borrow, default)]
    group: Cow<'a, str>,
    #[serde(rename = "logEvents", borrow, default)]
    events: Vec<Identified<'a>>,
}

#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
}

/// Reads an event as a batch of one record. A control message, by which CloudWatch Logs checks that the function can be
/// reached, is a batch without records.
pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let Event { awslogs } = serde_json::from_slice(event)?;
    let body = Bytes::from(decompress(&awslogs.data, MAX_SIZE).map_err(serde_json::Error::custom)?);
    let envelope: Envelope<'_> = serde_json::from_slice(&body)?;
    if envelope.kind == "CONTROL_MESSAGE" {
        return Ok(Batch::new(Vec::new(), Report::Error));
    }
    let record = Record {
        invocation: invocation.clone(),
        source: Source::CloudWatchLogs,
        source_arn: Arc::from(&*envelope.group),
        id: envelope.events.into_iter().next().map(|event| event.id.into_owned()).unwrap_or_default(),
        group: None,
        body: body.clone(),
        json: body.clone(),
    };
    let item = Item { record, payload: Payload::Body, order: Order::None };
    Ok(Batch::new(vec![item], Report::Error))
}

fn decompress(data: &str, max_size: u64) -> Result<Vec<u8>, String> {
    let compressed = STANDARD.decode_to_vec(data.as_bytes()).map_err(|_| "`awslogs.data` is not valid base64")?;
    let mut json = Vec::new();
    let read = GzDecoder::new(&*compressed).take(max_size + 1).read_to_end(&mut json);
    read.map_err(|error| format!("`awslogs.data` is not compressed by gzip: {error}"))?;
    if json.len() as u64 > max_size {
        return Err(format!("`awslogs.data` is larger than {max_size} bytes when it is decompressed"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn decompression_ends_at_its_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[b' '; 10_000]).expect("memory can be written");
        let data = STANDARD.encode_to_string(encoder.finish().expect("memory can be written"));
        assert!(data.len() < 100, "{data}");
        assert_eq!(decompress(&data, 10_000).map(|json| json.len()), Ok(10_000));
        let error = decompress(&data, 9_999).expect_err("it is larger");
        assert_eq!(error, "`awslogs.data` is larger than 9999 bytes when it is decompressed");
    }
}
