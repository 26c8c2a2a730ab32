//! Event source mappings: how Lambda polls the queues and streams of a function.

use aws_sdk_lambda::types::{EndPointType, EventSourceMappingConfiguration};

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
    pub(crate) batch_size: Option<u64>,
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
    Some(EventSourceMapping {
        id: mapping.uuid?,
        source,
        state: mapping.state.unwrap_or_default(),
        last_result: mapping.last_processing_result.filter(|result| !result.is_empty()),
        batch_size: mapping.batch_size.and_then(|size| u64::try_from(size).ok()),
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
