//! The real `aws` command, run by processes that have imported it and fork for each call: most of what a short command does is
//! to import itself.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::{process::Ended, python};

const SERVER: &str = include_str!("aws.py");
/// The timeout of a command, which may wait for a stack itself.
const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// The servers that run no command now.
static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// A process that runs one command at a time. It ends when its stdin is closed, which is at the latest when this process ends.
struct Server {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    child: Child,
}

/// Runs an `aws` command with the arguments and the environment of a [`Command`], whose program is not started.
pub(crate) fn run(command: &Command) -> Ended {
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let server = idle().pop();
    let mut server = server.unwrap_or_else(Server::start);
    let ended = server.run(command);
    idle().push(server);
    ended
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(python::tool("python3"));
        // Python's bytecode is kept: it is what the start takes long without.
        command.args(["-c", SERVER]).env_remove("PYTHONDONTWRITEBYTECODE");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let stdin = child.stdin.take().expect("piped above");
        let stdout = BufReader::new(child.stdout.take().expect("piped above"));
        Self { stdin, stdout, child }
    }

    fn run(&mut self, command: &Command) -> Ended {
        let arguments: Vec<String> = command.get_args().map(text).collect();
        let call = json!({
            "arguments": arguments,
            "environment": environment(command),
            "seconds": TIMEOUT.as_secs(),
        });
        let mut line = String::new();
        let answer = writeln!(self.stdin, "{call}").and_then(|()| self.stdout.read_line(&mut line));
        let answer: Value = match answer {
            Ok(length) if length > 0 => serde_json::from_str(&line).expect("a line of the server is JSON"),
            _ => panic!("the server of `aws` ended: {:?}", self.child.wait()),
        };
        let output = |name: &str| answer[name].as_str().expect("an output").to_owned();
        let code = answer["code"].as_i64().and_then(|code| i32::try_from(code).ok());
        Ended { code, stdout: output("stdout"), stderr: output("stderr") }
    }
}

/// The variables that a command's process would have.
fn environment(command: &Command) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> =
        std::env::vars_os().map(|(name, value)| (text(&name), text(&value))).collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => drop(variables.insert(text(name), text(value))),
            None => drop(variables.remove(&text(name))),
        }
    }
    variables
}

fn text(text: &OsStr) -> String {
    text.to_str().expect("tests write UTF-8").to_owned()
}
