//! The harness of these tests: `zappa-rs local` on a port of the system's choice, its log, and requests to it.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::OnceLock,
    time::Duration,
};

use crate::support::{
    client::{Client, Request},
    process::{self, Process, Stream},
    response::Response,
};

/// Longer than anything here takes on a busy machine; a test that waits this long has failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);

/// A running `zappa-rs local`.
pub(crate) struct Tool {
    process: Process,
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    /// How much of the log [`Tool::forget`] has left behind.
    forgotten: usize,
}

/// The command, in `directory`, without arguments.
pub(crate) fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
    command.current_dir(directory).env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    command
}

/// The function that does what it is asked for, made by `rustc` once.
pub(crate) fn raw() -> &'static Path {
    static RAW: OnceLock<PathBuf> = OnceLock::new();
    RAW.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/apps/raw.rs");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Two test runs at once must not write one file; the last one's stays, and it is the same.
        let fresh = folder.join(format!("raw-{}", std::process::id()));
        let made = folder.join("raw");
        let status = Command::new("rustc").args(["--edition", "2024", "-o"]).arg(&fresh).arg(source).status();
        assert!(status.unwrap().success());
        std::fs::rename(&fresh, &made).unwrap();
        made
    })
}

impl Tool {
    /// Serves the raw function.
    pub(crate) fn raw(flags: &[&str]) -> Self {
        let mut command = command(Path::new("/"));
        command.args(["local", "--port", "0", "--binary"]).arg(raw()).args(flags);
        Self::start(command)
    }

    /// Starts a command and waits for its URL.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut tool = Self::spawn(&mut command);
        tool.url = tool.wait_for_result();
        tool.address = authority(&tool.url);
        tool
    }

    /// Starts a command that may end before it has a URL.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let address = ([127, 0, 0, 1], 0).into();
        Self { process: Process::start(command), url: String::new(), address, forgotten: 0 }
    }

    /// Waits for a line of stdout.
    pub(crate) fn wait_for_result(&mut self) -> String {
        self.process
            .wait_for(TIMEOUT, "a line of stdout", |stream, line| (stream == Stream::Stdout).then(|| line.to_owned()))
    }

    /// Waits until the log has a line with `text` and returns it.
    pub(crate) fn wait_for_line(&mut self, text: &str) -> String {
        let matching =
            |stream: Stream, line: &str| (stream == Stream::Stderr && line.contains(text)).then(|| line.to_owned());
        let read = &self.process.output()[self.forgotten..];
        match read.iter().find_map(|(stream, line)| matching(*stream, line)) {
            Some(line) => line,
            None => self.process.wait_for(TIMEOUT, text, matching),
        }
    }

    /// Leaves the log so far behind, so that [`Tool::wait_for_line`] finds what is logged from now on.
    pub(crate) fn forget(&mut self) {
        self.forgotten = self.process.output().len();
    }

    /// Everything that is logged until the end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.process.read_to_end(TIMEOUT);
        let read = self.process.output()[self.forgotten..].iter();
        read.filter(|(stream, _)| *stream == Stream::Stderr).map(|(_, line)| line.clone()).collect()
    }

    /// Requests a path below the URL.
    pub(crate) fn get(&self, path: &str) -> Response {
        let prefix = self.url.trim_end_matches('/').splitn(4, '/').nth(3).map(|path| format!("/{path}"));
        self.send("GET", &format!("{}{path}", prefix.unwrap_or_default()), &[], "")
    }

    /// Sends one request and reads the response.
    pub(crate) fn send(&self, method: &'static str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.write(method, target, headers, body).read(method).unwrap()
    }

    /// Sends one request on a connection of its own without reading the response.
    pub(crate) fn write(&self, method: &'static str, target: &str, headers: &[(&str, &str)], body: &str) -> Client {
        let mut request = Request::new(method, target).with("connection", "close");
        for (name, value) in headers {
            request = request.with(name, value);
        }
        request.body = (!body.is_empty()).then(|| body.into());
        let mut client = Client::connect_with(self.address, TIMEOUT).unwrap();
        client.write(&request).unwrap();
        client
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait_for_exit(TIMEOUT)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // A request in flight would hold up a clean end.
        self.process.kill();
    }
}

/// The address in a URL.
pub(crate) fn authority(url: &str) -> SocketAddr {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not a URL: {url:?}"));
    rest.split('/').next().unwrap().parse().unwrap()
}

/// Runs a command to its end: exit code, stdout, stderr.
pub(crate) fn run<S: AsRef<OsStr>>(directory: &Path, args: &[S]) -> (i32, String, String) {
    let ended = process::run(command(directory).args(args), TIMEOUT);
    (ended.code.unwrap(), ended.stdout, ended.stderr)
}
