//! Event sources: mappings of queues and streams, subscriptions of topics, and rules of EventBridge.
//!
//! All call the alias. A logical id is made of the source and not of its name in the settings, so that a new name replaces
//! nothing: a second mapping of a source to a function is a conflict.

use serde_json::{Value, json};
use zappa_rs_adapter::contract;

use super::{Input, Section, live, permission};
use crate::{
    logical_id::{self, MAPPING_PREFIX, RULE_PERMISSION, RULE_PREFIX, SUBSCRIPTION_PREFIX, TOPIC_PERMISSION_PREFIX},
    settings::{EventSource, SourceKind, StartingPosition},
};

/// Adds everything that delivers events to the alias.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for source in &input.stage.events {
        let kind = source.kind();
        match kind {
            SourceKind::Sqs(_) | SourceKind::Kinesis(_) | SourceKind::DynamoDb(_) => {
                let id = logical_id::named(MAPPING_PREFIX, &[kind.key(), kind.resource().unwrap_or_default()]);
                resources.insert(id, mapping(input, source, kind));
            }
            SourceKind::Sns(topic) => subscribe(input, source, topic, resources),
            SourceKind::S3(_) | SourceKind::Pattern => {
                resources
                    .insert(logical_id::named(RULE_PREFIX, &[kind.key(), &source.name]), rule(input, source, kind));
            }
        }
    }
    add_rule_permissions(input, resources);
}

/// The ARN of a source.
pub(super) fn arn(input: &Input<'_>, kind: SourceKind<'_>) -> Value {
    kind.arn(|id| input.stage.resources.contains_key(id))
}

/// The ARN of a queue: a logical id of the settings, an ARN or a name.
pub(super) fn queue_arn(input: &Input<'_>, queue: &str) -> Value {
    arn(input, SourceKind::Sqs(queue))
}

