//! Notifications of SNS: <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;

use super::{Batch, Envelope, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(rename = "Sns", borrow)]
    sns: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "MessageId", borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "TopicArn", borrow)]
    topic: Cow<'a, str>,
    #[serde(rename = "Message", borrow)]
    message: Cow<'a, str>,
}

pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(event)?;
    let items: Result<Vec<Item>, serde_json::Error> = envelope
        .records
        .into_iter()
        .map(|raw| {
            let Notification { sns } = serde_json::from_str(raw.get())?;
            let record = Record {
                invocation: invocation.clone(),
                source: Source::Sns,
                source_arn: Arc::from(&*sns.topic),
                id: sns.id.into_owned(),
                group: None,
                body: Bytes::from(sns.message.into_owned()),
                json: event.slice_ref(raw.get().as_bytes()),
            };
            Ok(Item { record, payload: Payload::Body, order: Order::None })
        })
        .collect();
    Ok(Batch::new(items?, Report::Error))
}
