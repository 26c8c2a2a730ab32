//! An emulated AWS on a loopback port and in a folder of its own: ministack, which runs what is deployed to it, and
//! moto, which runs nothing, holds buckets to their policies, and gives odd answers.
//!
//! One ministack serves all tests of a process; each test is an account of its own and sees nothing of the others.

use super::{
    answer::Answer,
    client::{Ask, Client},
    python,
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs::{self, File},
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long the emulator may take to answer for the first time; it needs half a second where nobody else is busy.
const START: Duration = Duration::from_secs(60);
/// The region of what does not name one.
pub(crate) const REGION: &str = "eu-central-1";

/// Runs a command in a process group of its own until stdin ends, which it does even when a test process is killed;
/// then ends the whole group, functions and all, and clears the folder.
const KEEPER: &str = r#"folder=$1; shift; "$@" </dev/null & cat >/dev/null; trap '' TERM; kill -TERM 0; kill -KILL $!; wait; rm -rf "$folder"; kill -KILL 0"#;

/// A function that a stack makes ends all running functions of its name in ministack, whosever they are, and in
/// whatever region. Python runs this before it runs anything else.
const APART: &str = "\
import ministack.core.lambda_runtime as runtime
from ministack.core.responses import get_account_id, get_region

everywhere = runtime.invalidate_worker


def here(name, qualifier=None, account=None, region=None):
    everywhere(name, qualifier, account or get_account_id(), region or get_region())


runtime.invalidate_worker = here
";

/// A running emulator; it ends when this is dropped, or with the process.
#[derive(Debug)]
pub(crate) struct Emulator {
    address: SocketAddr,
    folder: PathBuf,
    child: Child,
    stdin: Option<ChildStdin>,
}

static SHARED: LazyLock<Emulator> = LazyLock::new(Emulator::ministack);
static COUNT: AtomicU64 = AtomicU64::new(1);

/// A new account of the emulator that the tests of this process share.
pub(crate) fn account() -> Account {
    SHARED.account()
}

/// Which emulator, and what differs between them.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Ministack,
    Moto,
}

impl Kind {
    /// The path that answers as soon as it is there.
    fn health(self) -> &'static str {
        match self {
            Self::Ministack => "/_ministack/health",
            Self::Moto => "/moto-api/data.json",
        }
    }

    /// The program that listens on a port.
    fn program(self, folder: &Path, port: u16) -> (PathBuf, Vec<String>, Vec<(&'static str, String)>) {
        match self {
            Self::Ministack => {
                let variables = vec![
                    ("S3_DATA_DIR", folder.join("s3").display().to_string()),
                    ("GATEWAY_PORT", port.to_string()),
                    ("BIND_HOST", "127.0.0.1".to_owned()),
                    ("LAMBDA_EXECUTOR", "local".to_owned()),
                    ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
                    ("DOCKER_HOST", "unix:///nonexistent.sock".to_owned()),
                    ("PYTHONPATH", folder.display().to_string()),
                ];
                (python::tool("ministack"), Vec::new(), variables)
            }
            Self::Moto => {
                let args = ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
                (python::tool("moto_server"), args.into(), Vec::new())
            }
        }
    }
}

impl Emulator {
    /// Starts a ministack.
    fn ministack() -> Self {
        Self::start(Kind::Ministack)
    }

    /// Starts a moto.
    pub(crate) fn moto() -> Self {
        Self::start(Kind::Moto)
    }

