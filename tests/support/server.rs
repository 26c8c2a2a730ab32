//! A running example, as a plain server or behind `zappa-rs local`, on a free port.

use super::{client::Client, examples, process::Process, process::Stream};
use std::{io, net::SocketAddr, path::Path, process::Command, time::Duration};

/// The timeout of a server's start. Debug builds on a busy machine take seconds.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// The listening process.
    pub(crate) process: Process,
    /// Its address.
    pub(crate) address: SocketAddr,
    /// The prefix of every path: `/dev` behind a REST API's stage, otherwise empty.
    pub(crate) prefix: String,
}

impl Server {
    /// Starts an example as a plain HTTP server.
    pub(crate) fn plain(example: &str, variables: &[(&str, &str)]) -> Self {
        Self::announced(plain_command(example).env("PORT", "0").envs(variables.iter().copied()))
    }

    /// Starts a command that prints its address on stderr.
    pub(crate) fn announced(command: &mut Command) -> Self {
        let mut process = Process::start(command);
        let address = process.wait_for(START_TIMEOUT, "the address of the server", |stream, line| {
            let url = line.strip_prefix("listening on http://").filter(|_| stream == Stream::Stderr)?;
            url.parse().ok()
        });
        Self { process, address, prefix: String::new() }
    }

    /// Starts an example behind an emulated gateway; `tool` is the `zappa-rs` binary, `flags` begin with `--as`.
    pub(crate) fn local(tool: &Path, example: &str, variables: &[(&str, &str)], flags: &[&str]) -> Self {
        let mut command = Command::new(tool);
        clear(&mut command);
        command.args(["local", "--port", "0", "--binary"]).arg(examples::binary(example));
        if !flags.contains(&"--host") {
            command.args(["--host", "127.0.0.1"]);
        }
        for (name, value) in variables {
            command.args(["--env", &format!("{name}={value}")]);
        }
        let mut process = Process::start(command.args(flags));
        let url = process.wait_for(START_TIMEOUT, "the address of the server", |stream, line| {
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
    /// The connection fails.
    pub(crate) fn connect(&self) -> io::Result<Client> {
        Client::connect(self.address)
    }
}

/// Creates a command for an example, without the variables by which `run` detects the host.
pub(crate) fn plain_command(example: &str) -> Command {
    let mut command = Command::new(examples::binary(example));
    clear(&mut command);
    command
}

fn clear(command: &mut Command) {
    for name in ["HOST", "PORT", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_HTTP_ENDPOINT"] {
        command.env_remove(name);
    }
}
