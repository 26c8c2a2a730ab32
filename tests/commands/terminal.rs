//! A command on a pseudo-terminal, which Python's standard library has.

use std::{collections::BTreeMap, path::Path, process::Command};

/// The answer that closes the terminal's window instead.
pub(crate) const CLOSE: &str = "\0";

/// The answer that closes the window of a shell that passes no SIGHUP on: the command sees only that its terminal is gone.
pub(crate) const CLOSE_IN_SILENCE: &str = "\0\0";

/// Runs the command, waits for each text and types its answer; gives the exit code and what was shown, without the control
/// sequences.
pub(crate) fn talk(command: &Command, talk: &[(&str, &str)]) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/commands/terminal.py");
    let mut environment: BTreeMap<&str, &str> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
    environment.insert("TERM", "xterm");
    let mut python = Command::new("python3");
    python.arg(script).args([serde_json::to_string(talk).unwrap(), serde_json::to_string(&environment).unwrap()]);
    python.arg(command.get_program()).args(command.get_args()).current_dir(command.get_current_dir().unwrap());
    let output = python.output().unwrap();
    (output.status.code(), plain(&String::from_utf8_lossy(&output.stdout)))
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => {
                letters.next();
                letters.by_ref().find(|letter| letter.is_ascii_alphabetic());
            }
            '\r' => {}
            letter => plain.push(letter),
        }
    }
    plain
}
