//! The moment at which the adapter gives up, early enough that its answer still gets out.

use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::invocation::Invocation;

/// What an answer of ours needs to reach the Runtime API.
const MARGIN: Duration = Duration::from_millis(200);

/// The instant shortly before the deadline; `None` where there is no deadline. Of a short invocation a tenth is kept.
pub(crate) fn instant(invocation: &Invocation) -> Option<Instant> {
    let remaining = invocation.remaining()?;
    Instant::now().checked_add(remaining - MARGIN.min(remaining / 10))
}

/// A sleep until [`instant`].
pub(crate) fn sleep(invocation: &Invocation) -> Option<Sleep> {
    instant(invocation).map(sleep_until)
}
