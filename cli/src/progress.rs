//! The interface for progress reports. It knows no terminal; `report` implements it.

use std::time::Duration;

/// Receives the progress of a command.
pub(crate) trait Progress: Send + Sync {
    /// A step: a verb, then its object.
    fn step(&self, verb: &str, object: &str);
    /// A detail, shown with `-v`.
    fn detail(&self, sentence: &str);
    /// A warning; the work continues.
    fn warning(&self, sentence: &str, hint: Option<&str>);
    /// An error that does not end the work.
    fn failure(&self, sentence: &str, hint: Option<&str>);
    /// Whole lines that a process of the application wrote.
    fn output(&self, lines: &[u8]);
    /// A request that was answered.
    fn request(&self, served: &Served<'_>);
    /// So many bytes of a file were sent, of so many.
    fn upload(&self, sent: u64, size: u64) {
        let _ = (sent, size);
    }
    /// An event of a resource of the stack.
    fn resource(&self, event: &ResourceEvent<'_>) {
        let _ = event;
    }
    /// Flushes: returns when everything above is written, before a child process writes to the same terminal.
    fn flush(&self);
}

/// An event of a resource of a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceEvent<'a> {
    /// `CREATE_COMPLETE`.
    pub(crate) status: &'a str,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: &'a str,
    /// The resource's name in the template.
    pub(crate) logical_id: &'a str,
    /// AWS's reason, where it gives one.
    pub(crate) reason: Option<&'a str>,
}

/// A request that the gateway or the Invoke API answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served<'a> {
    /// `GET`.
    pub(crate) method: &'a str,
    /// The path without its query, which may hold secrets.
    pub(crate) path: &'a str,
    /// The status that was sent; `None` if the client went away before.
    pub(crate) status: Option<u16>,
    /// The time from the arrival of the whole request to the end of the response.
    pub(crate) elapsed: Duration,
    /// The invocation behind it, if it reached the function.
    pub(crate) usage: Option<&'a Usage>,
}

/// The facts of Lambda's `REPORT` line.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    /// The invocation's id.
    pub(crate) request_id: String,
    /// How long the function worked on it.
    pub(crate) duration: Duration,
    /// How long the process took to ask for its first event, if this was that event.
    pub(crate) init: Option<Duration>,
    /// The process's peak memory in MiB, where the system reports it.
    pub(crate) memory_used: Option<u32>,
    /// The configured memory in MiB.
    pub(crate) memory_limit: u32,
}

impl Usage {
    /// What Lambda bills: the initialisation included, rounded up to a millisecond.
    #[must_use]
    pub(crate) fn billed_ms(&self) -> u128 {
        let whole = self.duration + self.init.unwrap_or_default();
        whole.as_nanos().div_ceil(1_000_000).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billed_time_includes_the_initialization_and_is_rounded_up() {
        let usage = |duration, init: Option<u64>| Usage {
            request_id: String::new(),
            duration: Duration::from_micros(duration),
            init: init.map(Duration::from_micros),
            memory_used: None,
            memory_limit: 128,
        };
        assert_eq!(usage(1_200, Some(30_900)).billed_ms(), 33);
        assert_eq!(usage(1_000, None).billed_ms(), 1);
        assert_eq!(usage(0, None).billed_ms(), 1, "an invocation costs a millisecond at least");
    }
}
