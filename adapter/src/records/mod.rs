//! Records: a batch of a queue, stream or topic is read, its records are handled one by one, and the failures are
//! reported as the source needs it.
//!
//! Every file reads the batches of its sources; `batch.rs` alone handles them.

mod arn;
mod attribute_value;
mod batch;
mod change;
mod event_bridge;
mod handler;
mod kafka;
#[cfg(feature = "logs")]
mod logs;
mod mq;
mod payload;
mod record;
mod s3;
mod ses;
mod sns;
mod sqs;
mod stream;

#[cfg(feature = "logs")]
pub use self::logs::{LogBatch, LogEvent};
pub(crate) use self::{
    arn::{is_namesake, resource_name},
    batch::{Batch, Handle, Item, Order, Report},
    event_bridge::is_of_s3,
    handler::RecordFuture,
    mq::queue_name,
    payload::Payload,
    ses::is_for,
};
pub use self::{
    change::{Change, ChangeKind},
    handler::RecordHandler,
    record::Record,
    s3::S3Object,
};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::{Error, Kind},
    event::Source,
    invocation::Invocation,
};

/// An event with `Records`.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

/// Reads the batch of a source.
///
/// # Errors
/// A record lacks what identifies it: the source could not be told which record failed.
pub(crate) fn read(source: Source, event: &Bytes, invocation: &Invocation) -> Result<Batch, Error> {
    match source {
        Source::Sqs => sqs::read(event, invocation),
        Source::Kinesis => stream::read_kinesis(event, invocation),
        Source::DynamoDb => stream::read_dynamodb(event, invocation),
        Source::Sns => sns::read(event, invocation),
        Source::S3 => s3::read(event, invocation),
        Source::Ses => ses::read(event, invocation),
        Source::Kafka => kafka::read(event, invocation),
        Source::Mq => mq::read(event, invocation),
        #[cfg(feature = "logs")]
        Source::CloudWatchLogs => logs::read(event, invocation),
        _ => event_bridge::read(event, invocation),
    }
    .map_err(malformed)
}

fn malformed(error: serde_json::Error) -> Error {
    Error::with_source(Kind::Malformed, error)
}
