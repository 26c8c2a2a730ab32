//! Load: requests without a pause while other work is done.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Sends requests until the work is done, and returns the responses, at least one. If the work panics, the requests
/// stop first.
pub(crate) fn during<T: Send>(work: impl FnOnce(), request: impl Fn() -> T + Sync) -> Vec<T> {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let visitor = scope.spawn(|| {
            let mut responses = vec![request()];
            while !is_done.load(Ordering::Relaxed) {
                responses.push(request());
            }
            responses
        });
        let outcome = panic::catch_unwind(AssertUnwindSafe(work));
        is_done.store(true, Ordering::Relaxed);
        let responses = visitor.join().expect("a visitor does not panic");
        outcome.unwrap_or_else(|panic| panic::resume_unwind(panic));
        responses
    })
}
