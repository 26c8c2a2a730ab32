//! Exponential backoff with jitter and a deadline, between two polls.

use std::time::Duration;

use tokio::time::Instant;

/// Delays that double from poll to poll until a deadline.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    max_delay: Duration,
    deadline: Instant,
}

impl Backoff {
    /// Delays that begin at `first` and double up to `max_delay`, for no more than `timeout` in all.
    pub(crate) fn new(first: Duration, max_delay: Duration, timeout: Duration) -> Self {
        Self { next: first, max_delay, deadline: Instant::now() + timeout }
    }

    /// Waits; false, and at once, after the deadline.
    pub(crate) async fn wait(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        // Between half and the whole, so that twelve regions do not ask in the same instant.
        let jittered = self.next.mul_f64(0.5 + fastrand::f64() / 2.0);
        tokio::time::sleep(jittered.min(left)).await;
        self.next = (self.next * 2).min(self.max_delay);
        true
    }
}
