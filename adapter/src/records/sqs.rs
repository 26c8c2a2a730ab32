//! Batches of SQS: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;

use super::{Batch, Envelope, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "messageId", borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(rename = "eventSourceARN", borrow)]
    queue: Cow<'a, str>,
    #[serde(borrow, default)]
    attributes: Attributes<'a>,
}

#[derive(Default, Deserialize)]
struct Attributes<'a> {
    #[serde(rename = "MessageGroupId", borrow)]
    group: Option<Cow<'a, str>>,
    /// Only a message of a FIFO queue has one.
    #[serde(rename = "SequenceNumber", borrow)]
    sequence: Option<Cow<'a, str>>,
}

pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(event)?;
    let mut items = Vec::with_capacity(envelope.records.len());
    let mut queue: Arc<str> = Arc::from("");
    for raw in envelope.records {
        let message: Message<'_> = serde_json::from_str(raw.get())?;
        if *queue != *message.queue {
            queue = Arc::from(&*message.queue);
        }
        // A message of a standard queue may have a group too, for fairness; it has no order.
        let is_fifo = queue.ends_with(".fifo") || message.attributes.sequence.is_some();
        let body = match message.body {
            Cow::Borrowed(body) => event.slice_ref(body.as_bytes()),
            Cow::Owned(body) => Bytes::from(body),
        };
        let record = Record {
            invocation: invocation.clone(),
            source: Source::Sqs,
            source_arn: queue.clone(),
            id: message.id.into_owned(),
            group: message.attributes.group.map(Cow::into_owned),
            body,
            json: event.slice_ref(raw.get().as_bytes()),
        };
        items.push(Item { record, payload: Payload::Body, order: if is_fifo { Order::Group } else { Order::None } });
    }
    Ok(Batch::new(items, Report::Failures))
}
