//! Work that Ctrl-C or SIGTERM interrupts.

use std::future::Future;

use super::fleet::Phases;
use crate::{interrupt::Interrupts, report::Failure};

/// Runs work until it ends or is interrupted. With `phases`, an interrupt reports the state of each region.
///
/// # Errors
///
/// The work's own failure, or that it was interrupted.
pub(super) async fn run_interruptible<T>(
    phases: Option<&Phases>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    tokio::select! {
        outcome = work => outcome,
        () = interrupts.next() => Err(match phases.filter(|phases| !phases.is_untouched()) {
            None => Failure::interrupted(),
            Some(phases) => Failure::interrupted()
                .with_facts(phases.lines())
                .with_hint("run the same command again; it resumes from the current state".to_owned()),
        }),
    }
}
