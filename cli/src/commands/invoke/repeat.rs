//! Repeated calls, and the summary of their latencies.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};

use super::latency::{Measured, Summary};
use crate::report::{Failure, Report};

/// One of several calls.
pub(in crate::commands) struct Attempt {
    pub(in crate::commands) elapsed: Duration,
    pub(in crate::commands) is_cold: bool,
    pub(in crate::commands) failure: Option<Failure>,
}

/// The calls that are finished.
#[derive(Debug, Default)]
pub(in crate::commands) struct Finished(Mutex<Vec<Measured>>);

impl Finished {
    /// Prints the latencies: in a table only if a call succeeded.
    pub(in crate::commands) fn summarize(&self, is_json: bool, report: &Report) -> Option<Summary> {
        let summary = Summary::new(&self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        if is_json {
            report.document(&summary);
        } else if summary.errors() < summary.invocations() {
            let (header, row) = summary.table();
            report.table(&header, &[row]);
        }
        Some(summary)
    }

    fn push(&self, measured: Measured) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(measured);
    }
}

/// Calls so many times, so many at once, and prints the latencies. `finished` gets the calls that are finished.
///
/// # Errors
///
/// The first failure of a call.
pub(in crate::commands) async fn repeat(
    count: u32,
    parallel: u16,
    call: impl AsyncFn() -> Attempt,
    finished: &Finished,
    (is_json, report): (bool, &Report),
) -> Result<(), Failure> {
    let mut calls = stream::iter(0..count).map(|_| call()).buffer_unordered(usize::from(parallel));
    let mut first = None;
    while let Some(Attempt { elapsed, is_cold, failure }) = calls.next().await {
        finished.push(Measured { elapsed, is_error: failure.is_some(), is_cold });
        first = first.or(failure);
    }
    let Some(summary) = finished.summarize(is_json, report) else { return Ok(()) };
    let sentence =
        format!("{} of {} invocations failed; this is the first failure", summary.errors(), summary.invocations());
    first.map_or(Ok(()), |failure| Err(failure.with_facts([sentence])))
}
