//! One operating-system process of the function, in a group of its own so that its children end with it.
//!
//! If this tool is killed and cannot end the process, the Runtime API's connection closes; `lambda_runtime` takes that
//! as the end and exits. `PR_SET_PDEATHSIG` would need unsafe code and does not reach children.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    task::JoinHandle,
};

use super::{
    credentials::Credentials,
    description::Function,
    environment::{ProcessContext, environment},
    output::Output,
};
use crate::{process_group::ProcessGroup, progress::Progress};

/// How long a process may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);
/// How long the last lines of an ended process are waited for: a child that it left behind may hold the pipe open.
const LAST_LINES: Duration = Duration::from_millis(200);

/// What a start takes beside the function.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    pub(crate) runtime_api: &'a TcpListener,
    pub(crate) log_stream: &'a str,
    pub(crate) credentials: &'a Credentials,
    pub(crate) output: &'a Arc<Output>,
    pub(crate) progress: &'a Arc<dyn Progress>,
}

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: ProcessGroup,
    readers: Vec<JoinHandle<()>>,
    // Dropped last: the folder is removed when no process uses it any more.
    _temporary: TempDir,
}

impl Process {
    /// Starts the function's binary.
    pub(crate) async fn start(function: &Function, start: Start<'_>) -> io::Result<Self> {
        let Start { runtime_api, log_stream, credentials, output, progress } = start;
        let temporary = tempfile::Builder::new().prefix("zappa-rs-tmp-").tempdir()?;
        let task_root = function.binary.parent().unwrap_or(&function.binary);
        let context = ProcessContext {
            region: &function.region,
            runtime_api: runtime_api.local_addr()?,
            task_root,
            temporary: temporary.path(),
            log_stream,
            credentials,
        };
        let mut command = Command::new(&function.binary);
        command
            .env_clear()
            .envs(environment(function, context))
            .current_dir(task_root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        ProcessGroup::prepare(&mut command);
        let mut child = spawn(&mut command).await?;
        let mut readers = Vec::with_capacity(2);
        if let Some(pipe) = child.stdout.take() {
            readers.push(tokio::spawn(Arc::clone(output).follow(pipe, Arc::clone(progress))));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.push(tokio::spawn(Arc::clone(output).follow(pipe, Arc::clone(progress))));
        }
        Ok(Self { group: ProcessGroup::of(&child), child, readers, _temporary: temporary })
    }

    /// The process's number.
    pub(crate) fn id(&self) -> Option<u32> {
        self.group.leader()
    }

    /// Waits for the end; what it wrote last may still be on its way.
    pub(crate) async fn wait(&mut self) -> Option<ExitStatus> {
        self.child.wait().await.ok()
    }

    /// Waits for the end and for the last lines, and ends what the process left behind.
    pub(crate) async fn finish(&mut self) -> Option<ExitStatus> {
        let status = self.child.wait().await.ok();
        self.group.kill();
        let last_lines = async {
            for reader in &mut self.readers {
                // A reader that panicked has no line left.
                let _ = reader.await;
            }
        };
        let _ = tokio::time::timeout(LAST_LINES, last_lines).await;
        for reader in &self.readers {
            reader.abort();
        }
        self.readers.clear();
        status
    }

    /// Ends it and its children at once.
    pub(crate) fn kill(&mut self) {
        self.group.kill();
        // Where there are no groups; an error means that it is gone already.
        let _ = self.child.start_kill();
    }

    /// Asks it to end, and ends it if it does not.
    pub(crate) async fn stop(&mut self) {
        self.group.terminate();
        if cfg!(unix) && tokio::time::timeout(GRACE, self.finish()).await.is_ok() {
            return;
        }
        self.kill();
        self.finish().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.readers.is_empty() {
            self.kill();
        }
    }
}

/// Starts it, also in the moment in which another process that is just being forked holds the new binary open for
/// writing.
async fn spawn(command: &mut Command) -> io::Result<Child> {
    let mut attempts = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && attempts < 50 => {
                attempts += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            outcome => return outcome,
        }
    }
}

/// The peak of the process's resident memory in MiB, where the system has it.
pub(crate) fn peak_memory(id: u32) -> Option<u32> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u32 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes.div_ceil(1024))
}
