//! Shards of streams, which Kinesis and DynamoDB have alike.

/// A shard.
#[derive(Clone, Debug)]
pub(crate) struct StreamShard {
    pub(crate) id: String,
    /// The shards whose records come before its own.
    pub(crate) parents: Vec<String>,
}

/// Where a shard is read from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ShardStart<'a> {
    TrimHorizon,
    Latest,
    /// After the record with this number.
    After(&'a str),
}
