//! The interface to an emulator of AWS: its queues, streams and topics. It does not know AWS: the command provides them.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    credentials::Unavailable,
    description::{Queue, Stream, Topic},
};

/// A message of a queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) receipt: String,
    pub(crate) body: String,
    pub(crate) md5: String,
    /// `SentTimestamp`, `ApproximateReceiveCount` and others.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) message_attributes: BTreeMap<String, Attribute>,
}

/// An attribute that the sender of a message set.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    pub(crate) text: Option<String>,
    pub(crate) binary: Option<Vec<u8>>,
}

/// The queues of an emulator. A queue that the stage declares is created if it is missing.
pub(crate) trait Queues: Send + Sync {
    /// Receives up to `count` messages, 10 at most, and waits for the first.
    fn receive<'a>(
        &'a self,
        queue: &'a Queue,
        count: u32,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Vec<Message>, Unavailable>>;

    /// Deletes messages that were handled, 10 at most.
    fn delete<'a>(&'a self, queue: &'a Queue, receipts: Vec<String>) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Sends a message.
    fn send<'a>(&'a self, queue: &'a Queue, body: &'a str) -> BoxFuture<'a, Result<(), Unavailable>>;
}

/// A record of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    pub(crate) sequence_number: String,
    /// When it arrived, in seconds since 1970.
    pub(crate) arrived: Option<f64>,
    /// The record as the event has it, without its region, its ARN and the id of a Kinesis record.
    pub(crate) event: Value,
}

/// Records that were read in one call.
#[derive(Clone, Debug)]
pub(crate) struct RecordPage {
    pub(crate) records: Vec<Record>,
    /// The iterator with which the next ones are read; none at the end of the shard.
    pub(crate) next: Option<String>,
}

/// Why records could not be read.
#[derive(Debug)]
pub(crate) struct ReadFailure {
    pub(crate) unavailable: Unavailable,
    /// Whether the same iterator may serve again; else it has expired, or its stream is gone.
    pub(crate) is_temporary: bool,
}

/// A shard of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    pub(crate) id: String,
    /// The shards whose records come before its own.
    pub(crate) parents: Vec<String>,
}

/// Where a shard is read from.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    TrimHorizon,
    Latest,
    /// After the record with this number.
    After(String),
}

/// The streams of an emulator. A Kinesis stream that the stage declares is created if it is missing.
pub(crate) trait Streams: Send + Sync {
    /// Lists the shards; none of a stream that was created just now.
    fn shards<'a>(&'a self, stream: &'a Stream) -> BoxFuture<'a, Result<Vec<Shard>, Unavailable>>;

    /// Opens a shard: returns the iterator with which the next records are read.
    fn iterator<'a>(
        &'a self,
        stream: &'a Stream,
        shard: &'a str,
        start: &'a Start,
    ) -> BoxFuture<'a, Result<String, Unavailable>>;

    /// Reads up to `count` records.
    fn records<'a>(
        &'a self,
        stream: &'a Stream,
        iterator: &'a str,
        count: usize,
    ) -> BoxFuture<'a, Result<RecordPage, ReadFailure>>;
}

/// The topics of an emulator. A topic that the stage declares is created if it is missing.
pub(crate) trait Topics: Send + Sync {
    /// Publishes a message.
    fn publish<'a>(&'a self, topic: &'a Topic, message: &'a str) -> BoxFuture<'a, Result<(), Unavailable>>;
}

/// An emulator.
pub(crate) trait Emulator: Queues + Streams + Topics {}

impl<E: Queues + Streams + Topics> Emulator for E {}
