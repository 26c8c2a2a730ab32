//! The change of an item in a DynamoDB table, as its handler gets it.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::attribute_value;

/// A change of an item in a DynamoDB table, from the table's stream.
///
/// Keys and items are plain values: a map of attributes and not of `{"S": "text"}`. Sets are lists, binary values are
/// base64 text, and a number that no JSON number of Rust has without loss is text.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Change, ChangeKind, Dispatch, Record};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     id: String,
///     total: f64,
/// }
///
/// async fn bill(change: Change<Order>, _: Record) -> Result<(), BoxError> {
///     if let (ChangeKind::Insert, Some(order)) = (change.kind, change.new) {
///         println!("bill {} of {}", order.total, order.id);
///     }
///     Ok(())
/// }
///
/// let dispatch = Dispatch::new().with_dynamodb("orders", bill);
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct Change<T> {
    /// What happened to the item.
    pub kind: ChangeKind,
    keys: Value,
    /// The item after the change, if the stream has new images.
    pub new: Option<T>,
    /// The item before the change, if the stream has old images.
    pub old: Option<T>,
}

impl<T> Change<T> {
    /// Reads a key attribute of the item, which also a removal has; `None` if there is none of this name and type.
    #[must_use]
    pub fn key<K: DeserializeOwned>(&self, name: &str) -> Option<K> {
        K::deserialize(self.keys.get(name)?).ok()
    }
}

/// The kind of a [`Change`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum ChangeKind {
    /// The item was added.
    Insert,
    /// Attributes of the item were changed.
    Modify,
    /// The item was deleted, by a request or by its time to live.
    Remove,
}

/// The `dynamodb` part of a stream's record:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html>.
#[derive(Deserialize)]
pub(super) struct Images {
    #[serde(rename = "SequenceNumber")]
    pub(super) sequence_number: String,
    #[serde(rename = "Keys", default)]
    keys: Map<String, Value>,
    #[serde(rename = "NewImage")]
    new: Option<Map<String, Value>>,
    #[serde(rename = "OldImage")]
    old: Option<Map<String, Value>>,
}

impl Images {
    /// The JSON of a [`Change`]; `name` is `INSERT`, `MODIFY` or `REMOVE`.
    pub(super) fn into_change(self, name: &str) -> Value {
        json!({
            "kind": name,
            "keys": attribute_value::item(self.keys),
            "new": self.new.map(attribute_value::item),
            "old": self.old.map(attribute_value::item),
        })
    }
}
