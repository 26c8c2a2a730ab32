//! Event source mappings, by which Lambda polls queues, streams and topics of Kafka.

use serde_json::{Value, json};

use super::{Input, arn::arn, broker, destination, id_of, live_of};
use crate::{
    logical_id::MAPPING_PREFIX,
    settings::{EventSource, SourceKind, StartingPosition},
};

/// The logical id of the mapping of a source to a function. It has all of a source that a mapping cannot change.
pub(crate) fn mapping_id(source: &EventSource) -> String {
    let identity = source.identity();
    let parts: Vec<&str> = identity.iter().map(String::as_str).collect();
    id_of(MAPPING_PREFIX, source.further(), &parts)
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>
pub(super) fn mapping(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Value {
    let mut properties = json!({
        "FunctionName": live_of(source.further()),
        "Enabled": source.enabled.unwrap_or(true),
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties[key] = value;
        }
    };
    set("EventSourceArn", Some(arn(input, kind)).filter(|arn| !arn.is_null()));
    if kind.is_stream() || matches!(kind, SourceKind::Sqs(_)) {
        // Without it Lambda ignores the failures that the crate reports, and deletes them.
        set("FunctionResponseTypes", Some(json!(["ReportBatchItemFailures"])));
    }
    set("BatchSize", source.batch_size.map(Into::into));
    set("MaximumBatchingWindowInSeconds", source.batch_window_seconds.map(Into::into));
    set("ScalingConfig", source.max_concurrency.map(|most| json!({ "MaximumConcurrency": most })));
    set("ProvisionedPollerConfig", pollers(source));
    if !source.filters.is_empty() {
        let filters: Vec<Value> =
            source.filters.iter().map(|filter| json!({ "Pattern": json!(filter).to_string() })).collect();
        set("FilterCriteria", Some(json!({ "Filters": filters })));
    }
    if kind.is_stream() {
        // One record that always fails must not hold back its whole batch.
        set("BisectBatchOnFunctionError", Some(json!(true)));
        set("ParallelizationFactor", source.parallelization.map(Into::into));
        set("MaximumRetryAttempts", source.retries.map(Into::into));
    }
    if kind.is_stream() || kind.is_kafka() {
        let position = match source.starting_position {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
            StartingPosition::AtTimestamp => "AT_TIMESTAMP",
        };
        set("StartingPosition", Some(json!(position)));
        set("StartingPositionTimestamp", source.starting_seconds().map(Into::into));
        let destination = source.failure_destination.as_deref();
        set(
            "DestinationConfig",
            destination.map(|queue| json!({ "OnFailure": { "Destination": destination::arn(input, queue) } })),
        );
    }
    broker::set(input, source, kind, &mut properties);
    json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": properties })
}

/// The event pollers of the provisioned mode; `None` without it.
fn pollers(source: &EventSource) -> Option<Value> {
    let counts = [("MinimumPollers", source.min_pollers), ("MaximumPollers", source.max_pollers)];
    let set: serde_json::Map<String, Value> =
        counts.into_iter().filter_map(|(key, count)| Some((key.to_owned(), json!(count?)))).collect();
    (!set.is_empty()).then_some(Value::Object(set))
}
