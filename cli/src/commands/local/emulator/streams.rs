//! Streams of an emulator: found by name, and those of Kinesis created where the stage declares them.

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::json;

use super::{Service, unavailable};
use crate::{
    aws::{ChangeRecord, Error, KinesisRecord, ShardStart, StreamShard},
    local::{
        credentials::Unavailable,
        description::Stream,
        emulator::{ReadFailure, Record, RecordPage, Shard, Start, Streams},
    },
};

/// The most records of one call.
const CALL_SIZE: i32 = 1000;

impl Service {
    async fn list_shards(&self, stream: &Stream) -> Result<Vec<StreamShard>, Unavailable> {
        match stream {
            Stream::Kinesis { name, declared_shards } => {
                let shards = self.region.kinesis_shards(name).await.map_err(|error| unavailable(&error))?;
                match (shards, declared_shards) {
                    (Some(shards), _) => Ok(shards),
                    (None, Some(count)) => {
                        self.report_creation(&stream.label());
                        let created = self.region.create_kinesis_stream(name, *count).await;
                        created.map_err(|error| unavailable(&error))?;
                        // It has its shards when it is active.
                        Ok(Vec::new())
                    }
                    (None, None) => {
                        let command = format!("kinesis create-stream --stream-name {name} --shard-count 1");
                        Err(self.missing("stream", &command))
                    }
                }
            }
            Stream::DynamoDb { table } => {
                let arn = self.table_stream(table).await?;
                self.region.table_shards(&arn).await.map_err(|error| unavailable(&error))
            }
        }
    }

    /// The ARN of a table's stream in the emulator.
    async fn table_stream(&self, table: &str) -> Result<String, Unavailable> {
        let mut arns = self.table_streams.lock().await;
        if let Some(arn) = arns.get(table) {
            return Ok(arn.clone());
        }
        let arn = self.region.table_stream(table).await.map_err(|error| unavailable(&error))?;
        let arn = arn.ok_or_else(|| Unavailable {
            reason: "the emulator has no table of that name with a stream".to_owned(),
            hint: Some(format!(
                "create the table there with a stream: `aws dynamodb create-table --endpoint-url {} --region {} --table-name \
                 {table} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES …`",
                self.region.endpoint_url().unwrap_or_default(),
                self.region.name(),
            )),
        })?;
        arns.insert(table.to_owned(), arn.clone());
        Ok(arn)
    }

    /// Looks for a table's stream again after an error: an emulator that was started again may have another.
    async fn forget_stream<T>(&self, stream: &Stream, outcome: Result<T, Error>) -> Result<T, Unavailable> {
        if let (Err(_), Stream::DynamoDb { table }) = (&outcome, stream) {
            self.table_streams.lock().await.remove(table);
        }
        outcome.map_err(|error| unavailable(&error))
    }
}

impl Streams for Service {
    fn shards<'a>(&'a self, stream: &'a Stream) -> BoxFuture<'a, Result<Vec<Shard>, Unavailable>> {
        async move {
            let shards = self.list_shards(stream).await?.into_iter();
            Ok(shards.map(|StreamShard { id, parents }| Shard { id, parents }).collect())
        }
        .boxed()
    }

    fn iterator<'a>(
        &'a self,
        stream: &'a Stream,
        shard: &'a str,
        start: &'a Start,
    ) -> BoxFuture<'a, Result<String, Unavailable>> {
        async move {
            let start = match start {
                Start::TrimHorizon => ShardStart::TrimHorizon,
                Start::Latest => ShardStart::Latest,
                Start::After(number) => ShardStart::After(number),
            };
            let outcome = match stream {
                Stream::Kinesis { name, .. } => self.region.kinesis_iterator(name, shard, start).await,
                Stream::DynamoDb { table } => {
                    let arn = self.table_stream(table).await?;
                    self.region.table_iterator(&arn, shard, start).await
                }
            };
            self.forget_stream(stream, outcome).await
        }
        .boxed()
    }

    fn records<'a>(
        &'a self,
        stream: &'a Stream,
        iterator: &'a str,
        count: usize,
    ) -> BoxFuture<'a, Result<RecordPage, ReadFailure>> {
        async move {
            let count = i32::try_from(count).unwrap_or(CALL_SIZE).clamp(1, CALL_SIZE);
            let outcome = match stream {
                Stream::Kinesis { .. } => {
                    let outcome = self.region.kinesis_records(iterator, count).await;
                    outcome.map(|(records, next)| (records.into_iter().map(kinesis).collect(), next))
                }
                Stream::DynamoDb { .. } => {
                    let outcome = self.region.table_records(iterator, count).await;
                    outcome.map(|(records, next)| (records.into_iter().map(change).collect(), next))
                }
            };
            // Streams of DynamoDB have a code of their own for too many calls.
            // <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
            let is_limited = |error: &Error| error.code() == Some("LimitExceededException");
            let is_temporary = outcome.as_ref().is_err_and(|error| error.is_temporary() || is_limited(error));
            let (records, next) = self
                .forget_stream(stream, outcome)
                .await
                .map_err(|unavailable| ReadFailure { unavailable, is_temporary })?;
            Ok(RecordPage { records, next })
        }
        .boxed()
    }
}

fn kinesis(KinesisRecord { sequence_number, partition_key, data, arrived }: KinesisRecord) -> Record {
    let event = json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": sequence_number,
            "data": base64_simd::STANDARD.encode_to_string(data),
            "approximateArrivalTimestamp": arrived,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
    });
    Record { sequence_number, arrived, event }
}

fn change(ChangeRecord { sequence_number, made, id, kind, change }: ChangeRecord) -> Record {
    let event = json!({
        "eventID": id,
        "eventName": kind,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "dynamodb": change,
    });
    Record { sequence_number, arrived: made, event }
}
