//! Warnings of schedules that never fire, or whose start Scheduler refuses.

use jiff::{Timestamp, tz::TimeZone};

use super::super::{Schedule, Stage};
use crate::schedule::{Expression, Timetable};

/// The warnings of a stage's schedules at a time.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str, now: Timestamp) -> impl Iterator<Item = String> + 'a {
    stage.schedules.iter().filter_map(move |schedule| {
        let found = warning(schedule, now)?;
        Some(format!("stage `{name}`: schedule `{}` {found}", schedule.name))
    })
}

/// What is unusual about the times of a schedule that passed the rules.
fn warning(schedule: &Schedule, now: Timestamp) -> Option<String> {
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let (start, end) = (time(&schedule.start), time(&schedule.end));
    let zone = schedule.timezone.as_deref().unwrap_or("UTC");
    let timetable = Timetable {
        expression: schedule.expression.parse::<Expression>().ok()?,
        zone: TimeZone::get(zone).ok()?,
        start,
        end,
    };
    if timetable.next(now, now).is_none() {
        return Some(match end {
            Some(end) if end <= now => format!("never fires again: its `end` is past, `{end}`"),
            _ => format!("never fires: `{}` has no time after now in {zone}", schedule.expression),
        });
    }
    // <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
    let start = start.filter(|start| *start < now)?;
    Some(format!("has a `start` in the past, `{start}`: Scheduler refuses that when it creates the schedule"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_never_fires_is_a_warning() {
        let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let schedule = |expression: &str, zone: Option<&str>, start: Option<&str>, end: Option<&str>| Schedule {
            expression: expression.to_owned(),
            timezone: zone.map(str::to_owned),
            start: start.map(str::to_owned),
            end: end.map(str::to_owned),
            ..Schedule::default()
        };
        let berlin = Some("Europe/Berlin");
        let past = Some("2020-01-01T00:00:00Z");
        for (schedule, expected) in [
            (schedule("cron(0 3 * * ? *)", berlin, None, None), ""),
            (schedule("rate(5 minutes)", None, None, None), ""),
            (schedule("cron(0 3 29 2 ? *)", None, None, None), ""),
            (schedule("cron(0 0 31 2 ? *)", None, None, None), "never fires"),
            (schedule("cron(0 3 29 2 ? 2027)", None, None, None), "never fires"),
            (schedule("cron(0 3 * * ? 2020)", None, None, None), "never fires"),
            (schedule("at(2020-01-01T00:00:00)", None, None, None), "never fires"),
            (schedule("at(2027-03-28T02:30:00)", berlin, None, None), "never fires"),
            (schedule("rate(5 minutes)", None, None, past), "its `end` is past"),
            (schedule("rate(5 minutes)", None, past, None), "a `start` in the past"),
        ] {
            let found = warning(&schedule, now).unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{}: {found}", schedule.expression);
            assert!(found.contains(expected), "{}: {found}", schedule.expression);
        }
    }
}
