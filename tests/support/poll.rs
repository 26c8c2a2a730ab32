//! Polling with a deadline: a test that waits in vain fails and names what it waited for.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The pause between two polls.
const INTERVAL: Duration = Duration::from_millis(20);

/// Polls until there is a value, and returns it; panics with what was awaited after `timeout`.
pub(crate) fn poll<T>(awaited: &str, timeout: Duration, mut next: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(value) = next() {
            return value;
        }
        assert!(Instant::now() < deadline, "{awaited}: not within {timeout:?}");
        thread::sleep(INTERVAL);
    }
}

/// Polls until a condition holds; panics with what was awaited after `timeout`.
pub(crate) fn poll_until(awaited: &str, timeout: Duration, mut condition: impl FnMut() -> bool) {
    poll(awaited, timeout, || condition().then_some(()));
}
