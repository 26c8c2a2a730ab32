//! Drift of schedules: what the stack says, compared with what EventBridge Scheduler has. Pure.

use std::fmt;

use serde::Serialize;

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

/// A schedule as the stack says or as EventBridge Scheduler has it. A field that is `None` on either side is not compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ScheduleFacts {
    pub(crate) name: String,
    pub(crate) state: ScheduleState,
    /// The ARN of what it invokes.
    pub(crate) target: Option<String>,
    pub(crate) expression: Option<String>,
    pub(crate) timezone: Option<String>,
}

/// One difference of one schedule.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct ScheduleDrift {
    pub(crate) schedule: String,
    #[serde(flatten)]
    pub(crate) kind: ScheduleDriftKind,
}

/// One difference, with what was found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "found")]
pub(crate) enum ScheduleDriftKind {
    /// The stack has it, and Scheduler does not.
    Missing,
    /// The group has it, and the stack does not.
    Unknown,
    State(ScheduleState),
    Target(String),
    Expression(String),
    Timezone(String),
}

impl ScheduleDriftKind {
    /// Whether an update of the schedule restores it.
    pub(crate) fn is_restorable(&self) -> bool {
        !matches!(self, Self::Missing | Self::Unknown)
    }
}

impl ScheduleDrift {
    /// The difference as it was before it was restored.
    pub(crate) fn past(&self) -> String {
        let name = &self.schedule;
        match &self.kind {
            ScheduleDriftKind::Missing => format!("`{name}` did not exist"),
            ScheduleDriftKind::Unknown => format!("`{name}` was not in the stack"),
            ScheduleDriftKind::State(state) => format!("`{name}` was {}", state.word()),
            ScheduleDriftKind::Target(target) => format!("`{name}` invoked `{target}`"),
            ScheduleDriftKind::Expression(expression) => format!("`{name}` had the expression `{expression}`"),
            ScheduleDriftKind::Timezone(zone) => format!("`{name}` had the time zone `{zone}`"),
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
            ScheduleDriftKind::Target(target) => write!(f, "invokes `{target}`"),
            ScheduleDriftKind::Expression(expression) => write!(f, "has the expression `{expression}`"),
            ScheduleDriftKind::Timezone(zone) => write!(f, "has the time zone `{zone}`"),
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
    let other = |wanted: &Option<String>, found: &Option<String>| match (wanted, found) {
        (Some(wanted), Some(found)) if wanted != found => Some(found.clone()),
        _ => None,
    };
    let state = (wanted.state != found.state).then_some(ScheduleDriftKind::State(found.state));
    [
        state,
        other(&wanted.target, &found.target).map(ScheduleDriftKind::Target),
        other(&wanted.expression, &found.expression).map(ScheduleDriftKind::Expression),
        other(&wanted.timezone, &found.timezone).map(ScheduleDriftKind::Timezone),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(name: &str) -> ScheduleFacts {
        ScheduleFacts {
            name: name.to_owned(),
            state: ScheduleState::Disabled,
            target: Some("arn:live".to_owned()),
            expression: Some("rate(1 hour)".to_owned()),
            timezone: Some("UTC".to_owned()),
        }
    }

    fn sentences(wanted: &[ScheduleFacts], found: &[ScheduleFacts]) -> Vec<String> {
        schedule_drift(wanted, found).iter().map(ScheduleDrift::to_string).collect()
    }

    #[test]
    fn each_change_by_hand_is_named_with_what_was_found() {
        let other = |text: &str| Some(text.to_owned());
        for (found, sentence) in [
            (vec![facts("a")], None),
            (vec![], Some("schedule `a` does not exist")),
            (vec![ScheduleFacts { state: ScheduleState::Enabled, ..facts("a") }], Some("schedule `a` is enabled")),
            (vec![ScheduleFacts { target: other("arn:x"), ..facts("a") }], Some("schedule `a` invokes `arn:x`")),
            (
                vec![ScheduleFacts { expression: other("rate(1 minute)"), ..facts("a") }],
                Some("schedule `a` has the expression `rate(1 minute)`"),
            ),
            (
                vec![ScheduleFacts { timezone: other("Asia/Tokyo"), ..facts("a") }],
                Some("schedule `a` has the time zone `Asia/Tokyo`"),
            ),
            (vec![facts("a"), facts("b")], Some("schedule `b` is in the stage's group, but not in the stack")),
            // A listing says neither expression nor time zone.
            (vec![ScheduleFacts { expression: None, timezone: None, ..facts("a") }], None),
        ] {
            assert_eq!(sentences(&[facts("a")], &found), sentence.map(str::to_owned).into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn all_differences_of_a_schedule_are_found_and_the_json_names_them() {
        let found = ScheduleFacts {
            state: ScheduleState::Enabled,
            expression: Some("rate(1 minute)".to_owned()),
            ..facts("a")
        };
        let drift = schedule_drift(&[facts("a"), facts("b")], &[found]);
        assert_eq!(
            json!(drift),
            json!([
                { "schedule": "a", "kind": "state", "found": "enabled" },
                { "schedule": "a", "kind": "expression", "found": "rate(1 minute)" },
                { "schedule": "b", "kind": "missing" },
            ])
        );
        assert_eq!(drift[0].past(), "`a` was enabled");
        assert!(drift[1].kind.is_restorable() && !drift[2].kind.is_restorable());
    }
}
