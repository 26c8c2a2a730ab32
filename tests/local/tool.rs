//! The tool under test: started on a port of the system's choice, its story read line by line, ended with the test.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

/// Longer than anything here takes on a busy machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running `zappa-rs local`.
pub(crate) struct Tool {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
    heard: Vec<String>,
}

/// An answer, as it came over the wire.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The command, in `directory`, with nothing said yet.
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
        let mut tool = Self::started(&mut command);
        let mut url = String::new();
        let stdout = tool.child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "no URL but {url:?}; {:?}", tool.rest());
        tool.url = url.trim().to_owned();
        let authority = tool.url["http://".len()..].split('/').next().unwrap();
        tool.address = authority.parse().unwrap();
        tool
    }

    /// Starts a command that need not come as far as a URL.
    pub(crate) fn started(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let address = ([127, 0, 0, 1], 0).into();
        Self { child, url: String::new(), address, lines, heard: Vec::new() }
    }

    /// Waits until the story has a line with `text` and returns it.
    pub(crate) fn heard(&mut self, text: &str) -> String {
        if let Some(line) = self.heard.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => panic!("{text:?} was not said, but {:#?}", self.heard),
            }
        }
    }

    /// Forgets what was said so far, so that `heard` finds what is said from now on.
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
    }

    /// Everything that was said until the end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.heard.extend(self.lines.iter());
        self.heard.clone()
    }

    /// Asks for a path below the URL.
    pub(crate) fn get(&self, path: &str) -> Reply {
        let prefix = self.url.trim_end_matches('/').splitn(4, '/').nth(3).map(|path| format!("/{path}"));
        self.ask("GET", &format!("{}{path}", prefix.unwrap_or_default()), &[], "")
    }

    /// Sends one request and reads to the end of the connection.
    pub(crate) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply::read(self.send(method, target, headers, body))
    }

    /// Sends one request.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    /// Reads to the end of the connection.
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

/// Runs a command to its end: exit code, stdout, stderr.
pub(crate) fn run<S: AsRef<OsStr>>(directory: &Path, args: &[S]) -> (i32, String, String) {
    let output = command(directory).args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
