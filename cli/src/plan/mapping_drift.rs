//! Drift of event source mappings: what the stack says, compared with what Lambda has. Pure.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use super::mapping_field::{MappingField, Source};

/// An event source mapping as the stack says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WantedMapping {
    /// Its UUID; `None` where the stack never had it.
    pub(crate) id: Option<String>,
    /// What users call it: the event of the settings, else the logical id.
    pub(crate) name: String,
    /// Whether it polls; `None` is not compared.
    pub(crate) is_enabled: Option<bool>,
    /// The properties of the template. What only CloudFormation knows is not compared.
    pub(crate) properties: Value,
}

/// An event source mapping as Lambda has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundMapping {
    pub(crate) id: String,
    /// The ARN of its source; of a cluster without one, its servers and topic.
    pub(crate) source: Option<String>,
    /// Lambda's word for the state, such as `Enabled` or `Disabling`.
    pub(crate) state: String,
    /// Its properties, by the names and in the shape of the template.
    pub(crate) properties: Value,
}

/// One difference of one mapping.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MappingDrift {
    /// The event of the settings, or the source of a mapping that is not the stack's.
    pub(crate) event: String,
    /// The mapping's UUID.
    pub(crate) mapping: Option<String>,
    pub(crate) kind: MappingDriftKind,
    /// The flags of AWS's command line that name region and endpoint, each after a space.
    pub(crate) cli_flags: String,
}

/// One difference, with what was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MappingDriftKind {
    /// The stack has it, and the function's alias does not.
    Missing {
        /// Where a new one begins in a stream or topic: CloudFormation's word.
        position: Option<String>,
    },
    /// The alias has it, and the stack does not.
    Unknown,
    State {
        found: String,
    },
    Field(FieldDrift),
}

/// A property that differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldDrift {
    field: MappingField,
    source: Source,
    found: Value,
    wanted: Value,
    /// Whether the stack leaves the property to Lambda's default.
    is_default: bool,
}

impl Serialize for MappingDrift {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut drift = serializer.serialize_map(None)?;
        drift.serialize_entry("event", &self.event)?;
        if let Some(id) = &self.mapping {
            drift.serialize_entry("mapping", id)?;
        }
        match &self.kind {
            MappingDriftKind::Missing { .. } => drift.serialize_entry("kind", "missing")?,
            MappingDriftKind::Unknown => drift.serialize_entry("kind", "unknown")?,
            MappingDriftKind::State { found } => {
                drift.serialize_entry("kind", "state")?;
                drift.serialize_entry("found", found)?;
            }
            MappingDriftKind::Field(FieldDrift { field, found, wanted, .. }) => {
                drift.serialize_entry("kind", field)?;
                drift.serialize_entry("found", found)?;
                drift.serialize_entry("wanted", wanted)?;
            }
        }
        drift.end()
    }
}

impl MappingDrift {
    /// What restores it.
    pub(crate) fn remedy(&self) -> String {
        let command = |verb: &str, flag: &str| {
            let id = self.mapping.as_deref().unwrap_or_default();
            format!("`aws lambda {verb}-event-source-mapping{} --uuid {id}{flag}`", self.cli_flags)
        };
        match &self.kind {
            MappingDriftKind::Missing { position } => recreate(position.as_deref()),
            MappingDriftKind::Unknown => format!("{} removes it", command("delete", "")),
            MappingDriftKind::State { found } => {
                let flag = if is_enabled(found) { " --no-enabled" } else { " --enabled" };
                format!("{} restores it", command("update", flag))
            }
            MappingDriftKind::Field(FieldDrift { field, source, wanted, .. }) => match field.flag(wanted, *source) {
                Some(flag) => format!("{} restores it", command("update", &format!(" {flag}"))),
                None => format!("Lambda does not set its default again: {}", recreate(None)),
            },
        }
    }

    /// Whether it may be a gap of an emulator, whose defaults are its own, and not a change by hand.
    pub(crate) fn may_be_of_an_emulator(&self) -> bool {
        let MappingDriftKind::Field(drift) = &self.kind else { return false };
        let is_its_default = drift.is_default && drift.source != Source::Queue;
        drift.field.is_unknown_to_emulators() || (drift.field == MappingField::BatchSize && is_its_default)
    }
}

/// How a mapping is recreated, and what that does to the records of a stream.
fn recreate(position: Option<&str>) -> String {
    let records = match position {
        Some("LATEST") => "; it skips the records in between (`starting_position = \"latest\"`)",
        Some("TRIM_HORIZON") => "; it handles all stored records again (`starting_position = \"trim_horizon\"`)",
        Some(_) => "; it handles the records since `starting_time` again",
        None => "",
    };
    format!(
        "a deploy without the event, which asks for confirmation (`--yes` answers), and one with it recreates it{records}"
    )
}

impl fmt::Display for MappingDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = &self.event;
        match &self.kind {
            MappingDriftKind::Missing { .. } => {
                write!(f, "the event source mapping of `{event}` does not exist, or invokes something else")
            }
            MappingDriftKind::Unknown => {
                write!(f, "`{event}` has an event source mapping that is not in the stack")
            }
            MappingDriftKind::State { found: state } => {
                write!(f, "the event source mapping of `{event}` is {}", state.to_lowercase())
            }
            MappingDriftKind::Field(FieldDrift { field, source, found, .. }) => {
                write!(f, "the event source mapping of `{event}` {}", field.words(found, *source))
            }
        }
    }
}

/// Compares the mappings of a stack with those to its aliases.
pub(crate) fn mapping_drift(wanted: &[WantedMapping], found: &[FoundMapping], cli_flags: &str) -> Vec<MappingDrift> {
    let drift = |event: &str, mapping: Option<&String>, kind: MappingDriftKind| MappingDrift {
        event: event.to_owned(),
        mapping: mapping.cloned(),
        kind,
        cli_flags: cli_flags.to_owned(),
    };
    let of_wanted = wanted.iter().flat_map(|wanted| {
        let id = wanted.id.as_ref();
        let kinds = match found.iter().find(|found| Some(&found.id) == id) {
            Some(found) => differences(wanted, found),
            None => {
                let position = wanted.properties["StartingPosition"].as_str().map(str::to_owned);
                vec![MappingDriftKind::Missing { position }]
            }
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
    let source = Source::of(found.source.as_deref());
    let fields = MappingField::ALL.into_iter().filter_map(|field| difference(field, source, wanted, found));
    state.into_iter().chain(fields.map(MappingDriftKind::Field)).collect()
}

fn difference(field: MappingField, source: Source, wanted: &WantedMapping, found: &FoundMapping) -> Option<FieldDrift> {
    if !field.is_comparable(&wanted.properties, &found.properties) {
        return None;
    }
    let (said, found) = (field.read(&wanted.properties)?, field.read(&found.properties)?);
    let or_default = |value: Value| if value.is_null() { field.default(source) } else { value };
    let is_default = said.is_null();
    let (wanted, found) = (or_default(said), or_default(found));
    (wanted != found).then_some(FieldDrift { field, source, found, wanted, is_default })
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
#[path = "mapping_drift_test.rs"]
mod tests;
