//! Batches of messages of Amazon MQ: <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>.

use base64_simd::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Event, to_json};

/// A batch of messages of a queue of Amazon MQ. [`active_mq`] and [`rabbit_mq`] make it.
#[derive(Clone, Debug)]
pub struct Mq {
    event: Value,
    /// Where the messages are in the event.
    pointer: String,
    template: Value,
}

/// A batch of messages of a queue of ActiveMQ. Their ids are `message-1`, `message-2` and so on.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::active_mq("orders").message("paid").json(&["tea"]);
/// ```
pub fn active_mq(queue: &str) -> Mq {
    let mut event = Event::of_sample("active-mq");
    let mut template = event["messages"][0].take();
    template["destination"]["physicalName"] = json!(queue);
    event["messages"] = json!([]);
    Mq { event, pointer: "/messages".to_owned(), template }
}

/// A batch of messages of a queue of RabbitMQ, of the virtual host `/`. Their message ids are `message-1`, `message-2` and
/// so on.
///
/// ```
/// use zappa_rs::test::events;
///
/// let batch = events::rabbit_mq("orders").message("paid");
/// ```
pub fn rabbit_mq(queue: &str) -> Mq {
    let mut event = Event::of_sample("rabbit-mq");
    let template = event["rmqMessagesByQueue"]["orders::/"][0].take();
    event["rmqMessagesByQueue"] = json!({ format!("{queue}::/"): [] });
    let key = queue.replace('~', "~0").replace('/', "~1");
    Mq { event, pointer: format!("/rmqMessagesByQueue/{key}::~1"), template }
}

impl Mq {
    /// Adds a message with a body.
    #[must_use]
    pub fn message(mut self, body: impl AsRef<[u8]>) -> Self {
        let Some(Value::Array(messages)) = self.event.pointer_mut(&self.pointer) else { return self };
        let mut message = self.template.clone();
        let id = json!(format!("message-{}", messages.len() + 1));
        match message.get_mut("basicProperties") {
            Some(properties) => properties["messageId"] = id,
            None => message["messageID"] = id,
        }
        message["data"] = json!(STANDARD.encode_to_string(body));
        messages.push(message);
        self
    }

    /// Adds a message with the JSON of a value as its body.
    #[must_use]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let value = to_json(value).to_string();
        self.message(value)
    }
}

impl From<Mq> for Event {
    fn from(batch: Mq) -> Self {
        batch.event.into()
    }
}
