//! Event source mappings: how Lambda polls the queues and streams of a function.

use aws_sdk_lambda::types::{EndPointType, EventSourceMappingConfiguration};
use serde_json::{Value, json};

use super::{Error, Region};

/// An event source mapping.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EventSourceMapping {
    /// Its UUID.
    pub(crate) id: String,
    /// The ARN of the queue, stream or cluster; of a cluster outside of AWS, its bootstrap servers and topic.
    pub(crate) source: Option<String>,
    /// `Enabled`, `Disabled`, or a word for the way there.
    pub(crate) state: String,
    /// What happened to the latest batch, as Lambda writes it.
    pub(crate) last_result: Option<String>,
    /// What a change by hand may touch, by the names and in the shape of CloudFormation; `null` where Lambda has none.
    pub(crate) properties: Value,
}

impl Region {
    /// The mappings to an alias of a function, a call for each hundred; of a function that does not exist, none.
    pub(crate) async fn event_source_mappings(
        &self,
        function: &str,
        alias: &str,
    ) -> Result<Vec<EventSourceMapping>, Error> {
        let name = format!("{function}:{alias}");
        let call = self.call("lambda:ListEventSourceMappings", &name);
        let (mut mappings, mut marker) = (Vec::new(), None);
        loop {
            let list = self.lambda().list_event_source_mappings().function_name(&name).set_marker(marker);
            let page = match call.send(list.send()).await {
                Ok(page) => page,
                Err(error) if error.is_missing() => return Ok(mappings),
                Err(error) => return Err(error),
            };
            mappings.extend(page.event_source_mappings.unwrap_or_default().into_iter().filter_map(read));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(mappings);
            }
        }
    }
}

fn read(mapping: EventSourceMappingConfiguration) -> Option<EventSourceMapping> {
    let source = mapping.event_source_arn.clone().or_else(|| self_managed(&mapping));
    let properties = properties(&mapping);
    Some(EventSourceMapping {
        id: mapping.uuid?,
        source,
        state: mapping.state.unwrap_or_default(),
        last_result: mapping.last_processing_result.filter(|result| !result.is_empty()),
        properties,
    })
}

/// The list has whole configurations; only filters that a key of the user's encrypts are left out of it.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>
fn properties(mapping: &EventSourceMappingConfiguration) -> Value {
    let patterns = mapping.filter_criteria.as_ref().map(|criteria| {
        let filters = criteria.filters().iter().map(|filter| json!({ "Pattern": filter.pattern() }));
        json!({ "Filters": filters.collect::<Vec<_>>() })
    });
    let failures = mapping.destination_config.as_ref().and_then(|config| config.on_failure()?.destination());
    let pollers = mapping.provisioned_poller_config.as_ref().map(
        |config| json!({ "MinimumPollers": config.minimum_pollers(), "MaximumPollers": config.maximum_pollers() }),
    );
    let types = mapping.function_response_types().iter().map(|kind| kind.as_str());
    json!({
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.maximum_batching_window_in_seconds,
        "ScalingConfig": mapping.scaling_config.as_ref().map(|config| json!({ "MaximumConcurrency": config.maximum_concurrency() })),
        "ProvisionedPollerConfig": pollers,
        "FilterCriteria": patterns,
        "KmsKeyArn": mapping.kms_key_arn,
        "FunctionResponseTypes": types.collect::<Vec<_>>(),
        "DestinationConfig": failures.map(|arn| json!({ "OnFailure": { "Destination": arn } })),
        "MaximumRetryAttempts": mapping.maximum_retry_attempts,
        "MaximumRecordAgeInSeconds": mapping.maximum_record_age_in_seconds,
        "ParallelizationFactor": mapping.parallelization_factor,
        "BisectBatchOnFunctionError": mapping.bisect_batch_on_function_error,
        "TumblingWindowInSeconds": mapping.tumbling_window_in_seconds,
    })
}

/// The bootstrap servers and the topic of a Kafka cluster that has no ARN.
fn self_managed(mapping: &EventSourceMappingConfiguration) -> Option<String> {
    let endpoints = mapping.self_managed_event_source.as_ref()?.endpoints.as_ref()?;
    let servers = endpoints.get(&EndPointType::KafkaBootstrapServers)?.join(",");
    let topics = mapping.topics().join(",");
    Some(if topics.is_empty() { servers } else { format!("topic {topics} of {servers}") })
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::SelfManagedEventSource;

    use super::*;
    use crate::aws::canned::{Canned, region};

    #[tokio::test]
    async fn every_property_of_the_list_is_read_as_the_template_has_it() {
        let properties = json!({
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": { "MaximumConcurrency": 2 },
            "ProvisionedPollerConfig": { "MinimumPollers": 1, "MaximumPollers": 3 },
            "FilterCriteria": { "Filters": [{ "Pattern": "{\"a\":[1]}" }] },
            "KmsKeyArn": "arn:aws:kms:eu-west-1:1:key/1",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": { "OnFailure": { "Destination": "arn:aws:sqs:eu-west-1:1:failed" } },
            "MaximumRetryAttempts": 3,
            "MaximumRecordAgeInSeconds": 60,
            "ParallelizationFactor": 4,
            "BisectBatchOnFunctionError": true,
            "TumblingWindowInSeconds": 30,
        });
        let mut whole = properties.clone();
        whole["UUID"] = json!("u-1");
        // Lambda and CloudFormation write this name differently.
        whole["KMSKeyArn"] = whole["KmsKeyArn"].take();
        let bare = json!({ "UUID": "u-2", "FunctionResponseTypes": [], "DestinationConfig": { "OnFailure": {} } });
        let body = json!({ "EventSourceMappings": [whole, bare] }).to_string();
        let headers = vec![("content-type", "application/json")];
        let (region, asked) = region("eu-west-1", vec![Canned::Answer { status: 200, headers, body }]).await;
        let found = region.event_source_mappings("shop-dev", "live").await.unwrap();
        assert_eq!(asked.all().len(), 1);
        assert_eq!(found[0].properties, properties);
        let set: Vec<_> =
            found[1].properties.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).collect();
        assert_eq!(set, [(&"FunctionResponseTypes".to_owned(), &json!([]))]);
    }

    #[test]
    fn a_cluster_without_an_arn_is_named_by_its_servers_and_topic() {
        let mapping = || EventSourceMappingConfiguration::builder().uuid("u-1");
        let source = |mapping: EventSourceMappingConfiguration| read(mapping).unwrap().source;
        let servers = vec!["b-1:9092".to_owned(), "b-2:9092".to_owned()];
        let cluster = SelfManagedEventSource::builder().endpoints(EndPointType::KafkaBootstrapServers, servers).build();
        let kafka = mapping().self_managed_event_source(cluster);
        assert_eq!(
            source(kafka.clone().topics("orders").build()).as_deref(),
            Some("topic orders of b-1:9092,b-2:9092")
        );
        assert_eq!(source(kafka.build()).as_deref(), Some("b-1:9092,b-2:9092"));
        assert_eq!(source(mapping().event_source_arn("arn:x").build()).as_deref(), Some("arn:x"));
        assert_eq!(source(mapping().build()), None);
    }
}
