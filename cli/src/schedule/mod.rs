//! Schedule expressions of EventBridge Scheduler, and the times at which they fire; the fields of a schedule.
//!
//! Pure: nothing here reads a clock.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

mod context;
mod cron;
mod field;

use std::str::FromStr;

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

pub(crate) use context::{SCHEDULE_ARN, delivered};
use cron::Cron;
pub(crate) use field::{ScheduleField, ScheduleFields};

/// The form of the time in `at(…)`.
const AT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// A schedule expression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Expression {
    /// `rate(5 minutes)`: in hours of 60 minutes and days of 24 hours, whatever a time zone does.
    Rate(SignedDuration),
    /// `cron(0 3 * * ? *)`.
    Cron(Box<Cron>),
    /// `at(2027-01-31T03:00:00)`.
    At(DateTime),
}

/// An expression that Scheduler does not take.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ExpressionError {
    #[error("`{0}` is not a schedule: `rate(5 minutes)`, `cron(0 3 * * ? *)` or `at(2027-01-31T03:00:00)`")]
    Form(String),
    #[error(
        "`{0}` is not a rate: a number and `minute`, `hour` or `day`, with an `s` unless the number is 1, as in `rate(5 minutes)` or `rate(1 hour)`"
    )]
    Rate(String),
    #[error(
        "`{0}` is not a one-time schedule: a local time without a zone, as in `at(2027-01-31T03:00:00)`; `timezone` names the zone"
    )]
    At(String),
    #[error("a cron expression has six fields (minute, hour, day of the month, month, day of the week, year), not {0}")]
    FieldCount(usize),
    #[error("one of the day of the month and the day of the week is `?`, and the other is not")]
    Days,
    #[error("`{text}` is not {field} of a cron expression: {expected}")]
    Field { field: &'static str, text: String, expected: &'static str },
}

/// An expression with its time zone and its bounds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Timetable {
    pub(crate) expression: Expression,
    /// The zone of a `cron` and an `at`.
    pub(crate) zone: TimeZone,
    /// Nothing fires before it; a rate counts from it.
    pub(crate) start: Option<Timestamp>,
    /// Nothing fires after it.
    pub(crate) end: Option<Timestamp>,
}

impl Timetable {
    /// The first time after `after`; `None` if there is none. `created` is where a rate without a start counts from, and
    /// its first time.
    pub(crate) fn next(&self, created: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let next = match &self.expression {
            Expression::Rate(interval) => next_of_rate(*interval, self.start.unwrap_or(created), after),
            Expression::Cron(cron) => {
                // The start itself may be a time of the schedule.
                let after = self.start.map_or(after, |start| after.max(start - SignedDuration::from_nanos(1)));
                next_of_cron(cron, &self.zone, after)
            }
            Expression::At(time) => {
                let time = resolve(&self.zone, *time)?;
                (time > after && self.start.is_none_or(|start| time >= start)).then_some(time)
            }
        }?;
        self.end.is_none_or(|end| next <= end).then_some(next)
    }
}

fn next_of_rate(interval: SignedDuration, first: Timestamp, after: Timestamp) -> Option<Timestamp> {
    if after < first {
        return Some(first);
    }
    let passed = after.duration_since(first).as_nanos().checked_div(interval.as_nanos())?;
    let offset = i32::try_from(passed + 1).ok().and_then(|count| interval.checked_mul(count))?;
    first.checked_add(offset).ok()
}

fn next_of_cron(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut local = zone.to_datetime(after);
    loop {
        local = cron.next(local)?;
        // In the repeated hour, what has fired in its first pass does not fire again in the second.
        if let Some(next) = resolve(zone, local).filter(|next| *next > after) {
            return Some(next);
        }
    }
}

/// The instant of a local time. A time that daylight saving skips in spring has none, and one that it repeats in autumn is
/// the first of the two: Scheduler skips the one and runs once at the other.
fn resolve(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { .. } => None,
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(cron) = inside("cron") {
            return Ok(Self::Cron(Box::new(cron.parse()?)));
        }
        if let Some(rate) = inside("rate") {
            return parse_rate(rate).map(Self::Rate).ok_or_else(|| ExpressionError::Rate(text.to_owned()));
        }
        let time = inside("at").ok_or_else(|| ExpressionError::Form(text.to_owned()))?;
        DateTime::strptime(AT_FORMAT, time).map(Self::At).map_err(|_| ExpressionError::At(text.to_owned()))
    }
}

/// `5 minutes`, `1 hour`: the unit is a plural unless the number is 1.
fn parse_rate(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_once(' ')?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = number.parse().ok().filter(|number| is_number && *number > 0)?;
    let unit = match number {
        1 => unit,
        _ => unit.strip_suffix('s')?,
    };
    let seconds = match unit {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(SignedDuration::from_secs)
}

#[cfg(test)]
#[path = "schedule_test.rs"]
mod tests;
