//! Work that Ctrl-C or SIGTERM interrupts.

use std::future::Future;

use crate::{interrupt::Interrupts, report::Failure};

/// Runs work until it ends or is interrupted.
///
/// # Errors
///
/// The work's own failure, or what `interruption` makes of the interrupt.
pub(super) async fn run_interruptible<T>(
    interruption: impl FnOnce() -> Failure,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    tokio::select! {
        outcome = work => outcome,
        () = interrupts.next() => Err(interruption()),
    }
}
