//! Streams of Kinesis, as an emulator serves them.

use aws_sdk_kinesis::types::ShardIteratorType;

use super::{Error, Region, ShardStart, StreamShard};

/// A record of a stream.
#[derive(Clone, Debug)]
pub(crate) struct KinesisRecord {
    pub(crate) sequence_number: String,
    pub(crate) partition_key: String,
    pub(crate) data: Vec<u8>,
    /// When it arrived, in seconds since 1970.
    pub(crate) arrived: Option<f64>,
}

impl Region {
    /// The shards of a stream; `None` if there is no stream of that name.
    pub(crate) async fn kinesis_shards(&self, name: &str) -> Result<Option<Vec<StreamShard>>, Error> {
        let call = self.call("kinesis:ListShards", name);
        let (mut shards, mut token) = (Vec::new(), None);
        loop {
            // The name is refused beside a token.
            let request = self.kinesis().list_shards().set_next_token(token.clone());
            let request = if token.is_none() { request.stream_name(name) } else { request };
            let output = match call.send(request.send()).await {
                Err(error) if error.is_missing() => return Ok(None),
                output => output?,
            };
            shards.extend(output.shards.unwrap_or_default().into_iter().map(|shard| StreamShard {
                id: shard.shard_id,
                parents: shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect(),
            }));
            token = output.next_token;
            if token.is_none() {
                return Ok(Some(shards));
            }
        }
    }

    /// Creates a stream, which is there some time later.
    pub(crate) async fn create_kinesis_stream(&self, name: &str, shards: u32) -> Result<(), Error> {
        let call = self.call("kinesis:CreateStream", name);
        let shards = i32::try_from(shards).unwrap_or(1);
        call.send(self.kinesis().create_stream().stream_name(name).shard_count(shards).send()).await?;
        Ok(())
    }

    /// The place in a shard from which records are read.
    pub(crate) async fn kinesis_iterator(
        &self,
        name: &str,
        shard: &str,
        start: ShardStart<'_>,
    ) -> Result<String, Error> {
        let call = self.call("kinesis:GetShardIterator", name);
        let (kind, number) = match start {
            ShardStart::TrimHorizon => (ShardIteratorType::TrimHorizon, None),
            ShardStart::Latest => (ShardIteratorType::Latest, None),
            ShardStart::After(number) => (ShardIteratorType::AfterSequenceNumber, Some(number.to_owned())),
        };
        let request = self.kinesis().get_shard_iterator().stream_name(name).shard_id(shard);
        let request = request.shard_iterator_type(kind).set_starting_sequence_number(number);
        let output = call.send(request.send()).await?;
        output.shard_iterator.ok_or_else(|| Error::odd(call, None, b"no iterator of the shard"))
    }

    /// Reads up to `count` records, and the place of the next ones; none at the end of a shard.
    pub(crate) async fn kinesis_records(
        &self,
        iterator: &str,
        count: i32,
    ) -> Result<(Vec<KinesisRecord>, Option<String>), Error> {
        let call = self.call("kinesis:GetRecords", "");
        let request = self.kinesis().get_records().shard_iterator(iterator).limit(count);
        let output = call.send(request.send()).await?;
        let records = output.records.into_iter().map(|record| KinesisRecord {
            sequence_number: record.sequence_number,
            partition_key: record.partition_key,
            data: record.data.into_inner(),
            arrived: record.approximate_arrival_timestamp.map(|time| time.as_secs_f64()),
        });
        Ok((records.collect(), output.next_shard_iterator.filter(|iterator| !iterator.is_empty())))
    }
}
