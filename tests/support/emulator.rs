//! An emulated AWS on a loopback port, in a folder of its own: ministack, which runs deployed functions, or moto, which
//! runs nothing, enforces bucket policies, and has unusual responses.
//!
//! One ministack serves all tests of a process; each test has its own account, which isolates it from the others.

use super::{
    aws,
    client::{Client, Request},
    port,
    process::Ended,
    python,
    response::Response,
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The timeout of the emulator's start, which takes half a second on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(180);
/// The timeout of the emulator's end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// The default region.
pub(crate) const REGION: &str = "eu-central-1";

/// A shell script that runs a command in its own process group until stdin ends, also if the test process is killed;
/// then it ends the whole group with its functions, and removes the folder.
const KEEPER: &str = r#"folder=$1; shift; "$@" </dev/null & cat >/dev/null; trap '' TERM; kill -TERM 0; kill -KILL $!; wait; rm -rf "$folder"; kill -KILL 0"#;

/// What ministack does otherwise than AWS and tests depend on, which Python runs at its start.
const PATCHES: &str = include_str!("ministack.py");

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

/// The kind of emulator, with its differences.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Ministack,
    Moto,
}

impl Kind {
    /// The path of the health check.
    fn health(self) -> &'static str {
        match self {
            Self::Ministack => "/_ministack/health",
            Self::Moto => "/moto-api/data.json",
        }
    }

    /// The program, with arguments and variables, for a port.
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
        if let Kind::Ministack = kind {
            fs::write(folder.join("sitecustomize.py"), PATCHES).expect("the target folder can be written");
        }
        let port = port::free();
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

    /// Its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The only account of a moto.
    pub(crate) fn only_account(&self) -> Account {
        Account { address: self.address, key: "123456789012".to_owned() }
    }

    /// Creates an account.
    pub(crate) fn account(&self) -> Account {
        let number = 100_000_000_000 + COUNT.fetch_add(1, Ordering::Relaxed);
        Account { address: self.address, key: number.to_string() }
    }

    fn wait(&self, health: &str) {
        let end = Instant::now() + START_TIMEOUT;
        while !Client::connect(self.address)
            .and_then(|mut client| client.send(&Request::new("GET", health)))
            .is_ok_and(|response| response.status == 200)
        {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "the emulator does not respond:\n{}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends itself by the signal that this waits for.
        let end = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An account of an emulator, for the tool, the real `aws` command and clients of an API.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    address: SocketAddr,
    /// The account id of twelve digits, also the access key, by which the emulator distinguishes accounts.
    pub(crate) key: String,
}

impl Account {
    /// An account of an emulator of another process.
    pub(crate) fn at(address: SocketAddr, key: String) -> Self {
        Self { address, key }
    }

    /// The same account behind a proxy.
    pub(crate) fn through(&self, address: SocketAddr) -> Self {
        Self { address, key: self.key.clone() }
    }

    /// Its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The environment variables with which a program reaches it, and nothing else.
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

    /// Runs the real `aws` command in [`REGION`]; returns its output, or null if it is empty.
    pub(crate) fn aws(&self, args: &[&str]) -> Value {
        self.aws_in(REGION, args)
    }

    /// Runs the real `aws` command.
    pub(crate) fn aws_in(&self, region: &str, args: &[&str]) -> Value {
        self.try_aws(region, args).unwrap_or_else(|error| panic!("aws {args:?}: {error}"))
    }

    /// Runs the real `aws` command.
    ///
    /// # Errors
    ///
    /// The command failed; the error has its stderr.
    pub(crate) fn try_aws(&self, region: &str, args: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(python::tool("aws"));
        clear(&mut command);
        command.envs(self.variables());
        // Of SQS the command takes the endpoint from the flag alone.
        command.args(["--endpoint-url", &self.url()]);
        run_aws(&mut command, region, args)
    }

    /// Sends a request to a REST or HTTP API, as a client of its URL would.
    pub(crate) fn execute_api(&self, region: &str, api: &str, stage: &str, request: Request) -> io::Result<Response> {
        self.send(region, "execute-api", request.below(&format!("/_aws/execute-api/{api}/{stage}")))
    }

    /// Sends a request to a Function URL, by the first label of its host name.
    pub(crate) fn function_url(&self, region: &str, id: &str, request: Request) -> io::Result<Response> {
        self.send(region, "lambda", request.below(&format!("/_aws/lambda-url/{id}")))
    }

    /// Gets a path below a URL of this emulator, such as the tool prints.
    pub(crate) fn visit(&self, region: &str, url: &str, path: &str) -> io::Result<Response> {
        let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not a URL of an emulator: {url}"));
        let (_, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let request = Request::get(path).below(&format!("/{}", prefix.trim_end_matches('/')));
        self.send(region, "execute-api", request)
    }

    /// Sends a request to a service directly, in a hundredth of the time of the `aws` command. The emulator reads
    /// account and region from the signature, for clients of an API too, and does not verify it.
    pub(crate) fn send(&self, region: &str, service: &str, request: Request) -> io::Result<Response> {
        let scope = format!("Credential={}/20260101/{region}/{service}/aws4_request", self.key);
        let signed = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00");
        Client::connect(self.address)?.send(&request.with("authorization", signed))
    }
}

/// Runs an `aws` command whose environment has an account; returns its output, or null if it is empty.
///
/// # Errors
///
/// The command failed; the error has its stderr.
pub(crate) fn run_aws(command: &mut Command, region: &str, args: &[&str]) -> Result<Value, String> {
    command.env("AWS_DEFAULT_REGION", region).env("AWS_PAGER", "");
    let Ended { code, stdout, stderr } = aws::run(command.args(args).args(["--output", "json"]));
    if code != Some(0) {
        return Err(stderr.trim().to_owned());
    }
    if stdout.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&stdout).map_err(|error| format!("{error}: {stdout}"))
}

/// Removes from a command's environment all variables that configure access to AWS.
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

/// Creates a name in lower case that is unique among the running tests of all processes.
pub(crate) fn unique(prefix: &str) -> String {
    let mut name = prefix.to_owned();
    let _ = write!(name, "-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    name
}
