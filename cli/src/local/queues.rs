//! The interface to the queues of an emulator. It does not know AWS: the command provides them.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::BoxFuture;

use super::{credentials::Unavailable, description::QueueSource};

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

/// The queues of an emulator.
pub(crate) trait Queues: Send + Sync {
    /// Receives up to `count` messages, 10 at most, and waits for the first. A queue that the stage declares is created if
    /// it is missing.
    fn receive<'a>(
        &'a self,
        source: &'a QueueSource,
        count: u32,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Vec<Message>, Unavailable>>;

    /// Deletes messages that were handled.
    fn delete<'a>(&'a self, source: &'a QueueSource, receipts: Vec<String>) -> BoxFuture<'a, Result<(), Unavailable>>;
}
