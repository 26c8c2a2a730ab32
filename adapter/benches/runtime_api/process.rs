//! CPU time of another process, in nanoseconds.
//!
//! `/proc/PID/stat` counts in hundredths of a second, and `wait4` only at the end. The scheduler's figure of each
//! thread is exact and can be read while the process waits for its next event.

use std::{fs, io, path::PathBuf, time::Duration};

/// A meter of a process's CPU time.
#[derive(Debug, Clone)]
pub(crate) struct Meter(PathBuf);

impl Meter {
    /// Creates a meter for a process id.
    pub(crate) fn new(pid: u32) -> Self {
        Self(PathBuf::from(format!("/proc/{pid}/task")))
    }

    /// The CPU time of all threads since the start of the process.
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
