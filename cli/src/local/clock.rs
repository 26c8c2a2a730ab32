//! The clock of the schedules: this machine's, or one that was set to another time and runs on from there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The longest wait without a look at the machine's clock, which goes on while the machine is suspended.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    offset: SignedDuration,
}

impl Clock {
    /// Creates a clock that shows `time` now; without one, this machine's time.
    pub(crate) fn new(time: Option<Timestamp>) -> Self {
        Self { offset: time.map(|time| time.duration_since(Timestamp::now())).unwrap_or_default() }
    }

    /// The time that it shows.
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::now().saturating_add(self.offset).unwrap_or(Timestamp::MAX)
    }

    /// Waits until `time`, or for ever without one.
    pub(super) async fn wait_until(self, time: Option<Timestamp>) {
        let Some(time) = time else { return std::future::pending().await };
        while let Ok(rest) = Duration::try_from(time.duration_since(self.now()))
            && !rest.is_zero()
        {
            tokio::time::sleep(rest.min(LONGEST_WAIT)).await;
        }
    }
}
