//! A child process that ends with the test, whatever becomes of the test.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How long a process may take to end when the test has ended.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Where a line came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stream {
    /// The answer.
    Stdout,
    /// The story.
    Stderr,
}

/// A running command and what it says.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<(Stream, String)>,
    said: Vec<(Stream, String)>,
}

impl Process {
    /// Starts a command; both its outputs are read from now on.
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
        Self { child, lines, said: Vec::new() }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that `wanted` knows, and gives what `wanted` makes of it; panics with all that was said instead
    /// if none comes in time.
    pub(crate) fn wait_for<T>(&mut self, bound: Duration, wanted: impl Fn(Stream, &str) -> Option<T>) -> T {
        let end = Instant::now() + bound;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((stream, line)) => {
                    let found = wanted(stream, &line);
                    self.said.push((stream, line));
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("nothing of the kind in {bound:?}: {:#?}", self.said)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended without saying so: {:#?}", self.said)
                }
            }
        }
    }

    /// Waits until it has closed its outputs and ended; gives its status and all it ever said on one of them.
    pub(crate) fn wait(mut self, bound: Duration) -> (ExitStatus, String, String) {
        let end = Instant::now() + bound;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("still running after {bound:?}: {:#?}", self.said)
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
        // Sending signals is unsafe code or a dependency; every shell has it built in.
        let script = format!("kill -{name} {}", self.id());
        // It may end between the question and the signal.
        let _ = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().expect("a shell");
    }

    fn text(&self, wanted: Stream) -> String {
        let lines = self.said.iter().filter(|(stream, _)| *stream == wanted);
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "the harness shows it with the failed test, and with no other")]
    fn drop(&mut self) {
        // Asked first, so that it can end what it started itself. All of this fails when it has ended already, which is
        // as good.
        if self.is_running() {
            #[cfg(unix)]
            self.signal("TERM");
            #[cfg(not(unix))]
            let _ = self.child.kill();
            let end = Instant::now() + LAST_WORDS;
            while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                self.said.push(line);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("process {} said {:#?}", self.id(), self.said);
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
