//! Event source mappings, read from the template: what `local` polls in an emulator.

use std::time::Duration;

use serde::{Deserialize, de::Error as _};
use serde_json::{Error, Value};

use super::{arn, destination, events, stack::properties};
use crate::{
    local::description::{QueueSource, StartingPosition, Stream, StreamSource},
    pattern::Pattern,
};

/// `AWS::Lambda::EventSourceMapping`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MappingProperties {
    #[serde(default)]
    event_source_arn: Value,
    enabled: bool,
    batch_size: Option<u32>,
    #[serde(default)]
    maximum_batching_window_in_seconds: u64,
    #[serde(default)]
    scaling_config: ScalingConfig,
    #[serde(default)]
    filter_criteria: FilterCriteria,
    starting_position: Option<String>,
    #[serde(default)]
    bisect_batch_on_function_error: bool,
    maximum_retry_attempts: Option<u32>,
    #[serde(default)]
    destination_config: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScalingConfig {
    maximum_concurrency: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCriteria {
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: String,
}

/// The batch of a queue where a mapping has none.
const DEFAULT_QUEUE_BATCH: u32 = 10;

/// The batch of a stream where a mapping has none.
const DEFAULT_STREAM_BATCH: u32 = 100;

/// How many batches of a queue are handled at once where a mapping does not say: Lambda begins with five.
const DEFAULT_CONCURRENT_BATCHES: usize = 5;

/// Reads the queues that are sources and enabled.
pub(super) fn queues(template: &Value, region: &str) -> Result<Vec<QueueSource>, Error> {
    let mut queues = Vec::new();
    for Mapping { properties: mapping, function, arn } in mappings(template, region)? {
        let Some(queue) = destination::queue(&mapping.event_source_arn, template, region) else { continue };
        queues.push(QueueSource {
            function,
            queue,
            region: region.to_owned(),
            batch_size: mapping.batch_size.unwrap_or(DEFAULT_QUEUE_BATCH).max(1),
            window: Duration::from_secs(mapping.maximum_batching_window_in_seconds),
            concurrency: mapping.scaling_config.maximum_concurrency.unwrap_or(DEFAULT_CONCURRENT_BATCHES).max(1),
            filters: filters(&mapping)?,
            arn,
        });
    }
    Ok(queues)
}

/// Reads the streams that are sources and enabled.
pub(super) fn streams(template: &Value, region: &str) -> Result<Vec<StreamSource>, Error> {
    let mut streams = Vec::new();
    for Mapping { properties: mapping, function, arn } in mappings(template, region)? {
        let Some(stream) = stream(&mapping, template, &arn) else { continue };
        let failures = &mapping.destination_config["OnFailure"]["Destination"];
        streams.push(StreamSource {
            function,
            stream,
            region: region.to_owned(),
            batch_size: usize::try_from(mapping.batch_size.unwrap_or(DEFAULT_STREAM_BATCH)).unwrap_or(1).max(1),
            window: Duration::from_secs(mapping.maximum_batching_window_in_seconds),
            position: match mapping.starting_position.as_deref() {
                Some("LATEST") => StartingPosition::Latest,
                _ => StartingPosition::TrimHorizon,
            },
            bisects: mapping.bisect_batch_on_function_error,
            retries: mapping.maximum_retry_attempts,
            failure_destination: (!failures.is_null()).then(|| destination::read(failures, template, region)),
            filters: filters(&mapping)?,
            arn,
        });
    }
    Ok(streams)
}

/// Names the sources that are enabled and not polled here: topics of Kafka and queues of Amazon MQ.
pub(super) fn unpolled(template: &Value) -> Vec<String> {
    let resources = template["Resources"].as_object().into_iter().flat_map(|resources| resources.values());
    let mappings = resources.filter(|resource| resource["Type"] == "AWS::Lambda::EventSourceMapping");
    let properties = mappings.map(|resource| &resource["Properties"]).filter(|properties| {
        properties["Enabled"] == true && events::invoked(template, &properties["FunctionName"]).is_some()
    });
    let named = |properties: &Value| {
        let topic = properties["Topics"][0].as_str().map(|topic| format!("topic `{topic}` of Kafka"));
        topic.or_else(|| properties["Queues"][0].as_str().map(|queue| format!("queue `{queue}` of Amazon MQ")))
    };
    properties.filter_map(named).collect()
}

/// The stream of a mapping; `None` if its source is something else.
fn stream(mapping: &MappingProperties, template: &Value, arn: &str) -> Option<Stream> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    // `stream/NAME`, `stream/NAME/consumer/…`, `table/NAME/stream/…`.
    let name = parts.get(5)?.split('/').nth(1)?.to_owned();
    match parts[2] {
        "kinesis" => {
            let id = mapping.event_source_arn["Fn::GetAtt"][0].as_str();
            let shards = |id: &str| {
                let count = properties(template, id)["ShardCount"].as_u64();
                count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
            };
            Some(Stream::Kinesis { name, declared_shards: id.map(shards) })
        }
        "dynamodb" => Some(Stream::DynamoDb { table: name }),
        _ => None,
    }
}

/// A mapping that is enabled.
struct Mapping {
    properties: MappingProperties,
    /// The further function that it invokes.
    function: Option<String>,
    /// The ARN of its source.
    arn: String,
}

/// Reads the enabled mappings of the stage's functions.
fn mappings(template: &Value, region: &str) -> Result<Vec<Mapping>, Error> {
    let mut mappings = Vec::new();
    for resource in template["Resources"].as_object().into_iter().flat_map(|resources| resources.values()) {
        if resource["Type"] != "AWS::Lambda::EventSourceMapping" {
            continue;
        }
        let Some(ids) = events::invoked(template, &resource["Properties"]["FunctionName"]) else { continue };
        let properties = MappingProperties::deserialize(&resource["Properties"])?;
        let arn = arn::resolve(&properties.event_source_arn, template, region).filter(|_| properties.enabled);
        if let Some(arn) = arn {
            mappings.push(Mapping { properties, function: ids.name, arn });
        }
    }
    Ok(mappings)
}

fn filters(mapping: &MappingProperties) -> Result<Vec<Pattern>, Error> {
    let parse = |filter: &Filter| {
        let table = serde_json::from_str(&filter.pattern)?;
        Pattern::parse(&table).map_err(Error::custom)
    };
    mapping.filter_criteria.filters.iter().map(parse).collect()
}
