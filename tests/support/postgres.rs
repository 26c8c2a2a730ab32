//! A real Postgres on a loopback port, in a folder of its own: one server for all tests of a process, and a database for each test.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::port;

/// What a password of a real database may look like, encoded for a URL.
const PASSWORD: &str = "p%40ss/word";
const ENCODED: &str = "p%2540ss%2Fword";

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static COUNT: AtomicU64 = AtomicU64::new(1);

struct Server {
    port: u16,
    /// The folder of Postgres's programs.
    programs: PathBuf,
    /// It ends when its stdin is closed, which is at the latest when this process ends.
    _child: Child,
}

/// A database of a test.
#[derive(Debug)]
pub(crate) struct Database {
    /// The URL, which is a secret of the app.
    pub(crate) url: String,
}

impl Database {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let name = format!("shop_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        SERVER.url("postgres").query(&format!("create database {name}"));
        SERVER.url(&name)
    }

    /// The result of a statement, a line for each row.
    pub(crate) fn query(&self, statement: &str) -> String {
        let mut command = Command::new(SERVER.programs.join("psql"));
        let args = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"];
        let output = command.args(args).args(["--command", statement, &self.url]).output().expect("psql runs");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Server {
    fn start() -> Self {
        // The server is not of this user where the user is root, so that a folder below the target is none for it.
        let folder = std::env::temp_dir().join(format!("zappa-rs-postgres-{}", process::id()));
        let port = port::free();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/postgres.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(folder).args([&port.to_string(), PASSWORD]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("a shell");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped above");
        BufReader::new(stdout).read_line(&mut line).expect("a pipe");
        assert!(!line.trim().is_empty(), "Postgres does not start: see above");
        Self { port, programs: PathBuf::from(line.trim()), _child: child }
    }

    fn url(&self, database: &str) -> Database {
        Database { url: format!("postgres://shop:{ENCODED}@127.0.0.1:{}/{database}", self.port) }
    }
}
