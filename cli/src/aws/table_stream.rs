//! Streams of DynamoDB's tables, as an emulator serves them.

use std::collections::HashMap;

use aws_sdk_dynamodbstreams::types::{AttributeValue, Record, ShardIteratorType, StreamRecord};
use serde_json::{Map, Value, json};

use super::{Error, Region, ShardStart, StreamShard};

/// A change of an item.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRecord {
    pub(crate) sequence_number: String,
    /// When it was made, in seconds since 1970.
    pub(crate) made: Option<f64>,
    pub(crate) id: String,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub(crate) kind: String,
    /// Keys and images, as the event of Lambda has them.
    pub(crate) change: Value,
}

impl Region {
    /// The ARN of a table's newest stream; `None` if it has none.
    pub(crate) async fn table_stream(&self, table: &str) -> Result<Option<String>, Error> {
        let call = self.call("dynamodb:ListStreams", table);
        match call.send(self.dynamodb_streams().list_streams().table_name(table).send()).await {
            Ok(output) => {
                let streams = output.streams.unwrap_or_default().into_iter();
                let newest = streams.max_by(|one, other| one.stream_label.cmp(&other.stream_label));
                Ok(newest.and_then(|stream| stream.stream_arn))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The shards of a table's stream.
    pub(crate) async fn table_shards(&self, stream: &str) -> Result<Vec<StreamShard>, Error> {
        let call = self.call("dynamodb:DescribeStream", stream);
        let (mut shards, mut last) = (Vec::new(), None);
        loop {
            let request = self.dynamodb_streams().describe_stream().stream_arn(stream);
            let output = call.send(request.set_exclusive_start_shard_id(last).send()).await?;
            let description = output
                .stream_description
                .ok_or_else(|| Error::odd(call.clone(), None, b"no description of the stream"))?;
            shards.extend(description.shards.unwrap_or_default().into_iter().map(|shard| StreamShard {
                id: shard.shard_id.unwrap_or_default(),
                parents: shard.parent_shard_id.into_iter().collect(),
            }));
            last = description.last_evaluated_shard_id;
            if last.is_none() {
                return Ok(shards);
            }
        }
    }

    /// The place in a shard from which changes are read.
    pub(crate) async fn table_iterator(
        &self,
        stream: &str,
        shard: &str,
        start: ShardStart<'_>,
    ) -> Result<String, Error> {
        let call = self.call("dynamodb:GetShardIterator", stream);
        let (kind, number) = match start {
            ShardStart::TrimHorizon => (ShardIteratorType::TrimHorizon, None),
            ShardStart::Latest => (ShardIteratorType::Latest, None),
            ShardStart::After(number) => (ShardIteratorType::AfterSequenceNumber, Some(number.to_owned())),
        };
        let request = self.dynamodb_streams().get_shard_iterator().stream_arn(stream).shard_id(shard);
        let request = request.shard_iterator_type(kind).set_sequence_number(number);
        let output = call.send(request.send()).await?;
        output.shard_iterator.ok_or_else(|| Error::odd(call, None, b"no iterator of the shard"))
    }

    /// Reads up to `count` changes, and the place of the next ones; none at the end of a shard.
    pub(crate) async fn table_records(
        &self,
        iterator: &str,
        count: i32,
    ) -> Result<(Vec<ChangeRecord>, Option<String>), Error> {
        let call = self.call("dynamodb:GetRecords", "");
        let request = self.dynamodb_streams().get_records().shard_iterator(iterator).limit(count);
        let output = call.send(request.send()).await?;
        let records = output.records.unwrap_or_default().into_iter().map(record);
        Ok((records.collect(), output.next_shard_iterator.filter(|iterator| !iterator.is_empty())))
    }
}

fn record(record: Record) -> ChangeRecord {
    let stream = record.dynamodb.unwrap_or_else(|| StreamRecord::builder().build());
    let made = stream.approximate_creation_date_time.map(|time| time.as_secs_f64());
    let sequence_number = stream.sequence_number.unwrap_or_default();
    let mut change = json!({ "SequenceNumber": sequence_number });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            change[key] = value;
        }
    };
    set("ApproximateCreationDateTime", made.map(Value::from));
    set("Keys", stream.keys.as_ref().map(item));
    set("NewImage", stream.new_image.as_ref().map(item));
    set("OldImage", stream.old_image.as_ref().map(item));
    set("SizeBytes", stream.size_bytes.map(Value::from));
    set("StreamViewType", stream.stream_view_type.map(|kind| kind.as_str().into()));
    ChangeRecord {
        sequence_number,
        made,
        id: record.event_id.unwrap_or_default(),
        kind: record.event_name.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        change,
    }
}

/// An item in DynamoDB's JSON.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>
fn item(item: &HashMap<String, AttributeValue>) -> Value {
    let fields: Map<String, Value> = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
    Value::Object(fields)
}

fn attribute(value: &AttributeValue) -> Value {
    let base64 = |bytes: &aws_sdk_dynamodbstreams::primitives::Blob| base64_simd::STANDARD.encode_to_string(bytes);
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(list) => json!({ "BS": list.iter().map(base64).collect::<Vec<_>>() }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": item(map) }),
        // What a later version of the service adds.
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodbstreams::primitives::Blob;

    use super::*;

    #[test]
    fn an_item_is_written_as_lambda_delivers_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let inner = HashMap::from([("ok".to_owned(), AttributeValue::Bool(true))]);
        for (value, expected) in [
            (text("a"), json!({ "S": "a" })),
            (AttributeValue::N("1.50".to_owned()), json!({ "N": "1.50" })),
            (AttributeValue::B(Blob::new([1, 2])), json!({ "B": "AQI=" })),
            (AttributeValue::Ns(vec!["1".to_owned()]), json!({ "NS": ["1"] })),
            (AttributeValue::Null(true), json!({ "NULL": true })),
            (AttributeValue::L(vec![text("a")]), json!({ "L": [{ "S": "a" }] })),
            (AttributeValue::M(inner), json!({ "M": { "ok": { "BOOL": true } } })),
        ] {
            assert_eq!(attribute(&value), expected);
        }
    }
}
