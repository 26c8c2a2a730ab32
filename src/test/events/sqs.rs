//! Batches of messages of SQS: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.

use serde::Serialize;

use super::{Event, Records, to_json};

/// A batch of messages of an SQS queue. [`sqs`] makes it.
#[derive(Clone, Debug)]
pub struct Sqs {
    records: Records,
}

/// A batch of messages of a queue, by its name or that of its entry in the settings. It is a FIFO queue if the name ends in
/// `.fifo` or the messages have a [`group`](Sqs::group).
///
/// The messages have the ids `message-1`, `message-2` and so on. Without any, the sample's message is sent.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::sqs("jobs.fifo").message("first").group("customer-1").message("second").group("customer-2");
/// ```
pub fn sqs(queue: &str) -> Sqs {
    let name = if queue.ends_with(".fifo") { "sqs-fifo" } else { "sqs" };
    let mut records = Records::of_sample(name);
    records.template["eventSourceARN"] = format!("arn:aws:sqs:eu-central-1:123456789012:{queue}").into();
    Sqs { records }
}

impl Sqs {
    /// Adds a message with a text as its body.
    #[must_use]
    pub fn message(mut self, body: &str) -> Self {
        self.records.push(|record, number| {
            record["messageId"] = format!("message-{number}").into();
            record["body"] = body.into();
        });
        self
    }

    /// Adds a message with the JSON of a value as its body.
    #[must_use]
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        let body = to_json(body).to_string();
        self.message(&body)
    }

    /// Sets the group of the last message, which makes it one of a FIFO queue.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        let attributes = &mut self.records.last()["attributes"];
        attributes["MessageGroupId"] = group.into();
        if attributes["SequenceNumber"].is_null() {
            attributes["SequenceNumber"] = "18849496460467696128".into();
        }
        self
    }

    /// Sets how often the last message has been received, this time included.
    #[must_use]
    pub fn receive_count(mut self, count: u32) -> Self {
        self.records.last()["attributes"]["ApproximateReceiveCount"] = count.to_string().into();
        self
    }
}

impl From<Sqs> for Event {
    fn from(batch: Sqs) -> Self {
        batch.records.into_event()
    }
}
