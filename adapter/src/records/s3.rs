//! Events of S3, in both shapes: S3's own notifications and those that come through EventBridge.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>.

use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::{Batch, Envelope, Item, Order, Payload, Record, Report};
use crate::{event::Source, invocation::Invocation};

/// An object of S3 with what happened to it, the same from S3's own notifications and from EventBridge.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Dispatch, Record, S3Object};
///
/// async fn thumbnail(object: S3Object, _: Record) -> Result<(), BoxError> {
///     if object.event.starts_with("ObjectCreated:") {
///         println!("read {} from {}", object.key, object.bucket);
///     }
///     Ok(())
/// }
///
/// let dispatch = Dispatch::new().with_s3("pictures", thumbnail);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct S3Object {
    /// The event's type as S3 names it, such as `ObjectCreated:Put` or `ObjectRemoved:Delete`.
    pub event: String,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded.
    pub key: String,
    /// The size in bytes, where the event has it.
    pub size: Option<u64>,
    /// The entity tag, where the event has it.
    pub etag: Option<String>,
    /// The version, in a bucket with versions.
    pub version_id: Option<String>,
    /// A hexadecimal number that grows with every event of a key.
    pub sequencer: Option<String>,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "eventName")]
    name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    size: Option<u64>,
    #[serde(rename = "eTag", alias = "etag")]
    etag: Option<String>,
    #[serde(rename = "versionId", alias = "version-id")]
    version_id: Option<String>,
    sequencer: Option<String>,
}

#[derive(Deserialize)]
struct BridgeEvent {
    #[serde(rename = "detail-type")]
    kind: String,
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(flatten)]
    entity: Entity,
    reason: Option<String>,
    #[serde(rename = "deletion-type")]
    deletion: Option<String>,
}

/// Which of the two shapes an event has.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "detail-type")]
    bridge: Option<serde::de::IgnoredAny>,
}

pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let items = if is_bridge(event)? {
        let BridgeEvent { kind, detail } = serde_json::from_slice(event)?;
        let name = event_name(&kind, detail.reason.as_deref(), detail.deletion.as_deref());
        // Unlike S3's own, a key from EventBridge is not encoded.
        let key = detail.entity.object.key.clone();
        vec![item(name, key, detail.entity, event.clone(), invocation)?]
    } else {
        let envelope: Envelope<'_> = serde_json::from_slice(event)?;
        let read = |raw: &serde_json::value::RawValue| {
            let Notification { name, s3 } = serde_json::from_str(raw.get())?;
            let spaced = s3.object.key.replace('+', " ");
            let key = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
            item(name, key, s3, event.slice_ref(raw.get().as_bytes()), invocation)
        };
        envelope.records.into_iter().map(read).collect::<Result<_, _>>()?
    };
    Ok(Batch::new(items, Report::Error))
}

fn is_bridge(event: &[u8]) -> Result<bool, serde_json::Error> {
    serde_json::from_slice(event).map(|shape: Shape| shape.bridge.is_some())
}

fn item(
    event: String,
    key: String,
    entity: Entity,
    json: Bytes,
    invocation: &Invocation,
) -> Result<Item, serde_json::Error> {
    let Entity { bucket, object } = entity;
    let object = S3Object {
        event,
        bucket: bucket.name,
        key,
        size: object.size,
        etag: object.etag,
        version_id: object.version_id,
        sequencer: object.sequencer,
    };
    let value = serde_json::to_value(&object)?;
    let record = Record {
        invocation: invocation.clone(),
        source: Source::S3,
        source_arn: Arc::from(format!("arn:aws:s3:::{}", object.bucket)),
        id: format!("{}/{}#{}", object.bucket, object.key, object.sequencer.as_deref().unwrap_or_default()),
        group: None,
        body: Bytes::from(value.to_string()),
        json,
    };
    Ok(Item { record, payload: Payload::Value(value), order: Order::None })
}

/// The name that S3's own notifications have for an event of EventBridge; of an unknown event its own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html>.
fn event_name(kind: &str, reason: Option<&str>, deletion: Option<&str>) -> String {
    let name = match kind {
        "Object Created" => match reason {
            Some("PutObject") => "ObjectCreated:Put",
            Some("POST Object") => "ObjectCreated:Post",
            Some("CopyObject") => "ObjectCreated:Copy",
            Some("CompleteMultipartUpload") => "ObjectCreated:CompleteMultipartUpload",
            _ => "ObjectCreated:Unknown",
        },
        "Object Deleted" if reason == Some("Lifecycle Expiration") => match deletion {
            Some("Delete Marker Created") => "LifecycleExpiration:DeleteMarkerCreated",
            _ => "LifecycleExpiration:Delete",
        },
        "Object Deleted" => match deletion {
            Some("Delete Marker Created") => "ObjectRemoved:DeleteMarkerCreated",
            _ => "ObjectRemoved:Delete",
        },
        "Object Restore Initiated" => "ObjectRestore:Post",
        "Object Restore Completed" => "ObjectRestore:Completed",
        "Object Restore Expired" => "ObjectRestore:Delete",
        "Object Storage Class Changed" => "LifecycleTransition",
        "Object Access Tier Changed" => "IntelligentTiering",
        "Object ACL Updated" => "ObjectAcl:Put",
        "Object Tags Added" => "ObjectTagging:Put",
        "Object Tags Deleted" => "ObjectTagging:Delete",
        other => other,
    };
    name.to_owned()
}
