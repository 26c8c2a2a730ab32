//! Drift of event source mappings: what the stack says, compared with what Lambda has. Pure.

use std::fmt;

use serde::Serialize;

/// An event source mapping as the stack says it. A field that is `None` is not compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct WantedMapping {
    /// Its UUID; `None` where the stack never had it.
    pub(crate) id: Option<String>,
    /// What users call it: the event of the settings, else the logical id.
    pub(crate) name: String,
    pub(crate) is_enabled: Option<bool>,
    pub(crate) batch_size: Option<u64>,
}

/// An event source mapping as Lambda has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FoundMapping {
    pub(crate) id: String,
    /// The ARN of its source; of a cluster without one, its servers and topic.
    pub(crate) source: Option<String>,
    /// Lambda's word for the state, such as `Enabled` or `Disabling`.
    pub(crate) state: String,
    pub(crate) batch_size: Option<u64>,
}

/// One difference of one mapping.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct MappingDrift {
    /// The event of the settings, or the source of a mapping that is not the stack's.
    pub(crate) event: String,
    /// The mapping's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mapping: Option<String>,
    #[serde(flatten)]
    pub(crate) kind: MappingDriftKind,
}

/// One difference, with what was found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(crate) enum MappingDriftKind {
    /// The stack has it, and the function's alias does not.
    Missing,
    /// The alias has it, and the stack does not.
    Unknown,
    State {
        found: String,
    },
    BatchSize {
        found: u64,
        wanted: u64,
    },
}

impl MappingDrift {
    /// What restores it.
    pub(crate) fn remedy(&self) -> String {
        let Some(id) = &self.mapping else {
            return "a deploy without the event and one with it recreates it".to_owned();
        };
        match &self.kind {
            MappingDriftKind::Missing => "a deploy without the event and one with it recreates it".to_owned(),
            MappingDriftKind::Unknown => {
                format!("`aws lambda delete-event-source-mapping --uuid {id}` removes it")
            }
            MappingDriftKind::State { found: state } => {
                let flag = if is_enabled(state) { "--no-enabled" } else { "--enabled" };
                format!("`aws lambda update-event-source-mapping --uuid {id} {flag}` restores it")
            }
            MappingDriftKind::BatchSize { wanted, .. } => {
                format!("`aws lambda update-event-source-mapping --uuid {id} --batch-size {wanted}` restores it")
            }
        }
    }
}

impl fmt::Display for MappingDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = &self.event;
        match &self.kind {
            MappingDriftKind::Missing => {
                write!(f, "the event source mapping of `{event}` does not exist, or invokes something else")
            }
            MappingDriftKind::Unknown => {
                write!(f, "`{event}` has an event source mapping that is not in the stack")
            }
            MappingDriftKind::State { found: state } => {
                write!(f, "the event source mapping of `{event}` is {}", state.to_lowercase())
            }
            MappingDriftKind::BatchSize { found: size, .. } => {
                write!(f, "the event source mapping of `{event}` has batches of {size}")
            }
        }
    }
}

/// Compares the mappings of a stack with those to its aliases.
pub(crate) fn mapping_drift(wanted: &[WantedMapping], found: &[FoundMapping]) -> Vec<MappingDrift> {
    let drift = |event: &str, mapping: Option<&String>, kind: MappingDriftKind| MappingDrift {
        event: event.to_owned(),
        mapping: mapping.cloned(),
        kind,
    };
    let of_wanted = wanted.iter().flat_map(|wanted| {
        let id = wanted.id.as_ref();
        let kinds = match found.iter().find(|found| Some(&found.id) == id) {
            Some(found) => differences(wanted, found),
            None => vec![MappingDriftKind::Missing],
        };
        kinds.into_iter().map(move |kind| drift(&wanted.name, id, kind))
    });
    let unknown = found.iter().filter(|found| wanted.iter().all(|wanted| wanted.id.as_ref() != Some(&found.id)));
    let unknown = unknown
        .map(|found| drift(found.source.as_deref().unwrap_or("unknown"), Some(&found.id), MappingDriftKind::Unknown));
    of_wanted.chain(unknown).collect()
}

fn differences(wanted: &WantedMapping, found: &FoundMapping) -> Vec<MappingDriftKind> {
    let is_other_state =
        is_settled(&found.state) && wanted.is_enabled.is_some_and(|wanted| wanted != is_enabled(&found.state));
    let state = is_other_state.then(|| MappingDriftKind::State { found: found.state.clone() });
    let size = match (wanted.batch_size, found.batch_size) {
        (Some(wanted), Some(found)) if wanted != found => Some(MappingDriftKind::BatchSize { found, wanted }),
        _ => None,
    };
    state.into_iter().chain(size).collect()
}

/// Whether a mapping polls or is about to.
fn is_enabled(state: &str) -> bool {
    matches!(state, "Enabled" | "Enabling")
}

/// Whether the state says if the mapping is to poll: one that is created or updated may be either.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>
fn is_settled(state: &str) -> bool {
    matches!(state, "Enabled" | "Enabling" | "Disabled" | "Disabling" | "Deleting")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted() -> WantedMapping {
        WantedMapping {
            id: Some("u-1".to_owned()),
            name: "jobs".to_owned(),
            is_enabled: Some(true),
            batch_size: Some(10),
        }
    }

    fn found(id: &str, state: &str, batch_size: u64) -> FoundMapping {
        FoundMapping {
            id: id.to_owned(),
            source: Some("arn:queue".to_owned()),
            state: state.to_owned(),
            batch_size: Some(batch_size),
        }
    }

    #[test]
    fn each_change_by_hand_is_named_with_what_restores_it() {
        for (found, sentence, remedy) in [
            (
                vec![],
                "the event source mapping of `jobs` does not exist, or invokes something else",
                "a deploy without the event",
            ),
            (
                vec![found("u-1", "Disabled", 10)],
                "the event source mapping of `jobs` is disabled",
                "--uuid u-1 --enabled",
            ),
            (
                vec![found("u-1", "Enabled", 1)],
                "the event source mapping of `jobs` has batches of 1",
                "--batch-size 10",
            ),
            (
                vec![found("u-1", "Enabled", 10), found("u-2", "Enabled", 10)],
                "`arn:queue` has an event source mapping that is not in the stack",
                "delete-event-source-mapping --uuid u-2",
            ),
        ] {
            let drift = mapping_drift(&[wanted()], &found);
            assert_eq!(drift.iter().map(MappingDrift::to_string).collect::<Vec<_>>(), [sentence]);
            assert!(drift[0].remedy().contains(remedy), "{}", drift[0].remedy());
        }
        for state in ["Enabled", "Enabling", "Creating", "Updating"] {
            assert_eq!(mapping_drift(&[wanted()], &[found("u-1", state, 10)]), []);
        }
        let disabled = WantedMapping { is_enabled: Some(false), ..wanted() };
        let drift = mapping_drift(&[disabled], &[found("u-1", "Enabled", 10)]);
        assert!(drift[0].remedy().ends_with("--no-enabled` restores it"));
        assert_eq!(json!(drift), json!([{ "event": "jobs", "mapping": "u-1", "kind": "state", "found": "Enabled" }]));
    }

    #[test]
    fn what_the_template_leaves_open_is_not_compared() {
        let open = WantedMapping { is_enabled: None, batch_size: None, ..wanted() };
        assert_eq!(mapping_drift(&[open], &[found("u-1", "Disabled", 7)]), []);
    }
}
