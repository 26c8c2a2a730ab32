//! Batches of Kinesis streams and of DynamoDB streams:
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.
//!
//! A batch comes from one shard, and its order matters: the first failure ends it.

use std::{borrow::Cow, sync::Arc};

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, de::Error as _};
use serde_json::Value;

use super::{Batch, Envelope, Item, Order, Payload, Record, Report, change};
use crate::{event::Source, invocation::Invocation};

#[derive(Deserialize)]
struct Kinesis<'a> {
    #[serde(rename = "eventSourceARN", borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    kinesis: KinesisData<'a>,
}

#[derive(Deserialize)]
struct KinesisData<'a> {
    #[serde(rename = "sequenceNumber", borrow)]
    sequence_number: Cow<'a, str>,
    #[serde(rename = "partitionKey", borrow)]
    partition_key: Cow<'a, str>,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
struct DynamoDb<'a> {
    #[serde(rename = "eventSourceARN", borrow)]
    stream: Cow<'a, str>,
    #[serde(rename = "eventName", borrow)]
    name: Cow<'a, str>,
    dynamodb: change::Images,
}

pub(super) fn read_kinesis(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    read(event, |raw| {
        let Kinesis { stream, kinesis } = serde_json::from_str(raw)?;
        let data = STANDARD.decode_to_vec(kinesis.data.as_bytes());
        let body = Bytes::from(data.map_err(|_| serde_json::Error::custom("`kinesis.data` is not valid base64"))?);
        let record = Record {
            invocation: invocation.clone(),
            source: Source::Kinesis,
            source_arn: Arc::from(&*stream),
            id: kinesis.sequence_number.into_owned(),
            group: Some(kinesis.partition_key.into_owned()),
            body,
            json: event.slice_ref(raw.as_bytes()),
        };
        Ok((record, Payload::Body))
    })
}

pub(super) fn read_dynamodb(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    read(event, |raw| {
        let DynamoDb { stream, name, dynamodb } = serde_json::from_str(raw)?;
        let sequence_number = dynamodb.sequence_number.clone();
        let change: Value = dynamodb.into_change(&name);
        let record = Record {
            invocation: invocation.clone(),
            source: Source::DynamoDb,
            source_arn: Arc::from(&*stream),
            id: sequence_number,
            group: None,
            body: Bytes::from(change.to_string()),
            json: event.slice_ref(raw.as_bytes()),
        };
        Ok((record, Payload::Value(change)))
    })
}

fn read<'a>(
    event: &'a Bytes,
    read_record: impl Fn(&'a str) -> Result<(Record, Payload), serde_json::Error>,
) -> Result<Batch, serde_json::Error> {
    let envelope: Envelope<'a> = serde_json::from_slice(event)?;
    let items: Result<Vec<Item>, serde_json::Error> = envelope
        .records
        .into_iter()
        .map(|raw| read_record(raw.get()).map(|(record, payload)| Item { record, payload, order: Order::Batch }))
        .collect();
    Ok(Batch::new(items?, Report::FirstFailure))
}
