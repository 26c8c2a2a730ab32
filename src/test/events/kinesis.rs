//! Batches of records of Kinesis: <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>.

use base64_simd::STANDARD;
use serde::Serialize;

use super::{Event, Records, to_json};

/// A batch of records of a Kinesis stream. [`kinesis`] makes it.
#[derive(Clone, Debug)]
pub struct Kinesis {
    records: Records,
}

/// A batch of records of a stream, in their order in one shard. Their sequence numbers are 1, 2 and so on.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::kinesis("clicks").record("visitor-1", "/home").json("visitor-1", &["/cart"]);
/// ```
pub fn kinesis(stream: &str) -> Kinesis {
    let mut records = Records::of_sample("kinesis");
    records.template["eventSourceARN"] = format!("arn:aws:kinesis:eu-central-1:123456789012:stream/{stream}").into();
    Kinesis { records }
}

impl Kinesis {
    /// Adds a record with a partition key and its data.
    #[must_use]
    pub fn record(mut self, partition_key: &str, data: impl AsRef<[u8]>) -> Self {
        self.records.push(|record, number| {
            record["eventID"] = format!("shardId-000000000000:{number}").into();
            record["kinesis"]["sequenceNumber"] = number.to_string().into();
            record["kinesis"]["partitionKey"] = partition_key.into();
            record["kinesis"]["data"] = STANDARD.encode_to_string(data).into();
        });
        self
    }

    /// Adds a record with the JSON of a value as its data.
    #[must_use]
    pub fn json(self, partition_key: &str, data: &(impl Serialize + ?Sized)) -> Self {
        let data = to_json(data).to_string();
        self.record(partition_key, data)
    }
}

impl From<Kinesis> for Event {
    fn from(batch: Kinesis) -> Self {
        batch.records.into_event()
    }
}