/// The ARN of a queue or topic that learns of failures.
fn destination_arn(input: &Input<'_>, destination: &str) -> Value {
    let kind = match input.stage.resources.get(destination) {
        Some(resource) if resource["Type"] == SourceKind::Sns("").resource_type() => SourceKind::Sns(destination),
        _ => SourceKind::Sqs(destination),
    };
    arn(input, kind)
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>
fn mapping(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Value {
    let mut properties = json!({
        "FunctionName": live(),
        "EventSourceArn": arn(input, kind),
        // Without it Lambda ignores the failures that the crate reports, and deletes them.
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "Enabled": source.enabled.unwrap_or(true),
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties[key] = value;
        }
    };
    set("BatchSize", source.batch_size.map(Into::into));
    set("MaximumBatchingWindowInSeconds", source.batch_window_seconds.map(Into::into));
    set("ScalingConfig", source.max_concurrency.map(|most| json!({ "MaximumConcurrency": most })));
    if !source.filters.is_empty() {
        let filters: Vec<Value> =
            source.filters.iter().map(|filter| json!({ "Pattern": json!(filter).to_string() })).collect();
        set("FilterCriteria", Some(json!({ "Filters": filters })));
    }
    if kind.is_stream() {
        let position = match source.starting_position {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
        };
        set("StartingPosition", Some(json!(position)));
        // One record that always fails must not hold back its whole batch.
        set("BisectBatchOnFunctionError", Some(json!(true)));
        set("ParallelizationFactor", source.parallelization.map(Into::into));
        set("MaximumRetryAttempts", source.retries.map(Into::into));
        let destination = source.failure_destination.as_deref();
        set(
            "DestinationConfig",
            destination.map(|queue| json!({ "OnFailure": { "Destination": destination_arn(input, queue) } })),
        );
    }
    json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": properties })
}

fn subscribe(input: &Input<'_>, source: &EventSource, topic: &str, resources: &mut Section) {
    let arn = arn(input, SourceKind::Sns(topic));
    let mut properties = json!({ "Protocol": "lambda", "TopicArn": arn, "Endpoint": live() });
    if let Some(policy) = source.filters.first() {
        properties["FilterPolicy"] = json!(policy);
    }
    let subscription = json!({ "Type": "AWS::SNS::Subscription", "Properties": properties });
    resources.insert(logical_id::named(SUBSCRIPTION_PREFIX, &[topic]), subscription);
    resources.insert(logical_id::named(TOPIC_PERMISSION_PREFIX, &[topic]), permission("sns.amazonaws.com", &arn));
}

/// A rule whose target is the alias. The name of the settings goes along, since an event does not say which rule sent it;
/// an event of a bucket names its bucket.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>
fn rule(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Value {
    let mut pattern = json!(source.pattern.clone().unwrap_or_default());
    let mut target = json!({ "Id": "function", "Arn": live() });
    match kind {
        SourceKind::S3(bucket) => {
            let name = match input.stage.resources.contains_key(bucket) {
                true => json!({ "Ref": bucket }),
                false => json!(bucket.rsplit(':').next().unwrap_or(bucket)),
            };
            pattern["source"] = json!(["aws.s3"]);
            pattern["detail"]["bucket"]["name"] = json!([name]);
        }
        _ => {
            let template = format!(
                "{{\"{}\":\"{}\",\"{}\":{},\"{}\":<aws.events.event.json>}}",
                contract::EVENT_KEY,
                contract::KIND_RULE,
                contract::NAME_KEY,
                json!(source.name),
                contract::PAYLOAD_KEY,
            );
            target["InputTransformer"] = json!({ "InputTemplate": template });
        }
    }
    let mut properties = json!({
        "EventPattern": pattern,
        "State": if source.enabled.unwrap_or(true) { "ENABLED" } else { "DISABLED" },
        "Targets": [target],
    });
    if let Some(bus) = &source.bus {
        properties["EventBusName"] = json!(bus);
    }
    json!({ "Type": "AWS::Events::Rule", "Properties": properties })
}

/// One permission for the rules of each bus, since the function's policy has room for few: the names that CloudFormation
/// gives to rules begin with the stack's.
fn add_rule_permissions(input: &Input<'_>, resources: &mut Section) {
    let rules = input.stage.events.iter().filter(|source| !source.kind().is_polled());
    let rules = rules.filter(|source| matches!(source.kind(), SourceKind::S3(_) | SourceKind::Pattern));
    for source in rules {
        let bus = source.bus.as_deref().map(|bus| bus.rsplit('/').next().unwrap_or(bus)).unwrap_or_default();
        let path = if bus.is_empty() { String::new() } else { format!("{bus}/") };
        let rule = format!(
            "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{path}${{AWS::StackName}}-*"
        );
        let id = if bus.is_empty() { RULE_PERMISSION.to_owned() } else { logical_id::named(RULE_PERMISSION, &[bus]) };
        resources.insert(id, permission("events.amazonaws.com", &json!({ "Fn::Sub": rule })));
    }
}

/// Switches on the events of the stack's buckets that are sources. A bucket sends all its events to EventBridge; the rules
/// choose.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html>
pub(super) fn enable_buckets(input: &Input<'_>, resources: &mut Section) {
    for source in &input.stage.events {
        if let SourceKind::S3(bucket) = source.kind()
            && let Some(resource) = resources.get_mut(bucket)
        {
            resource["Properties"]["NotificationConfiguration"]["EventBridgeConfiguration"] =
                json!({ "EventBridgeEnabled": true });
        }
    }
}

/// What the function's role may do with its sources.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let mut statements = Vec::new();
    let allow =
        |actions: &[&str], resource: Value| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    for source in &input.stage.events {
        let kind = source.kind();
        let resource = || arn(input, kind);
        match kind {
            SourceKind::Sqs(_) => statements.push(allow(
                &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
                resource(),
            )),
            SourceKind::Kinesis(_) => {
                statements.push(allow(
                    &[
                        "kinesis:DescribeStream",
                        "kinesis:DescribeStreamSummary",
                        "kinesis:GetRecords",
                        "kinesis:GetShardIterator",
                        "kinesis:ListShards",
                        "kinesis:SubscribeToShard",
                    ],
                    resource(),
                ));
                // These know no resource.
                statements.push(allow(&["kinesis:ListStreams"], json!("*")));
            }
            SourceKind::DynamoDb(_) => {
                statements.push(allow(
                    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                    resource(),
                ));
                statements.push(allow(&["dynamodb:ListStreams"], json!("*")));
            }
            SourceKind::Sns(_) | SourceKind::S3(_) | SourceKind::Pattern => {}
        }
        if let Some(destination) = &source.failure_destination {
            let arn = destination_arn(input, destination);
            let is_topic = input
                .stage
                .resources
                .get(destination)
                .is_some_and(|resource| resource["Type"] == SourceKind::Sns("").resource_type())
                || destination.contains(":sns:");
            statements.push(allow(&[if is_topic { "sns:Publish" } else { "sqs:SendMessage" }], arn));
        }
    }
    statements.dedup();
    statements
}
