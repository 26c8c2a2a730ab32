//! The record: one message, change or notification of a batch, as its handler gets it.

use std::{fmt, ops::Deref, sync::Arc};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{event::Source, invocation::Invocation};

/// One record of a batch: a message of a queue, a change of a table, an object of a bucket.
///
/// A handler of single records gets it beside its payload. It is also an [`Invocation`], by `Deref`: all records of a
/// batch belong to one invocation.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Dispatch, Record};
///
/// #[derive(serde::Deserialize)]
/// struct Job {
///     image: String,
/// }
///
/// async fn resize(job: Job, record: Record) -> Result<(), BoxError> {
///     let attempt: Option<u32> = record.get("/attributes/ApproximateReceiveCount");
///     println!("{} of message {}, attempt {attempt:?}", job.image, record.id());
///     Ok(())
/// }
///
/// let dispatch = Dispatch::new().with_sqs("images", resize);
/// ```
#[derive(Clone)]
pub struct Record {
    pub(super) invocation: Invocation,
    pub(super) source: Source,
    pub(super) source_arn: Arc<str>,
    pub(super) id: String,
    pub(super) group: Option<String>,
    pub(super) body: Bytes,
    pub(super) json: Bytes,
}

impl Record {
    /// The kind of the source.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The ARN of the queue, stream, topic, bucket, cluster or broker; for a rule of EventBridge or a log group its name, for SES the
    /// recipients with spaces between them.
    /// It is empty for a Kafka cluster of your own.
    #[must_use]
    pub fn source_arn(&self) -> &str {
        &self.source_arn
    }

    /// The record's id, which is the same when it is delivered again: the message's id (SQS, SNS), the sequence number
    /// (Kinesis, DynamoDB streams), the event's id (EventBridge, the first one of CloudWatch Logs), partition and offset
    /// (Kafka), the message's id (Amazon MQ, SES), or bucket, key and sequencer (S3).
    ///
    /// A message of RabbitMQ has the message id that its sender set; without one it has another id each time.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The group in which order matters: the message group of a FIFO queue, the partition key of a Kinesis stream, the
    /// partition of a Kafka topic.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The body as it was sent: the text of a message, the decoded bytes of a stream's record. For other sources it is
    /// the JSON of the payload.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Reads a field of the record as AWS sent it, by a JSON pointer
    /// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)); `None` if it is absent or has another type. A number in a
    /// string, as in the attributes of SQS, can be read as a number.
    ///
    /// ```
    /// # fn example(record: &zappa_rs_adapter::Record) {
    /// let attempt: Option<u32> = record.get("/attributes/ApproximateReceiveCount");
    /// let tenant: Option<String> = record.get("/messageAttributes/tenant/stringValue");
    /// # }
    /// ```
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        let record: Value = serde_json::from_slice(&self.json).ok()?;
        let value = record.pointer(pointer)?;
        T::deserialize(value).ok().or_else(|| serde_json::from_str(value.as_str()?).ok())
    }

    /// The invocation that brought the record.
    #[must_use]
    pub fn invocation(&self) -> &Invocation {
        &self.invocation
    }
}

impl Deref for Record {
    type Target = Invocation;

    fn deref(&self) -> &Invocation {
        &self.invocation
    }
}

/// Without the body, which may be secret.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("source", &self.source)
            .field("source_arn", &self.source_arn)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
