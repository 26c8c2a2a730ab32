//! A child process that ends with the test, also if the test fails, and a command that is run to its end.

use super::poll::poll;
use std::{
    fmt,
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

/// The exit code and the output of a command that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// `None`: it was ended by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The transcript of snapshots.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit: {code}")?,
            None => writeln!(f, "exit: by a signal")?,
        }
        write!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Runs a command to its end, without input; kills it and panics with its output after `timeout`.
pub(crate) fn run(command: &mut Command, timeout: Duration) -> Ended {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = collect(child.stdout.take().expect("piped above"));
    let stderr = collect(child.stderr.take().expect("piped above"));
    let end = Instant::now() + timeout;
    let receive = |output: &Receiver<String>, end: Instant| {
        output.recv_timeout(end.saturating_duration_since(Instant::now())).ok()
    };
    let outputs = (receive(&stdout, end), receive(&stderr, end));
    let (Some(stdout), Some(stderr)) = outputs else {
        let _ = child.kill();
        let _ = child.wait();
        let end = Instant::now() + SHUTDOWN_TIMEOUT;
        let stdout = outputs.0.or_else(|| receive(&stdout, end));
        let stderr = outputs.1.or_else(|| receive(&stderr, end));
        panic!("{command:?} is still running after {timeout:?}: {stdout:?} {stderr:?}");
    };
    // It has closed both outputs.
    let status = child.wait().expect("a child of ours");
    Ended { code: status.code(), stdout, stderr }
}

/// Reads a stream to its end in a thread of its own.
fn collect(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is the output.
        let _ = from.read_to_end(&mut bytes);
        sender.send(String::from_utf8_lossy(&bytes).into_owned())
    });
    receiver
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

    /// Waits for a line for which `wanted` returns a value, and returns it; panics with what was awaited and all output
    /// if none comes in time.
    pub(crate) fn wait_for<T>(
        &mut self,
        bound: Duration,
        awaited: &str,
        wanted: impl Fn(Stream, &str) -> Option<T>,
    ) -> T {
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
                    panic!("{awaited:?}: no such line within {bound:?}: {:#?}", self.output)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{awaited:?}: it ended without such a line: {:#?}", self.output)
                }
            }
        }
    }

    /// The output that was read so far.
    pub(crate) fn output(&self) -> &[(Stream, String)] {
        &self.output
    }

    /// Reads on until both outputs are closed; panics with all output if they are not in time.
    pub(crate) fn read_to_end(&mut self, bound: Duration) {
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
    }

    /// Waits until it has ended, also if a child of it keeps its outputs open.
    pub(crate) fn wait_for_exit(&mut self, bound: Duration) -> ExitStatus {
        poll("the end of the process", bound, || self.child.try_wait().expect("a child of ours"))
    }

    /// Kills it, with no time to end its own children.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has closed its outputs and ended; returns its status and all of its stdout and stderr.
    pub(crate) fn wait(mut self, bound: Duration) -> (ExitStatus, String, String) {
        self.read_to_end(bound);
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
