//! Rules of the destinations of failures.

use super::{
    super::{DestinationKind, SourceKind},
    Rules, source_name,
};

impl Rules<'_> {
    pub(super) fn asynchronous(&mut self) {
        let destination = self.stage.async_failure_destination.as_deref();
        if let Some(sentence) = destination.and_then(|destination| self.asynchronous_fault(destination)) {
            self.fault(["async_failure_destination"], sentence);
        }
        let target = self.stage.dead_letter_target.as_deref();
        if let Some(sentence) = target.and_then(|target| self.destination_fault(target, DestinationKind::DEAD_LETTER)) {
            self.fault(["dead_letter_target"], sentence);
        }
    }

    /// The fault of a destination of asynchronous invocations that failed.
    pub(super) fn asynchronous_fault(&self, destination: &str) -> Option<String> {
        self.destination_fault(destination, DestinationKind::ASYNCHRONOUS)
    }

    /// The fault of a destination of failures, which is of one of these kinds.
    pub(super) fn destination_fault(&self, destination: &str, kinds: &[DestinationKind]) -> Option<String> {
        if destination.is_empty() {
            return Some(
                "the destination is empty: a logical id of `resources`, an ARN or the name of a queue".to_owned(),
            );
        }
        let found = DestinationKind::of(destination, &self.stage.resources);
        if found.is_none_or(|found| !kinds.contains(&found)) {
            let types: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.resource_type())).collect();
            return Some(format!("`{destination}` is none of the types that failures can go to: {}", types.join(", ")));
        }
        let is_name = !destination.starts_with("arn:") && !self.stage.resources.contains_key(destination);
        if is_name && let Some(sentence) = source_name::fault(SourceKind::Sqs(destination), destination, self.region) {
            return Some(sentence);
        }
        let is_fifo = match self.stage.resources.get(destination) {
            Some(resource) => ["FifoQueue", "FifoTopic"].iter().any(|key| resource["Properties"][*key] == true),
            None => destination.ends_with(".fifo"),
        };
        is_fifo
            .then(|| format!("`{destination}` is FIFO, and Lambda sends failures to standard queues and topics alone"))
    }
}
