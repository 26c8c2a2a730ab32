//! Events of schedules.

use serde::Serialize;
use serde_json::Value;

use super::{Event, to_json};

/// An event of a schedule. [`schedule`] makes it.
#[derive(Clone, Debug)]
pub struct Schedule {
    event: Value,
}

/// A schedule that fires, by the name by which the app registered it with [`App::schedule`](crate::App::schedule).
///
/// ```
/// use serde_json::json;
/// use zappa_rs::test::events;
///
/// let nightly = events::schedule("nightly").payload(&json!({"dry_run": true}));
/// ```
pub fn schedule(name: &str) -> Schedule {
    let mut event = Event::of_sample("schedule");
    event["name"] = name.into();
    Schedule { event }
}

impl Schedule {
    /// Sets the payload, which is the schedule's `payload` in the settings. By default it is that of a schedule without
    /// one: an object with `scheduled_time`, `execution_id` and `attempt`, as text.
    #[must_use]
    pub fn payload(mut self, payload: &(impl Serialize + ?Sized)) -> Self {
        self.event["payload"] = to_json(payload);
        self
    }
}

impl From<Schedule> for Event {
    fn from(schedule: Schedule) -> Self {
        schedule.event.into()
    }
}
