//! Drift of schedules: what the stack says, compared with what EventBridge Scheduler has. Pure.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::schedule::{ScheduleField, ScheduleFields};

/// Whether a schedule runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScheduleState {
    Enabled,
    Disabled,
}

impl ScheduleState {
    /// The state of a schedule that runs or does not.
    pub(crate) fn of(is_enabled: bool) -> Self {
        if is_enabled { Self::Enabled } else { Self::Disabled }
    }

    /// The word for users, as `--json` writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// A schedule as the stack says or as EventBridge Scheduler has it. A field that one side does not know is not compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ScheduleFacts {
    pub(crate) name: String,
    pub(crate) state: ScheduleState,
    pub(crate) fields: ScheduleFields,
}

/// One difference of one schedule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ScheduleDrift {
    pub(crate) schedule: String,
    pub(crate) kind: ScheduleDriftKind,
}

/// One difference, with what was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ScheduleDriftKind {
    /// The stack has it, and Scheduler does not.
    Missing,
    /// The group has it, and the stack does not.
    Unknown,
    State(ScheduleState),
    Field(ScheduleField, Option<String>),
}

impl Serialize for ScheduleDrift {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_found = !matches!(self.kind, ScheduleDriftKind::Missing | ScheduleDriftKind::Unknown);
        let mut drift = serializer.serialize_struct("ScheduleDrift", if has_found { 3 } else { 2 })?;
        drift.serialize_field("schedule", &self.schedule)?;
        match &self.kind {
            ScheduleDriftKind::Missing => drift.serialize_field("kind", "missing")?,
            ScheduleDriftKind::Unknown => drift.serialize_field("kind", "unknown")?,
            ScheduleDriftKind::State(state) => {
                drift.serialize_field("kind", "state")?;
                drift.serialize_field("found", state)?;
            }
            ScheduleDriftKind::Field(field, found) => {
                drift.serialize_field("kind", field)?;
                drift.serialize_field("found", found)?;
            }
        }
        drift.end()
    }
}

impl ScheduleDriftKind {
    /// Whether an update of the schedule restores it.
    pub(crate) fn is_restorable(&self) -> bool {
        !matches!(self, Self::Missing | Self::Unknown)
    }

    /// Whether it is about the same, whatever was found.
    fn is_about_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::State(_), Self::State(_)) => true,
            (Self::Field(one, _), Self::Field(other, _)) => one == other,
            _ => self == other,
        }
    }
}

impl ScheduleDrift {
    /// Whether it is among others of the same schedule, whatever was found.
    pub(crate) fn is_among(&self, others: &[Self]) -> bool {
        others.iter().any(|other| self.schedule == other.schedule && self.kind.is_about_same(&other.kind))
    }

    /// What restores it, where the stack's schedules are to be in a state.
    pub(crate) fn remedy(&self, state: Option<ScheduleState>) -> String {
        match (&self.kind, state) {
            (ScheduleDriftKind::Missing, _) => {
                "a deploy without it, which asks for confirmation (`--yes` answers), and one with it recreates it"
                    .to_owned()
            }
            (ScheduleDriftKind::Unknown, _) => "no command changes it".to_owned(),
            (_, Some(ScheduleState::Disabled)) => "`zappa-rs unschedule` restores it".to_owned(),
            _ => "`zappa-rs schedule` restores it".to_owned(),
        }
    }

    /// What a schedule is after the update that ended the difference, and what it was before.
    pub(crate) fn ended(&self) -> String {
        let name = &self.schedule;
        match &self.kind {
            ScheduleDriftKind::Missing => format!("`{name}` exists (did not exist)"),
            ScheduleDriftKind::Unknown => format!("`{name}` is in the stack (was not)"),
            ScheduleDriftKind::State(ScheduleState::Enabled) => format!("`{name}` is disabled (was enabled)"),
            ScheduleDriftKind::State(ScheduleState::Disabled) => format!("`{name}` is enabled (was disabled)"),
            ScheduleDriftKind::Field(ScheduleField::Target, Some(target)) => {
                format!("`{name}` has the stack's target (invoked `{target}`)")
            }
            ScheduleDriftKind::Field(field, found) => {
                let noun = field.noun();
                let had = found.as_ref().map_or_else(|| "had none".to_owned(), |found| format!("had `{found}`"));
                format!("`{name}` has the stack's {noun} ({had})")
            }
        }
    }
}

impl fmt::Display for ScheduleDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schedule `{}` ", self.schedule)?;
        match &self.kind {
            ScheduleDriftKind::Missing => f.write_str("does not exist"),
            ScheduleDriftKind::Unknown => f.write_str("is in the stage's group, but not in the stack"),
            ScheduleDriftKind::State(state) => write!(f, "is {}", state.word()),
            ScheduleDriftKind::Field(ScheduleField::Target, Some(target)) => write!(f, "invokes `{target}`"),
            ScheduleDriftKind::Field(field, Some(found)) => write!(f, "has the {} `{found}`", field.noun()),
            ScheduleDriftKind::Field(field, None) => write!(f, "has no {}", field.noun()),
        }
    }
}

