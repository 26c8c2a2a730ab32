//! Processor time of another process, to the nanosecond.
//!
//! `/proc/PID/stat` counts in hundredths of a second, `wait4` only at the end; the scheduler's own figure of every
//! thread can be read while the process waits for its next event.

use std::{fs, io, path::PathBuf, time::Duration};

/// Reads what a process has used so far.
#[derive(Debug, Clone)]
pub(crate) struct Meter(PathBuf);

impl Meter {
    /// A meter for the process of this number.
    pub(crate) fn new(pid: u32) -> Self {
        Self(PathBuf::from(format!("/proc/{pid}/task")))
    }

    /// Processor time of all threads since the start of the process.
    ///
    /// # Errors
    ///
    /// The process is gone, or the system is not Linux.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(&self.0)? {
            let figures = fs::read_to_string(thread?.path().join("schedstat"))?;
            let on_cpu = figures.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse().ok());
            total += Duration::from_nanos(on_cpu.ok_or(io::ErrorKind::InvalidData)?);
        }
        Ok(total)
    }
}
