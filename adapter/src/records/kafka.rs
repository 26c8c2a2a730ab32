//! Batches of Kafka topics: <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html>.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use super::{Batch, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "eventSourceArn", borrow, default)]
    cluster: Cow<'a, str>,
    #[serde(borrow)]
    records: BTreeMap<String, Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    partition: i64,
    offset: i64,
    /// Absent for a tombstone.
    value: Option<Cow<'a, str>>,
}

pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let Event { cluster, records } = serde_json::from_slice(event)?;
    let cluster: Arc<str> = Arc::from(&*cluster);
    let mut items = Vec::new();
    // A function's mapping reads one topic.
    let mut topic: Arc<str> = Arc::from("");
    for raw in records.into_values().flatten() {
        let message: Message<'_> = serde_json::from_str(raw.get())?;
        if topic.is_empty() {
            topic = Arc::from(&*message.topic);
        }
        let body = match message.value {
            Some(value) => STANDARD.decode_to_vec(value.as_bytes()).map(Bytes::from),
            None => Ok(Bytes::from_static(b"null")),
        };
        let partition = format!("{}-{}", message.topic, message.partition);
        let record = Record {
            invocation: invocation.clone(),
            source: Source::Kafka,
            source_arn: cluster.clone(),
            id: format!("{partition}-{}", message.offset),
            group: Some(partition),
            body: body.map_err(|_| serde_json::Error::custom("`value` is not valid base64"))?,
            json: event.slice_ref(raw.get().as_bytes()),
        };
        items.push(Item { record, payload: Payload::Body, order: Order::Group });
    }
    Ok(Batch { origin: topic, items, report: Report::Error })
}
