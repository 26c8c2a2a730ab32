//! Batches of changes of DynamoDB tables: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Event, Records, attribute, to_json};

/// A batch of changes of a DynamoDB table. [`dynamodb`] makes it.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    records: Records,
    keys: Vec<String>,
}

/// A batch of changes of a table, from its stream with new and old images. Their sequence numbers are 1, 2 and so on.
///
/// Items are any values with a JSON object, such as your own types or `json!`. `keys` are the names of the attributes
/// of the table's key.
///
/// ```
/// use serde_json::json;
/// use zappa_rs::test::events;
///
/// let changes = events::dynamodb("orders", &["id"])
///     .insert(&json!({"id": "4711", "total": 19.9}))
///     .modify(&json!({"id": "4711", "total": 19.9}), &json!({"id": "4711", "total": 25}))
///     .remove(&json!({"id": "4711", "total": 25}));
/// ```
pub fn dynamodb(table: &str, keys: &[&str]) -> DynamoDb {
    let mut records = Records::of_sample("dynamodb");
    let arn = format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000");
    records.template["eventSourceARN"] = arn.into();
    DynamoDb { records, keys: keys.iter().map(|&name| name.to_owned()).collect() }
}

impl DynamoDb {
    /// Adds the insertion of an item.
    ///
    /// # Panics
    ///
    /// An item is no JSON object, here and below.
    #[must_use]
    pub fn insert(self, new: &(impl Serialize + ?Sized)) -> Self {
        self.change("INSERT", Some(to_json(new)), None)
    }

    /// Adds the modification of an item.
    #[must_use]
    pub fn modify(self, old: &(impl Serialize + ?Sized), new: &(impl Serialize + ?Sized)) -> Self {
        self.change("MODIFY", Some(to_json(new)), Some(to_json(old)))
    }

    /// Adds the removal of an item.
    #[must_use]
    pub fn remove(self, old: &(impl Serialize + ?Sized)) -> Self {
        self.change("REMOVE", None, Some(to_json(old)))
    }

    fn change(mut self, kind: &str, new: Option<Value>, old: Option<Value>) -> Self {
        let (new, old) = (new.map(attribute::item), old.map(attribute::item));
        let mut keys = new.as_ref().or(old.as_ref()).cloned().unwrap_or_default();
        keys.retain(|name, _| self.keys.contains(name));
        self.records.push(|record, number| {
            record["eventID"] = format!("{number:032}").into();
            record["eventName"] = kind.into();
            let images = &mut record["dynamodb"];
            images["Keys"] = keys.into();
            images["SequenceNumber"] = number.to_string().into();
            set_image(images, "NewImage", new);
            set_image(images, "OldImage", old);
        });
        self
    }
}

fn set_image(images: &mut Value, name: &str, image: Option<Map<String, Value>>) {
    let Value::Object(fields) = images else { return };
    match image {
        Some(image) => fields.insert(name.to_owned(), image.into()),
        None => fields.remove(name),
    };
}

impl From<DynamoDb> for Event {
    fn from(batch: DynamoDb) -> Self {
        batch.records.into_event()
    }
}
