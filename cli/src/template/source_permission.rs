//! The permissions of the function's role for its event sources: to read those that Lambda polls, and to report failures.

use serde_json::{Value, json};

use super::{Input, arn::arn, broker, destination};
use crate::settings::SourceKind;

/// Reading a queue.
const QUEUE: &[&str] =
    &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
/// Reading a Kinesis stream.
const KINESIS: &[&str] = &[
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:SubscribeToShard",
];
/// Reading a table's stream.
const DYNAMODB: &[&str] = &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];

/// What the function's role may do with its sources.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let mut statements: Vec<Value> = Vec::new();
    let mut add = |statement: Value| {
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    };
    for source in &input.stage.events {
        let kind = source.kind();
        // The actions on the source, and those that know no resource.
        let (reading, listing): (_, &[&str]) = match kind {
            SourceKind::Sqs(_) => (QUEUE, &[]),
            SourceKind::Kinesis(_) => (KINESIS, &["kinesis:ListStreams"]),
            SourceKind::DynamoDb(_) => (DYNAMODB, &["dynamodb:ListStreams"]),
            _ => (&[], &[]),
        };
        for (actions, resource) in [(reading, arn(input, kind)), (listing, json!("*"))] {
            if !actions.is_empty() {
                add(json!({ "Effect": "Allow", "Action": actions, "Resource": resource }));
            }
        }
        broker::statements(input, source, kind).into_iter().for_each(&mut add);
        if let Some(failures) = &source.failure_destination {
            add(destination::statement(input, failures));
        }
    }
    statements
}
