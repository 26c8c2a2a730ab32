//! Load: requests without a pause while something else is done.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Asks again and again until the work is done; the answers, of which there is at least one. A panic of the work ends
/// the asking first.
pub(crate) fn during<T: Send>(work: impl FnOnce(), ask: impl Fn() -> T + Sync) -> Vec<T> {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let visitor = scope.spawn(|| {
            let mut answers = vec![ask()];
            while !is_done.load(Ordering::Relaxed) {
                answers.push(ask());
            }
            answers
        });
        let outcome = panic::catch_unwind(AssertUnwindSafe(work));
        is_done.store(true, Ordering::Relaxed);
        let answers = visitor.join().expect("a visitor does not panic");
        outcome.unwrap_or_else(|panic| panic::resume_unwind(panic));
        answers
    })
}
