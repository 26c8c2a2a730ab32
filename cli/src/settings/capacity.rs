//! Provisioned concurrency as a type: a number of instances, or a range that follows use and a timetable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Instances that are started before they are needed: a number, or a table of `min`, `max` and what moves between them.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Provisioned {
    /// So many all the time.
    Count(#[schemars(range(min = 1))] u32),
    /// As many as are used, or as the timetable says.
    Range(ProvisionedRange),
}

/// A range of provisioned instances, which Application Auto Scaling moves in.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProvisionedRange {
    /// The least, with which every deploy begins again.
    #[schemars(range(min = 1))]
    pub(crate) min: u32,
    /// The most.
    #[schemars(range(min = 1))]
    pub(crate) max: u32,
    /// The share of the instances that are to be at work, 0.1 to 0.9: more are provisioned above it and fewer below. Without it
    /// only the timetable changes their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) utilization: Option<f64>,
    /// When the range changes, each `{ expression, timezone, min, max }`.
    #[serde(default)]
    pub(crate) schedules: Vec<ProvisionedSchedule>,
}

/// A time at which the range of provisioned instances changes, until the next one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProvisionedSchedule {
    /// When: `cron(0 7 ? * MON-FRI *)`, `rate(1 hour)` or `at(2027-01-31T03:00:00)`.
    pub(crate) expression: String,
    /// The time zone of the expression. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timezone: Option<String>,
    /// The least from then on.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<u32>,
    /// The most from then on.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<u32>,
}

impl Provisioned {
    /// How many instances the alias begins with.
    pub(crate) fn min(&self) -> u32 {
        match self {
            Self::Count(count) => *count,
            Self::Range(range) => range.min,
        }
    }

    /// The most that there may ever be.
    pub(crate) fn max(&self) -> u32 {
        match self {
            Self::Count(count) => *count,
            Self::Range(range) => {
                range.schedules.iter().filter_map(|schedule| schedule.max.max(schedule.min)).fold(range.max, u32::max)
            }
        }
    }

    /// The range, where it is one.
    pub(crate) fn range(&self) -> Option<&ProvisionedRange> {
        match self {
            Self::Count(_) => None,
            Self::Range(range) => Some(range),
        }
    }
}