/// Compares the schedules of a stack with those of its group.
pub(crate) fn schedule_drift(wanted: &[ScheduleFacts], found: &[ScheduleFacts]) -> Vec<ScheduleDrift> {
    let by_name = |all: &[ScheduleFacts], name: &str| all.iter().position(|schedule| schedule.name == name);
    let of_wanted = wanted.iter().flat_map(|wanted| {
        let kinds = match by_name(found, &wanted.name) {
            Some(index) => differences(wanted, &found[index]),
            None => vec![ScheduleDriftKind::Missing],
        };
        kinds.into_iter().map(|kind| ScheduleDrift { schedule: wanted.name.clone(), kind })
    });
    let unknown = found.iter().filter(|schedule| by_name(wanted, &schedule.name).is_none());
    let unknown =
        unknown.map(|schedule| ScheduleDrift { schedule: schedule.name.clone(), kind: ScheduleDriftKind::Unknown });
    of_wanted.chain(unknown).collect()
}

fn differences(wanted: &ScheduleFacts, found: &ScheduleFacts) -> Vec<ScheduleDriftKind> {
    let state = (wanted.state != found.state).then_some(ScheduleDriftKind::State(found.state));
    let fields = wanted.fields.iter().filter_map(|(field, wanted)| {
        let found = found.fields.get(field)?;
        let is_same = field.is_same(wanted.as_deref(), found.as_deref());
        (!is_same).then(|| ScheduleDriftKind::Field(*field, found.clone()))
    });
    state.into_iter().chain(fields).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A schedule with all of its fields, and another value of one.
    fn facts(name: &str, other: Option<(ScheduleField, Option<&str>)>) -> ScheduleFacts {
        let fields = [
            (ScheduleField::Target, Some("arn:live")),
            (ScheduleField::Expression, Some("rate(1 hour)")),
            (ScheduleField::Timezone, Some("UTC")),
            (ScheduleField::End, None),
            (ScheduleField::Input, Some("{\"name\":\"a\"}")),
        ];
        let fields = fields.into_iter().chain(other).map(|(field, value)| (field, value.map(str::to_owned)));
        ScheduleFacts { name: name.to_owned(), state: ScheduleState::Disabled, fields: fields.collect() }
    }

    fn enabled(facts: ScheduleFacts) -> ScheduleFacts {
        ScheduleFacts { state: ScheduleState::Enabled, ..facts }
    }

    fn sentences(wanted: &[ScheduleFacts], found: &[ScheduleFacts]) -> Vec<String> {
        schedule_drift(wanted, found).iter().map(ScheduleDrift::to_string).collect()
    }

    #[test]
    fn each_change_by_hand_is_named_with_what_was_found() {
        let mut listed = facts("a", None);
        listed.fields.retain(|field, _| *field == ScheduleField::Target);
        let with = |field, value| vec![facts("a", Some((field, value)))];
        for (found, sentence) in [
            (vec![facts("a", None)], None),
            (vec![], Some("schedule `a` does not exist")),
            (vec![enabled(facts("a", None))], Some("schedule `a` is enabled")),
            (with(ScheduleField::Target, Some("arn:x")), Some("schedule `a` invokes `arn:x`")),
            (
                with(ScheduleField::Expression, Some("rate(1 minute)")),
                Some("schedule `a` has the expression `rate(1 minute)`"),
            ),
            (with(ScheduleField::Timezone, Some("Asia/Tokyo")), Some("schedule `a` has the time zone `Asia/Tokyo`")),
            (
                with(ScheduleField::Input, Some("{\"name\":\"other\"}")),
                Some("schedule `a` has the input `{\"name\":\"other\"}`"),
            ),
            (with(ScheduleField::Input, None), Some("schedule `a` has no input")),
            (
                with(ScheduleField::End, Some("2020-01-01T00:00:00Z")),
                Some("schedule `a` has the end date `2020-01-01T00:00:00Z`"),
            ),
            // The template says nothing of it.
            (with(ScheduleField::Retries, Some("185")), None),
            (
                vec![facts("a", None), facts("b", None)],
                Some("schedule `b` is in the stage's group, but not in the stack"),
            ),
            // A listing has states and targets only.
            (vec![listed], None),
        ] {
            assert_eq!(
                sentences(&[facts("a", None)], &found),
                sentence.map(str::to_owned).into_iter().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn all_differences_of_a_schedule_are_found_and_the_json_names_them() {
        let mut found = enabled(facts("a", Some((ScheduleField::Expression, Some("rate(1 minute)")))));
        found.fields.insert(ScheduleField::Input, None);
        let drift = schedule_drift(&[facts("a", None), facts("b", None)], &[found]);
        assert_eq!(
            json!(drift),
            json!([
                { "schedule": "a", "kind": "state", "found": "enabled" },
                { "schedule": "a", "kind": "expression", "found": "rate(1 minute)" },
                { "schedule": "a", "kind": "input", "found": null },
                { "schedule": "b", "kind": "missing" },
            ])
        );
        assert_eq!(drift[0].ended(), "`a` is disabled (was enabled)");
        assert_eq!(drift[2].ended(), "`a` has the stack's input (had none)");
        assert!(drift[1].kind.is_restorable() && !drift[3].kind.is_restorable());
    }

    #[test]
    fn what_still_differs_after_an_update_is_recognized_whatever_it_is_now() {
        let drift = |field, value| schedule_drift(&[facts("a", None)], &[facts("a", Some((field, value)))]).remove(0);
        let before = drift(ScheduleField::Timezone, Some("Asia/Tokyo"));
        assert!(before.is_among(&[drift(ScheduleField::Timezone, Some("Europe/Berlin"))]));
        assert!(!before.is_among(&[drift(ScheduleField::Expression, Some("rate(2 hours)"))]));
        assert!(!before.is_among(&[]));
    }
}
