//! EventBridge Scheduler: fires the schedules of the stage by the clock, as asynchronous invocations.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{clock::Clock, cloud::Cloud, description::Schedule, invocation::Invocation, stamp};
use crate::schedule::delivered;

/// A schedule that waits for its time.
struct Entry {
    schedule: Schedule,
    created: Timestamp,
    next: Option<Timestamp>,
}

impl Entry {
    fn new(schedule: &Schedule, now: Timestamp) -> Self {
        Self { next: first(schedule, now), schedule: schedule.clone(), created: now }
    }
}

/// The first time of a schedule that is created now; `None` if it will not fire.
pub(crate) fn first(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    // Now is a time, too: that of a rate without a start.
    schedule.timetable.next(now, now - SignedDuration::from_nanos(1))
}

/// Fires schedules until there is no cloud any more. Times that were missed, as while the machine was suspended, fire once
/// and late.
pub(crate) async fn run(mut clouds: watch::Receiver<Arc<Cloud>>, clock: Clock) {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let cloud = Arc::clone(&clouds.borrow_and_update());
        update(&mut entries, cloud.schedules(), clock.now());
        let next = entries.iter().filter_map(|entry| entry.next).min();
        tokio::select! {
            changed = clouds.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            () = clock.wait_until(next) => {}
        }
        let now = clock.now();
        for entry in &mut entries {
            if let Some(time) = entry.next.filter(|time| *time <= now) {
                fire(&cloud, &entry.schedule, time);
                entry.next = entry.schedule.timetable.next(entry.created, now);
            }
        }
    }
}

/// Takes over new schedules; an unchanged one keeps its next time.
fn update(entries: &mut Vec<Entry>, schedules: &[Schedule], now: Timestamp) {
    entries.retain(|entry| schedules.contains(&entry.schedule));
    for schedule in schedules {
        if !entries.iter().any(|entry| entry.schedule == *schedule) {
            entries.push(Entry::new(schedule, now));
        }
    }
}

fn fire(cloud: &Cloud, schedule: &Schedule, time: Timestamp) {
    cloud.progress.step("Firing", &format!("schedule `{}` of {time:.0}", schedule.name));
    let stamp = stamp::now();
    let invocation = Invocation {
        request_id: stamp.request_id,
        trace_id: stamp.trace_id,
        payload: Bytes::from(delivered(&schedule.input, Some(&schedule.arn), time, &stamp::uuid())),
    };
    cloud.target(schedule.function.as_deref()).queue.send(format!("schedule `{}`", schedule.name), invocation);
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::schedule::Timetable;

    fn schedule(name: &str, expression: &str) -> Schedule {
        Schedule {
            name: name.to_owned(),
            arn: format!("arn:aws:scheduler:us-east-1:123456789012:schedule/app-dev/{name}"),
            function: None,
            timetable: Timetable {
                expression: expression.parse().unwrap(),
                zone: TimeZone::UTC,
                start: None,
                end: None,
            },
            input: "null".to_owned(),
        }
    }

    #[test]
    fn a_schedule_that_was_not_edited_keeps_its_rhythm() {
        let (first, later) = ("2027-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:30Z".parse().unwrap());
        let (kept, edited) = (schedule("kept", "rate(1 minute)"), schedule("edited", "rate(1 minute)"));
        let mut entries = Vec::new();
        update(&mut entries, &[kept.clone(), edited], first);
        // A rate fires when it is created.
        assert!(entries.iter().all(|entry| entry.next == Some(first)));
        update(&mut entries, &[kept, schedule("edited", "rate(2 minutes)")], later);
        let created: Vec<_> = entries.iter().map(|entry| (entry.schedule.name.as_str(), entry.created)).collect();
        assert_eq!(created, [("kept", first), ("edited", later)]);
    }
}
