//! Event source mappings: how Lambda polls the queues and streams of a function.

use super::{Error, Region};

/// An event source mapping.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EventSourceMapping {
    /// Its UUID.
    pub(crate) id: String,
    /// The ARN of the queue or stream.
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
            mappings.extend(page.event_source_mappings.unwrap_or_default().into_iter().filter_map(|mapping| {
                Some(EventSourceMapping {
                    id: mapping.uuid?,
                    source: mapping.event_source_arn,
                    state: mapping.state.unwrap_or_default(),
                    last_result: mapping.last_processing_result.filter(|result| !result.is_empty()),
                    batch_size: mapping.batch_size.and_then(|size| u64::try_from(size).ok()),
                })
            }));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(mappings);
            }
        }
    }
}