    fn start(kind: Kind) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "emulator-{}-{}",
            process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the target folder can be written");
        fs::write(folder.join("sitecustomize.py"), APART).expect("the target folder can be written");
        // The port is free again when the emulator asks for it. Another process may be faster, which is seen below.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback").port();
        let log = File::create(folder.join("log")).expect("the target folder can be written");
        let (program, args, variables) = kind.program(&folder, port);
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(program).args(args);
        command
            .env_clear()
            .envs(["PATH", "LD_LIBRARY_PATH"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("HOME", &folder)
            .env("TMPDIR", &folder)
            .envs(variables)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("a shell");
        let stdin = child.stdin.take();
        let emulator = Self { address: ([127, 0, 0, 1], port).into(), folder, child, stdin };
        emulator.wait(kind.health());
        emulator
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The account that a moto has.
    pub(crate) fn only_account(&self) -> Account {
        Account { address: self.address, key: "123456789012".to_owned() }
    }

    /// A new account.
    pub(crate) fn account(&self) -> Account {
        let number = 100_000_000_000 + COUNT.fetch_add(1, Ordering::Relaxed);
        Account { address: self.address, key: number.to_string() }
    }

    fn wait(&self, health: &str) {
        let end = Instant::now() + START;
        while !Client::connect(self.address)
            .and_then(|mut client| client.send(&Ask::new("GET", health)))
            .is_ok_and(|answer| answer.status == 200)
        {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "the emulator does not answer:\n{}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends itself by the very signal that this waits for.
        let _ = self.child.wait();
    }
}

/// An account of an emulator: what the tool, the real `aws` command and a visitor see of it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    address: SocketAddr,
    /// Twelve digits, the access key too: by it the emulator tells accounts apart.
    pub(crate) key: String,
}

impl Account {
    /// An account of an emulator that this process did not start.
    pub(crate) fn at(address: SocketAddr, key: String) -> Self {
        Self { address, key }
    }

    /// The same account behind something that stands before the emulator.
    pub(crate) fn through(&self, address: SocketAddr) -> Self {
        Self { address, key: self.key.clone() }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that a program needs to reach it, and nothing that leads elsewhere.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", self.key.clone()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ]
        .into()
    }

    /// Runs the real `aws` command in [`REGION`]; its answer, or null if it says nothing.
    pub(crate) fn aws(&self, args: &[&str]) -> Value {
        self.aws_in(REGION, args)
    }

    /// Runs the real `aws` command.
    pub(crate) fn aws_in(&self, region: &str, args: &[&str]) -> Value {
        self.try_aws(region, args).unwrap_or_else(|said| panic!("aws {args:?}: {said}"))
    }

    /// Runs the real `aws` command.
    ///
    /// # Errors
    ///
    /// What it says when it fails.
    pub(crate) fn try_aws(&self, region: &str, args: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(python::tool("aws"));
        clear(&mut command);
        // Compiled once and kept: the command is most of what these tests wait for.
        command.env_remove("PYTHONDONTWRITEBYTECODE");
        command.envs(self.variables());
        run_aws(&mut command, region, args)
    }

    /// Asks a REST or HTTP API for a path, as a visitor of its URL would.
    pub(crate) fn execute_api(&self, region: &str, api: &str, stage: &str, ask: Ask) -> io::Result<Answer> {
        self.ask(region, "execute-api", ask.below(&format!("/_aws/execute-api/{api}/{stage}")))
    }

    /// Asks a Function URL for a path, by the first label of its host name.
    pub(crate) fn function_url(&self, region: &str, id: &str, ask: Ask) -> io::Result<Answer> {
        self.ask(region, "lambda", ask.below(&format!("/_aws/lambda-url/{id}")))
    }

    /// Asks for a path below a URL of this emulator, such as the tool prints.
    pub(crate) fn visit(&self, region: &str, url: &str, path: &str) -> io::Result<Answer> {
        let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not a URL of an emulator: {url}"));
        let (_, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let ask = Ask::get(path).below(&format!("/{}", prefix.trim_end_matches('/')));
        self.ask(region, "execute-api", ask)
    }

    /// Asks a service by hand, which takes a hundredth of the time of the `aws` command. The emulator reads account and
    /// region from the signature, for visitors of an API too, and does not check it.
    pub(crate) fn ask(&self, region: &str, service: &str, ask: Ask) -> io::Result<Answer> {
        let scope = format!("Credential={}/20260101/{region}/{service}/aws4_request", self.key);
        let signed = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00");
        Client::connect(self.address)?.send(&ask.with("authorization", signed))
    }
}

/// Runs an `aws` command whose environment has an account; its answer, or null if it says nothing.
///
/// # Errors
///
/// What it says when it fails.
pub(crate) fn run_aws(command: &mut Command, region: &str, args: &[&str]) -> Result<Value, String> {
    command.env("AWS_DEFAULT_REGION", region).env("AWS_PAGER", "");
    let output = command.args(args).args(["--output", "json"]).stdin(Stdio::null()).output().expect("aws runs");
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    if said.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))
}

/// Takes from a command's environment all that would lead it to another AWS or tell it what to do there.
pub(crate) fn clear(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name);
    }
}

/// A name that no other test of any process has at this moment, in lower case.
pub(crate) fn unique(prefix: &str) -> String {
    let mut name = prefix.to_owned();
    let _ = write!(name, "-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    name
}
