//! The fields of a schedule that may be changed by hand, as texts: in a template and in EventBridge Scheduler.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// A field of a schedule, beside its state.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScheduleField {
    /// The ARN of what it invokes.
    Target,
    Expression,
    Timezone,
    /// RFC 3339.
    Start,
    /// RFC 3339.
    End,
    /// The size of its window; none where it fires at the minute.
    FlexibleMinutes,
    /// The event that it sends.
    Input,
    /// How often Scheduler repeats a call that failed.
    Retries,
    /// How old, in seconds, an event of Scheduler may become.
    MaxAge,
    /// The ARN of the queue for events that were given up.
    DeadLetterQueue,
}

/// The known fields of a schedule; `None` for one that it does not have.
pub(crate) type ScheduleFields = BTreeMap<ScheduleField, Option<String>>;

impl ScheduleField {
    pub(crate) const ALL: [Self; 10] = [
        Self::Target,
        Self::Expression,
        Self::Timezone,
        Self::Start,
        Self::End,
        Self::FlexibleMinutes,
        Self::Input,
        Self::Retries,
        Self::MaxAge,
        Self::DeadLetterQueue,
    ];

    /// The field for users.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Expression => "expression",
            Self::Timezone => "time zone",
            Self::Start => "start date",
            Self::End => "end date",
            Self::FlexibleMinutes => "flexible window in minutes",
            Self::Input => "input",
            Self::Retries => "number of retries",
            Self::MaxAge => "maximum age of events in seconds",
            Self::DeadLetterQueue => "dead-letter queue",
        }
    }

    /// Whether two texts mean the same: inputs are JSON, and dates have several notations.
    pub(crate) fn is_same(self, one: Option<&str>, other: Option<&str>) -> bool {
        let (Some(one), Some(other)) = (one, other) else { return one == other };
        let is_same_date = || match (one.parse::<Timestamp>(), other.parse::<Timestamp>()) {
            (Ok(one), Ok(other)) => one.as_second() == other.as_second(),
            _ => false,
        };
        let is_same_json = || match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        one == other
            || match self {
                Self::Start | Self::End => is_same_date(),
                Self::Input => is_same_json(),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_inputs_are_compared_by_their_meaning_and_other_fields_as_texts() {
        let same = |field: ScheduleField, one, other| field.is_same(Some(one), Some(other));
        assert!(same(ScheduleField::Start, "2030-01-01T01:00:00+01:00", "2030-01-01T00:00:00Z"));
        assert!(!same(ScheduleField::End, "2030-01-01T01:00:00Z", "2030-01-01T00:00:00Z"));
        assert!(same(ScheduleField::Input, r#"{"a": 1, "b": 2}"#, r#"{"b":2,"a":1}"#));
        assert!(!same(ScheduleField::Input, r#"{"name":"nightly"}"#, r#"{"name":"other"}"#));
        assert!(!same(ScheduleField::Expression, "rate(1 hour)", "rate(1  hour)"));
        assert!(!ScheduleField::End.is_same(None, Some("2030-01-01T00:00:00Z")));
        assert!(ScheduleField::End.is_same(None, None));
    }
}
