//! Batches of Amazon MQ, of ActiveMQ and RabbitMQ: <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use super::{Batch, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

/// What RabbitMQ's queues have between their name and their virtual host.
const HOST_SEPARATOR: &str = "::";
/// RabbitMQ's virtual host where none is named.
const DEFAULT_HOST: &str = "/";

/// The batch of either engine.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "eventSourceArn", borrow, default)]
    broker: Cow<'a, str>,
    /// Of ActiveMQ.
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    /// Of RabbitMQ, by the queue and its virtual host: `orders::/`.
    #[serde(rename = "rmqMessagesByQueue", borrow, default)]
    queues: BTreeMap<String, Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct ActiveMessage<'a> {
    #[serde(rename = "messageID", borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    destination: Destination<'a>,
    /// Absent of a message without a body.
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Destination<'a> {
    #[serde(rename = "physicalName", borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct RabbitMessage<'a> {
    #[serde(rename = "basicProperties", borrow, default)]
    properties: Properties<'a>,
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
struct Properties<'a> {
    /// Absent unless the sender sets one.
    #[serde(rename = "messageId", borrow)]
    id: Option<Cow<'a, str>>,
}

pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let Event { broker, messages, queues } = serde_json::from_slice(event)?;
    let broker: Arc<str> = Arc::from(&*broker);
    let mut items = Vec::new();
    // A mapping reads one queue.
    let mut origin: Arc<str> = Arc::from("");
    let mut push = |raw: &RawValue, id: String, data: Option<Cow<'_, str>>| {
        let body = STANDARD.decode_to_vec(data.as_deref().unwrap_or_default().as_bytes());
        let record = Record {
            invocation: invocation.clone(),
            source: Source::Mq,
            source_arn: broker.clone(),
            id,
            group: None,
            body: body.map(Bytes::from).map_err(|_| serde_json::Error::custom("`data` is not valid base64"))?,
            json: event.slice_ref(raw.get().as_bytes()),
        };
        // A queue has an order, and after a failure the whole batch comes again.
        items.push(Item { record, payload: Payload::Body, order: Order::Batch });
        Ok::<_, serde_json::Error>(items.len())
    };
    for raw in messages {
        let ActiveMessage { id, destination, data } = serde_json::from_str(raw.get())?;
        if push(raw, id.into_owned(), data)? == 1 {
            origin = Arc::from(&*destination.name);
        }
    }
    for (queue, messages) in queues {
        for (index, raw) in messages.into_iter().enumerate() {
            let RabbitMessage { properties, data } = serde_json::from_str(raw.get())?;
            // RabbitMQ itself numbers no messages.
            let id = properties.id.map_or_else(|| format!("{}-{index}", invocation.request_id()), Cow::into_owned);
            if push(raw, id, data)? == 1 {
                origin = Arc::from(without_default_host(&queue));
            }
        }
    }
    Ok(Batch { origin, items, report: Report::Error })
}

/// `orders` in `orders::/`; the queue of another virtual host keeps it.
fn without_default_host(queue: &str) -> &str {
    match queue.rsplit_once(HOST_SEPARATOR) {
        Some((name, DEFAULT_HOST)) => name,
        _ => queue,
    }
}

/// The name of a queue without its virtual host.
pub(crate) fn queue_name(queue: &str) -> &str {
    queue.rsplit_once(HOST_SEPARATOR).map_or(queue, |(name, _)| name)
}
