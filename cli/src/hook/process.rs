//! The process of a hook: its stdin gets the document, its output is progress or is kept, and it ends with the command.

use std::{
    collections::VecDeque,
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    time::Instant,
};

use crate::{process_group::ProcessGroup, progress::Progress};

/// How many of the last lines an error shows.
const LAST_LINES: usize = 20;
/// The longest of them, and the longest piece of output without an end of the line that is held back, in bytes.
const MAX_LINE: usize = 8 << 10;
/// How long output is read after the process has ended: a process that it left behind may hold the pipe for ever.
const DRAIN: Duration = Duration::from_millis(300);
/// How long a hook has to end after an interrupt, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How a process is run.
pub(super) struct Process<'a> {
    /// Whether stdout is kept, and is no progress.
    pub(super) keeps_stdout: bool,
    /// The longest stdout that is kept, in bytes.
    pub(super) limit: usize,
    /// Where the output goes; `None` keeps the last lines only.
    pub(super) progress: Option<&'a dyn Progress>,
}

/// A process that has ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// What was kept of stdout.
    pub(super) stdout: Vec<u8>,
    /// Whether stdout was longer than the limit; the process was ended then.
    pub(super) is_too_long: bool,
    /// The last lines of its progress.
    pub(super) last_lines: String,
}

impl Process<'_> {
    /// Runs the process to its end. Dropping the future ends it and its children.
    pub(super) async fn run(&self, mut command: Command, input: Vec<u8>) -> io::Result<Ended> {
        // In a process group of its own: an interrupt then ends its children, too.
        ProcessGroup::prepare(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn()?;
        let mut running = Running { group: ProcessGroup::of(&child), child, is_over: false };
        let stdin = running.child.stdin.take();
        let write = async {
            if let Some(mut stdin) = stdin {
                // A hook that does not read is no error.
                let _ = stdin.write_all(&input).await;
            }
        };
        let mut output = Output::default();
        let status = {
            let read = self.read(&mut running, &mut output);
            tokio::pin!(write, read);
            let mut is_written = false;
            loop {
                tokio::select! {
                    () = &mut write, if !is_written => is_written = true,
                    status = &mut read => break status?,
                }
            }
        };
        let is_too_long = status.is_none();
        let status = match status {
            Some(status) => status,
            None => running.end().await?,
        };
        Ok(Ended { status, stdout: output.kept, is_too_long, last_lines: Vec::from(output.last).join("\n") })
    }

    /// Reads the output until the process has ended, and no longer than that; its status, or `None` where its stdout is too
    /// long.
    async fn read(&self, running: &mut Running, output: &mut Output) -> io::Result<Option<ExitStatus>> {
        let (mut stdout, mut stderr) = (running.child.stdout.take(), running.child.stderr.take());
        let (mut first, mut second) = (vec![0; 16 << 10], vec![0; 16 << 10]);
        let mut lines = [Lines::default(), Lines::default()];
        let (mut status, mut end) = (None, None);
        while status.is_none() || stdout.is_some() || stderr.is_some() {
            tokio::select! {
                read = read(&mut stdout, &mut first), if stdout.is_some() => match read {
                    0 => stdout = None,
                    count if self.keeps_stdout => output.kept.extend_from_slice(&first[..count]),
                    count => self.show(&lines[0].push(&first[..count]), output),
                },
                read = read(&mut stderr, &mut second), if stderr.is_some() => match read {
                    0 => stderr = None,
                    count => self.show(&lines[1].push(&second[..count]), output),
                },
                ended = running.child.wait(), if status.is_none() => {
                    status = Some(ended?);
                    running.is_over = true;
                    end = Some(Instant::now() + DRAIN);
                }
                () = tokio::time::sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
            }
            if output.kept.len() > self.limit {
                return Ok(None);
            }
        }
        lines.iter_mut().for_each(|lines| self.show(&lines.take_rest(), output));
        Ok(status)
    }

    /// Reports whole lines, and remembers the last of them.
    fn show(&self, lines: &[u8], Output { last, .. }: &mut Output) {
        if lines.is_empty() {
            return;
        }
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            let shown = &line[..line.len().min(MAX_LINE)];
            last.push_back(String::from_utf8_lossy(shown).trim_end().to_owned());
        }
        if let Some(progress) = self.progress {
            progress.output(lines);
        }
    }
}

/// What a process wrote.
#[derive(Default)]
struct Output {
    /// What is kept of stdout.
    kept: Vec<u8>,
    /// The last lines of its progress.
    last: VecDeque<String>,
}

/// Reads from a pipe; 0 at its end, and for a pipe that cannot be read.
async fn read(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match pipe {
        Some(pipe) => pipe.read(buffer).await.unwrap_or_default(),
        None => 0,
    }
}

/// Output on its way to whole lines.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// The lines that are whole with this piece.
    fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(piece);
        match self.rest.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => self.rest.drain(..=end).collect(),
            None if self.rest.len() > MAX_LINE => self.take_rest(),
            None => Vec::new(),
        }
    }

    /// What has no end of the line yet, as a line.
    fn take_rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            rest.push(b'\n');
        }
        rest
    }
}

/// A process that is ended with its group when this is dropped before its end.
struct Running {
    child: Child,
    group: ProcessGroup,
    is_over: bool,
}

impl Running {
    /// Kills it and waits for its end.
    async fn end(&mut self) -> io::Result<ExitStatus> {
        self.group.kill();
        // Where there are no groups; an error means that it is gone already.
        let _ = self.child.start_kill();
        let status = self.child.wait().await;
        self.is_over = true;
        status
    }
}

impl Drop for Running {
    /// The command was interrupted: the hook is asked to end, and killed if it does not.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.group.terminate();
        let end = std::time::Instant::now() + GRACE;
        while cfg!(unix) && matches!(self.child.try_wait(), Ok(None)) && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.group.kill();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(script: &str, keeps_stdout: bool) -> Ended {
        let process = Process { keeps_stdout, limit: 1 << 20, progress: None };
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        process.run(command, vec![b'x'; 1 << 20]).await.expect("every system here has a shell")
    }

    #[tokio::test]
    async fn a_hook_need_not_read_its_document_nor_keep_its_output_open() {
        for (script, code) in
            [("exit 3", 3), ("exec 0<&- 1>&- 2>&-; exit 4", 4), ("cat >/dev/null; exit 5", 5), ("cat; cat; exit 6", 6)]
        {
            assert_eq!(run(script, false).await.status.code(), Some(code), "{script}");
        }
        assert_eq!(run("wc -c", true).await.stdout.trim_ascii(), b"1048576");
    }

    #[tokio::test]
    async fn megabytes_of_output_leave_the_last_lines() {
        let ended = run("seq 1 300000; printf 'the end' >&2", false).await;
        let lines: Vec<&str> = ended.last_lines.lines().collect();
        assert_eq!(lines.len(), LAST_LINES);
        assert!(lines.contains(&"300000") && lines.contains(&"the end"), "{lines:?}");
        let endless = run("tr '\\0' x </dev/zero", true).await;
        assert!(endless.is_too_long && !endless.status.success());
        let one_line = run("head -c 100000 /dev/zero | tr '\\0' x; echo; exit 1", false).await;
        assert!(one_line.last_lines.lines().all(|line| line.len() <= MAX_LINE));
    }

    #[tokio::test]
    async fn a_process_that_a_hook_leaves_behind_does_not_hold_the_command() {
        let begun = Instant::now();
        assert!(run("sleep 30 & echo done", false).await.status.success());
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
