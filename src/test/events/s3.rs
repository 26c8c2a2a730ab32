//! Events of S3 buckets, through EventBridge or as S3's own notifications.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Event;

/// An event of an S3 bucket. [`s3`] makes it.
#[derive(Clone, Debug)]
pub struct S3 {
    bucket: String,
    key: String,
    size: u64,
    is_removed: bool,
    is_notification: bool,
}

/// An object that was put into a bucket, as EventBridge sends it, which `events` in the settings uses.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
///
/// ```
/// use zappa_rs::test::events;
///
/// let put = events::s3("pictures", "in/cat.jpg").size(2048);
/// let gone = events::s3("pictures", "in/cat.jpg").removed().notification();
/// ```
pub fn s3(bucket: &str, key: &str) -> S3 {
    S3 { bucket: bucket.to_owned(), key: key.to_owned(), size: 1024, is_removed: false, is_notification: false }
}

impl S3 {
    /// Sets the object's size in bytes, 1024 by default.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// The object was deleted.
    #[must_use]
    pub fn removed(mut self) -> Self {
        self.is_removed = true;
        self
    }

    /// S3's own notification, in place of an event of EventBridge.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    #[must_use]
    pub fn notification(mut self) -> Self {
        self.is_notification = true;
        self
    }

    fn bridge_event(&self) -> Value {
        let mut event = Event::of_sample("s3-event-bridge");
        event["resources"][0] = format!("arn:aws:s3:::{}", self.bucket).into();
        let detail = &mut event["detail"];
        detail["bucket"]["name"] = self.bucket.as_str().into();
        detail["object"]["key"] = self.key.as_str().into();
        if self.is_removed {
            detail["reason"] = "DeleteObject".into();
            detail["deletion-type"] = "Permanently Deleted".into();
            event["detail-type"] = "Object Deleted".into();
        } else {
            detail["object"]["size"] = self.size.into();
        }
        remove_content(&mut event["detail"]["object"], self.is_removed);
        event
    }

    fn own_notification(&self) -> Value {
        let mut event = Event::of_sample("s3");
        let record = &mut event["Records"][0];
        // S3 encodes the keys of its own notifications as a form does.
        let key = utf8_percent_encode(&self.key, NON_ALPHANUMERIC).to_string();
        let key = key.replace("%2F", "/").replace("%2E", ".").replace("%2D", "-").replace("%5F", "_");
        record["s3"]["bucket"]["arn"] = format!("arn:aws:s3:::{}", self.bucket).into();
        record["s3"]["bucket"]["name"] = self.bucket.as_str().into();
        record["s3"]["object"]["key"] = key.replace("%20", "+").into();
        if self.is_removed {
            record["eventName"] = "ObjectRemoved:Delete".into();
        } else {
            record["s3"]["object"]["size"] = self.size.into();
        }
        remove_content(&mut record["s3"]["object"], self.is_removed);
        event
    }
}

/// Removes from a deleted object what its events do not have.
fn remove_content(object: &mut Value, is_removed: bool) {
    if let (true, Value::Object(fields)) = (is_removed, object) {
        fields.retain(|name, _| !matches!(name.as_str(), "size" | "etag" | "eTag"));
    }
}

impl From<S3> for Event {
    fn from(event: S3) -> Self {
        if event.is_notification { event.own_notification() } else { event.bridge_event() }.into()
    }
}
