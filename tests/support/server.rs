//! An example that serves, plain or behind `zappa-rs local`, on a port that the system chose.

use super::{client::Client, examples, process::Process, process::Stream};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it answers. Debug builds on a busy machine take seconds.
const START: Duration = Duration::from_secs(60);
/// Between two looks whether a port is open, which no event tells.
const LOOK: Duration = Duration::from_millis(5);

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// The process that listens.
    pub(crate) process: Process,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What stands before every path: `/dev` behind a REST API's stage, else empty.
    pub(crate) prefix: String,
}

impl Server {
    /// Starts an example as an ordinary HTTP server.
    pub(crate) fn plain(example: &str, variables: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut command = plain_command(example);
        command.env("PORT", address.port().to_string()).envs(variables.iter().copied());
        Self::start(&mut command, address)
    }

    /// Starts a command that will listen on `address`, and waits until it does.
    pub(crate) fn start(command: &mut Command, address: SocketAddr) -> Self {
        let mut process = Process::start(command);
        let end = Instant::now() + START;
        while Client::connect(address).is_err() {
            assert!(process.is_running(), "it ended: {:?}", process.wait(START));
            assert!(Instant::now() < end, "nobody listens on {address}");
            thread::sleep(LOOK);
        }
        Self { process, address, prefix: String::new() }
    }

    /// Starts an example behind an emulated gateway; `tool` is the `zappa-rs` binary, `flags` begin with `--as`.
    pub(crate) fn local(tool: &Path, example: &str, variables: &[(&str, &str)], flags: &[&str]) -> Self {
        let mut command = Command::new(tool);
        clear(&mut command);
        command.args(["local", "--host", "127.0.0.1", "--port", "0", "--binary"]).arg(examples::binary(example));
        for (name, value) in variables {
            command.args(["--env", &format!("{name}={value}")]);
        }
        let mut process = Process::start(command.args(flags));
        let url = process.wait_for(START, |stream, line| {
            (stream == Stream::Stdout).then(|| line.strip_prefix("http://").map(str::to_owned)).flatten()
        });
        let (host, path) = url.split_once('/').unwrap_or((&url, ""));
        let address = host.parse().unwrap_or_else(|error| panic!("{host}: {error}"));
        let prefix = Some(path.trim_end_matches('/')).filter(|path| !path.is_empty());
        Self { process, address, prefix: prefix.map(|path| format!("/{path}")).unwrap_or_default() }
    }

    /// A new connection.
    ///
    /// # Errors
    ///
    /// It does not listen any more.
    pub(crate) fn connect(&self) -> io::Result<Client> {
        Client::connect(self.address)
    }
}

/// A command that runs an example without any variable that decides where it is.
pub(crate) fn plain_command(example: &str) -> Command {
    let mut command = Command::new(examples::binary(example));
    clear(&mut command);
    command
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it is bound")
}

fn clear(command: &mut Command) {
    for name in ["HOST", "PORT", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_HTTP_ENDPOINT"] {
        command.env_remove(name);
    }
}
