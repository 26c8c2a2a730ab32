//! The inventory of registered handlers, which is part of the response to a keep-warm event: `zappa-rs deploy` compares it
//! with the events of the settings before traffic is shifted.

use std::collections::{BTreeMap, BTreeSet};

use crate::{contract, event::Source, write};

/// The names of the registered handlers by kind. Every kind that this version knows is there, also without a handler, so
/// that the tool tells a missing handler from a crate that is older than the kind.
#[derive(Debug)]
pub(crate) struct Inventory(BTreeMap<&'static str, BTreeSet<String>>);

impl Inventory {
    /// An inventory without handlers.
    pub(crate) fn new() -> Self {
        Self(contract::HANDLER_KINDS.iter().map(|kind| (*kind, BTreeSet::new())).collect())
    }

    /// Adds a handler; a kind that has no place in the settings is left out.
    pub(crate) fn add(&mut self, kind: Option<&str>, name: impl Into<String>) {
        if let Some(names) = kind.and_then(|kind| self.0.get_mut(kind)) {
            names.insert(name.into());
        }
    }

    /// Appends the inventory as a JSON object.
    pub(crate) fn push_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (index, (kind, names)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write::push_string(out, kind);
            out.extend_from_slice(b":[");
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write::push_string(out, name);
            }
            out.push(b']');
        }
        out.push(b'}');
    }
}

/// The kind of a source's handlers: the setting's name in `events`; those of `msk` are of `kafka`.
pub(crate) fn kind(source: Source) -> Option<&'static str> {
    Some(match source {
        Source::Sqs => "sqs",
        Source::Kinesis => "kinesis",
        Source::DynamoDb => "dynamodb",
        Source::Sns => "sns",
        Source::S3 => "s3",
        Source::CloudWatchLogs => "logs",
        Source::Kafka => "kafka",
        Source::Mq => "mq",
        Source::Ses => "ses",
        Source::Cognito => "cognito",
        Source::EventBridge => "pattern",
        _ => return None,
    })
}

/// The kind of the settings' events that the handler of a whole source gets.
pub(crate) fn kind_of_whole(source: Source) -> Option<&'static str> {
    match source {
        // A bucket sends by EventBridge. A rule's events name the rule, and only a handler of the rule gets them.
        Source::EventBridge => Some("s3"),
        Source::S3 => None,
        source => kind(source),
    }
}
