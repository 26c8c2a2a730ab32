//! Rules of schedules.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{
    super::{Schedule, SourceKind},
    Rules, source_name,
};
use crate::schedule::Expression;

impl Rules<'_> {
    pub(super) fn schedules(&mut self) {
        let mut names = BTreeSet::new();
        for (index, schedule) in self.stage.schedules.iter().enumerate() {
            let index = index.to_string();
            for (key, sentence) in schedule_faults(schedule) {
                self.fault(["schedules", &index, key], sentence);
            }
            let queue = schedule.dead_letter_queue.as_deref();
            if let Some(sentence) = queue.and_then(|queue| self.dead_letter_fault(queue)) {
                self.fault(["schedules", &index, "dead_letter_queue"], sentence);
            }
            if !names.insert(&schedule.name) {
                self.fault(["schedules", &index, "name"], format!("two schedules are named `{}`", schedule.name));
            }
        }
    }

    /// The fault of a schedule's dead-letter queue: a standard queue in the region of the schedule.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>
    fn dead_letter_fault(&self, queue: &str) -> Option<String> {
        let kind = SourceKind::Sqs(queue);
        let is_fifo = match self.stage.resources.get(queue) {
            Some(resource) if resource["Type"] != kind.resource_type() => {
                let found = resource["Type"].as_str().unwrap_or("no type");
                return Some(format!("resource `{queue}` is `{found}`, and a dead-letter queue is `AWS::SQS::Queue`"));
            }
            Some(resource) => resource["Properties"]["FifoQueue"] == true,
            None => {
                if let Some(sentence) = source_name::fault(kind, queue, self.region) {
                    return Some(sentence);
                }
                queue.ends_with(".fifo")
            }
        };
        is_fifo.then(|| format!("`{queue}` is FIFO, and Scheduler takes a standard queue"))
    }
}

fn schedule_faults(schedule: &Schedule) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if schedule.name.is_empty() {
        faults.push(("name", "`name` is missing here".to_owned()));
    } else if !is_schedule_name(&schedule.name) {
        let sentence = format!("`{}` is not a name of a schedule: 1 to 64 letters, digits and `-_.`", schedule.name);
        faults.push(("name", sentence));
    }
    let expression = &schedule.expression;
    if expression.is_empty() {
        faults.push(("expression", "`expression` is missing here".to_owned()));
    } else if let Err(error) = expression.parse::<Expression>() {
        faults.push(("expression", error.to_string()));
    }
    if let Some(zone) = &schedule.timezone {
        if expression.starts_with("rate(") {
            faults.push(("timezone", "a rate has no time zone".to_owned()));
        } else if !is_zone(zone) {
            faults.push(("timezone", format!("`{zone}` is not a time zone, such as `Europe/Berlin`")));
        }
    }
    for (key, time) in [("start", &schedule.start), ("end", &schedule.end)] {
        if let Some(time) = time.as_deref().filter(|time| !is_utc_time(time)) {
            faults.push((key, format!("`{time}` is not a time in UTC, such as `2027-01-31T03:00:00Z`")));
        }
    }
    if let (Some(start), Some(end)) = (&schedule.start, &schedule.end)
        && start >= end
    {
        faults.push(("end", "`end` is not after `start`".to_owned()));
    }
    faults
}

/// The pattern of EventBridge Scheduler: `[0-9a-zA-Z-_.]+`, 64 characters at most.
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
pub(super) fn is_schedule_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// `2027-01-31T03:00:00Z`.
pub(super) fn is_utc_time(time: &str) -> bool {
    time::PrimitiveDateTime::parse(
        time,
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"),
    )
    .is_ok()
}

/// A name of the time zone database, as it is written there: an area and a location, or `UTC`.
pub(super) fn is_zone(zone: &str) -> bool {
    let is_word = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    zone.split('/').all(is_word) && TimeZone::get(zone).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert!(is_zone("Europe/Berlin") && is_zone("UTC") && is_zone("America/Argentina/Ushuaia"));
        assert!(!is_zone("Europe/Berlim") && !is_zone("Berlin time") && !is_zone("europe/berlin") && !is_zone(""));
    }
}
