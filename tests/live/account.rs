//! The account of a probe: the one of the environment, or an emulated one.

use std::{
    env,
    io::{self, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::Value;

use crate::{
    emulated::PATIENCE,
    support::{
        client::Request,
        emulator::{self, REGION},
        python,
        response::Response,
    },
};

/// The variable that names the account in which probes may create what costs money.
const NUMBER: &str = "ZAPPA_RS_LIVE_ACCOUNT";

/// An account and a region, as the tool, the `aws` command and a visitor see them.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) region: String,
    /// Credentials that replace the environment's, if there are any.
    credentials: Vec<(&'static str, String)>,
    emulator: Option<emulator::Account>,
}

impl Account {
    /// The environment's account and region; an emulated one where `AWS_ENDPOINT_URL` is a loopback address.
    pub(crate) fn from_environment() -> Self {
        let number =
            env::var(NUMBER).unwrap_or_else(|_| panic!("`{NUMBER}` has to name the account to create things in"));
        let region = env::var("AWS_REGION").unwrap_or_else(|_| REGION.to_owned());
        let emulator = env::var("AWS_ENDPOINT_URL").ok().map(|url| {
            let address = url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
            let address = address.filter(|address: &SocketAddr| address.ip().is_loopback());
            let address = address.unwrap_or_else(|| panic!("`{url}` is not the loopback address of an emulator"));
            emulator::Account::at(address, env::var("AWS_ACCESS_KEY_ID").unwrap_or_else(|_| number.clone()))
        });
        let account = Self { region, credentials: Vec::new(), emulator };
        assert_eq!(account.number(), number, "`{NUMBER}` names another account than the credentials are of");
        account
    }

    /// A new account of this process's emulator.
    pub(crate) fn emulated() -> Self {
        Self { region: REGION.to_owned(), credentials: Vec::new(), emulator: Some(emulator::account()) }
    }

    /// Whether it is not AWS that answers.
    pub(crate) fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }

    /// The same account with other credentials. An emulated one is known by its access key, so it stays as it is.
    pub(crate) fn with_credentials(&self, credentials: Vec<(&'static str, String)>) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// Twelve digits, as AWS says them.
    pub(crate) fn number(&self) -> String {
        self.aws(&["sts", "get-caller-identity"])["Account"].as_str().unwrap().to_owned()
    }

    /// Gives a command the way to this account.
    pub(crate) fn lead(&self, command: &mut Command) {
        if let Some(emulator) = &self.emulator {
            emulator::clear(command);
            command.envs(emulator.variables());
        } else if !self.credentials.is_empty() {
            command.env_remove("AWS_PROFILE").envs(self.credentials.iter().cloned());
        }
    }

    /// Runs the `aws` command; its answer, or null if it says nothing.
    pub(crate) fn aws(&self, args: &[&str]) -> Value {
        self.try_aws(args).unwrap_or_else(|error| panic!("aws {args:?}: {error}"))
    }

    /// Runs the `aws` command.
    ///
    /// # Errors
    ///
    /// What it says when it fails.
    pub(crate) fn try_aws(&self, args: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(python::tool("aws"));
        self.lead(&mut command);
        emulator::run_aws(&mut command, &self.region, args)
    }

    /// Asks for a path below a URL that the tool printed.
    ///
    /// # Errors
    ///
    /// There is no whole head.
    pub(crate) fn visit(&self, url: &str, path: &str) -> io::Result<Response> {
        match &self.emulator {
            Some(emulator) => emulator.visit(&self.region, url.trim(), path),
            None => curl(&format!("{}{path}", url.trim().trim_end_matches('/')), &[]),
        }
    }

    /// Sends what a browser asks the root of a URL before a `PUT` from a page of an origin.
    ///
    /// # Errors
    ///
    /// There is no whole head.
    pub(crate) fn preflight(&self, url: &str, origin: &str) -> io::Result<Response> {
        let headers = [("origin", origin), ("access-control-request-method", "PUT")];
        let Some(emulator) = &self.emulator else {
            let headers = headers.map(|(name, value)| format!("{name}: {value}"));
            let mut args = vec!["--request", "OPTIONS"];
            args.extend(headers.iter().flat_map(|header| ["--header", header]));
            return curl(url.trim(), &args);
        };
        let (_, rest) = url.trim().split_once("://").unwrap_or_default();
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        let request = Request::new("OPTIONS", format!("/{path}"));
        let request = headers.into_iter().fold(request, |request, (name, value)| request.with(name, value));
        emulator.send(&self.region, "execute-api", request)
    }
}

/// Asks for a URL with `curl`, which knows TLS; it is told to pass on head and body as they come, so that an answer that is
/// cut off is noticed.
///
/// # Errors
///
/// There is no whole head.
pub(crate) fn curl(url: &str, args: &[&str]) -> io::Result<Response> {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--http1.1",
        "--raw",
        "--path-as-is",
        "--include",
        "--suppress-connect-headers",
        "--max-time",
        "60",
    ]);
    let output = curl.args(["--noproxy", "127.0.0.1"]).args(args).arg(url).stdin(Stdio::null()).output()?;
    let mut stream = BufReader::new(&output.stdout[..]);
    let mut answer = Response::read_head(&mut stream)?;
    answer.read_body("GET", &mut stream);
    Ok(answer)
}

/// Asks again until there is an answer: much of AWS is eventually consistent. Each call takes long enough to be its own pause.
pub(crate) fn eventually<T>(what: &str, ask: impl Fn() -> Result<T, String>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(found) => return found,
            Err(last) => assert!(Instant::now() < end, "{what}: {last}"),
        }
    }
}
