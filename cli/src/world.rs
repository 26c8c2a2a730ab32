//! The environment, directory and streams of the process, passed as values so that no module reads them itself.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

/// Environment, directory and streams of one run.
#[derive(Debug)]
pub struct World {
    /// The environment of the process.
    pub environment: BTreeMap<OsString, OsString>,
    /// The working directory.
    pub directory: PathBuf,
    /// Whether stdin and stderr are a terminal, so that questions can be asked.
    pub can_ask: bool,
    /// Stdout, for the result.
    pub stdout: Stream,
    /// Stderr, for progress and messages.
    pub stderr: Stream,
}

impl World {
    /// The world of this process.
    #[must_use]
    #[cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the one place that reads the process's state"))]
    pub fn from_process() -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
            stdout: Stream::new(io::stdout(), io::stdout().is_terminal()),
            stderr: Stream::new(io::stderr(), io::stderr().is_terminal()),
        }
    }

    /// A variable of this process without which Windows starts no other process.
    #[cfg(windows)]
    #[cfg_attr(
        not(test),
        expect(clippy::disallowed_methods, reason = "a fact of this machine, and no input of the run")
    )]
    pub(crate) fn system_variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// A variable that is set, not empty and valid Unicode.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(OsStr::new(name))?.to_str()?;
        (!value.is_empty()).then_some(value)
    }
}

/// An output stream.
pub struct Stream {
    pub(crate) writer: Box<dyn Write + Send>,
    pub(crate) is_terminal: bool,
}

impl Stream {
    /// A stream that detects whether it is a terminal.
    pub fn new(writer: impl Write + Send + 'static, is_terminal: bool) -> Self {
        Self { writer: Box::new(writer), is_terminal }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("is_terminal", &self.is_terminal).finish_non_exhaustive()
    }
}
