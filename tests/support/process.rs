//! A child process that ends with the test, also if the test fails.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// The timeout of a process's shutdown when the test has ended.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The stream of a line of output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stream {
    /// The result.
    Stdout,
    /// The progress.
    Stderr,
}

/// A running command, with its output.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<(Stream, String)>,
    output: Vec<(Stream, String)>,
}

impl Process {
    /// Starts a command, and reads both its outputs from now on.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    /// Starts a command that reads `stdin`.
    pub(crate) fn start_with(command: &mut Command, stdin: impl Into<Stdio>) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        read(Stream::Stdout, stdout, sender.clone());
        read(Stream::Stderr, stderr, sender);
        Self { child, lines, output: Vec::new() }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line for which `wanted` returns a value, and returns it; panics with all output if none comes in
    /// time.
    pub(crate) fn wait_for<T>(&mut self, bound: Duration, wanted: impl Fn(Stream, &str) -> Option<T>) -> T {
        let end = Instant::now() + bound;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((stream, line)) => {
                    let found = wanted(stream, &line);
                    self.output.push((stream, line));
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no such line within {bound:?}: {:#?}", self.output)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended without such a line: {:#?}", self.output)
                }
            }
        }
    }

    /// Waits until it has closed its outputs and ended; returns its status and all of its stdout and stderr.
    pub(crate) fn wait(mut self, bound: Duration) -> (ExitStatus, String, String) {
        let end = Instant::now() + bound;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.output.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("still running after {bound:?}: {:#?}", self.output)
                }
            }
        }
        let status = self.child.wait().expect("a child of ours");
        (status, self.text(Stream::Stdout), self.text(Stream::Stderr))
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal by its name, such as `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        // Sending a signal needs unsafe code or a dependency; every shell has `kill`.
        let script = format!("kill -{name} {}", self.id());
        // The process may have ended; that is not an error.
        let _ = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().expect("a shell");
    }

    fn text(&self, wanted: Stream) -> String {
        let lines = self.output.iter().filter(|(stream, _)| *stream == wanted);
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "the harness shows it with the failed test, and with no other")]
    fn drop(&mut self) {
        // SIGTERM first, so that the process can end its own children. All of this fails if it has ended already, which
        // is not an error.
        if self.is_running() {
            #[cfg(unix)]
            self.signal("TERM");
            #[cfg(not(unix))]
            let _ = self.child.kill();
            let end = Instant::now() + SHUTDOWN_TIMEOUT;
            while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                self.output.push(line);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("output of process {}: {:#?}", self.id(), self.output);
        }
    }
}

fn read(stream: Stream, from: impl Read + Send + 'static, to: mpsc::Sender<(Stream, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if to.send((stream, line)).is_err() {
                break;
            }
        }
    });
}
