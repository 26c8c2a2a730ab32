//! Events of EventBridge: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Batch, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    source: Cow<'a, str>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow, default)]
    source: Cow<'a, str>,
}

/// Whether an event of EventBridge comes from S3.
pub(crate) fn is_of_s3(event: &[u8]) -> bool {
    serde_json::from_slice(event).is_ok_and(|origin: Origin<'_>| origin.source == "aws.s3")
}

/// The payload is the event's `detail`.
pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let Event { id, source, resources, detail } = serde_json::from_slice(event)?;
    // Only the event of a schedule has its rule.
    let rule = resources.into_iter().next().filter(|_| source == "aws.events").unwrap_or_default();
    let body = detail.map_or(Bytes::from_static(b"null"), |detail| event.slice_ref(detail.get().as_bytes()));
    let record = Record {
        invocation: invocation.clone(),
        source: Source::EventBridge,
        source_arn: Arc::from(rule),
        id: id.into_owned(),
        group: None,
        body,
        json: event.clone(),
    };
    let item = Item { record, payload: Payload::Body, order: Order::None };
    Ok(Batch::new(vec![item], Report::Error))
}
