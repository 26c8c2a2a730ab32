//! ARNs of sources and queues, by the names that the settings have for them.

use serde_json::Value;

use super::Input;
use crate::settings::SourceKind;

/// The ARN of a source.
pub(super) fn arn(input: &Input<'_>, kind: SourceKind<'_>) -> Value {
    kind.arn(|id| input.stage.resources.contains_key(id))
}

/// The ARN of a queue: a logical id of the settings, an ARN or a name.
pub(super) fn queue_arn(input: &Input<'_>, queue: &str) -> Value {
    arn(input, SourceKind::Sqs(queue))
}
