//! The adapter's own deadline: shortly before Lambda's, so that an error response can still be sent.

use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::invocation::Invocation;

/// The time reserved for sending an error response to the Runtime API.
const MARGIN: Duration = Duration::from_millis(200);

/// The instant shortly before the deadline; `None` without a deadline. At most a tenth of the remaining time is
/// reserved.
pub(crate) fn instant(invocation: &Invocation) -> Option<Instant> {
    let remaining = invocation.remaining()?;
    Instant::now().checked_add(remaining - MARGIN.min(remaining / 10))
}

/// A sleep until [`instant`].
pub(crate) fn sleep(invocation: &Invocation) -> Option<Sleep> {
    instant(invocation).map(sleep_until)
}
