//! Batches of messages of Kafka: <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html>.

use base64_simd::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Event, to_json};

/// A batch of messages of a Kafka topic. [`kafka`] makes it.
#[derive(Clone, Debug)]
pub struct Kafka {
    topic: String,
    messages: Vec<Value>,
}

/// A batch of messages of a topic, in their order in partition 0. Their offsets are 1, 2 and so on.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::kafka("orders").message("customer-1", "paid").json("customer-1", &["tea"]);
/// ```
pub fn kafka(topic: &str) -> Kafka {
    Kafka { topic: topic.to_owned(), messages: Vec::new() }
}

impl Kafka {
    /// Adds a message with a key and a value.
    #[must_use]
    pub fn message(mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.messages.push(json!({
            "topic": self.topic,
            "partition": 0,
            "offset": self.messages.len() + 1,
            "timestamp": 1_767_225_600_000_u64,
            "timestampType": "CREATE_TIME",
            "key": STANDARD.encode_to_string(key),
            "value": STANDARD.encode_to_string(value),
            "headers": [],
        }));
        self
    }

    /// Adds a message with the JSON of a value as its value.
    #[must_use]
    pub fn json(self, key: impl AsRef<[u8]>, value: &(impl Serialize + ?Sized)) -> Self {
        let value = to_json(value).to_string();
        self.message(key, value)
    }
}

impl From<Kafka> for Event {
    fn from(batch: Kafka) -> Self {
        let mut event = Self::of_sample("kafka");
        event["records"] = json!({ format!("{}-0", batch.topic): batch.messages });
        event.into()
    }
}
