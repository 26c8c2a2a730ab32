//! How long to wait between two looks: quick at first, slower later, never in step with others, bounded.

use std::time::Duration;

use tokio::time::Instant;

/// Waits that grow from poll to poll until patience ends.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
    deadline: Instant,
}

impl Backoff {
    /// Waits that begin at `first` and double up to `longest`, for no more than `patience` in all.
    pub(crate) fn new(first: Duration, longest: Duration, patience: Duration) -> Self {
        Self { next: first, longest, deadline: Instant::now() + patience }
    }

    /// Waits; false, and at once, when patience has ended.
    pub(crate) async fn wait(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        // Between half and the whole, so that twelve regions do not ask in the same instant.
        let jittered = self.next.mul_f64(0.5 + fastrand::f64() / 2.0);
        tokio::time::sleep(jittered.min(left)).await;
        self.next = (self.next * 2).min(self.longest);
        true
    }
}
