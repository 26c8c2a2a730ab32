//! Batches of CloudWatch Logs subscriptions:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>.

use std::io::Write as _;

use base64_simd::STANDARD;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::Event;

/// A batch of a CloudWatch Logs subscription. [`logs`] makes it.
#[derive(Clone, Debug)]
pub struct Logs {
    group: String,
    events: Vec<Value>,
}

/// A batch of log events of a log group, compressed as CloudWatch Logs sends it.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::logs("/aws/lambda/shop").message("ERROR no stock").message("ERROR no stock again");
/// ```
pub fn logs(group: &str) -> Logs {
    Logs { group: group.to_owned(), events: Vec::new() }
}

impl Logs {
    /// Adds a log event.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        let number = self.events.len() + 1;
        self.events.push(json!({
            "id": format!("{number:056}"),
            "timestamp": 1_767_225_600_000_u64 + number as u64,
            "message": message,
        }));
        self
    }
}

impl From<Logs> for Event {
    fn from(batch: Logs) -> Self {
        let data = json!({
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": batch.group,
            "logStream": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
            "subscriptionFilters": ["test"],
            "logEvents": batch.events,
        });
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(data.to_string().as_bytes()).and_then(|()| encoder.finish());
        let compressed = written.expect("memory takes every byte");
        Self::from(json!({"awslogs": {"data": STANDARD.encode_to_string(compressed)}}))
    }
}
