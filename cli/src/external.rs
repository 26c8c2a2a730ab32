//! External subcommands: `zappa-rs NAME ...` runs the program `zappa-rs-NAME` of `PATH`, as git does.
//!
//! Commands of the tool win: a program is only looked for where the command line has a name that is none.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    io,
    path::PathBuf,
    process::Command,
};

use crate::executable;

/// The beginning of the programs' names.
const PREFIX: &str = "zappa-rs-";
/// The flag of every command that has its value behind it.
const COLOR: &str = "--color";

/// A program that a command line names, and what it is given.
#[derive(Debug)]
pub(crate) struct External {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl External {
    /// The program that a command line names; `words` begins with the tool itself.
    pub(crate) fn find(words: &[OsString], environment: &BTreeMap<OsString, OsString>) -> Option<Self> {
        let at = position(words)?;
        let name = words[at].to_str().filter(|name| is_name(name))?;
        let program = executable::find(&format!("{PREFIX}{name}"), environment)?;
        Some(Self { program, arguments: words[at + 1..].to_vec() })
    }

    /// Runs the program in place of this one, with the streams, the folder and the environment of this process; the exit
    /// code where it ends beside this one.
    ///
    /// # Errors
    /// It cannot be run.
    pub(crate) fn run(&self, environment: &BTreeMap<OsString, OsString>) -> io::Result<u8> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(environment);
        if let Ok(own) = std::env::current_exe() {
            command.env("ZAPPA_RS", own);
        }
        run(&mut command)
    }

    /// The program's path.
    pub(crate) fn program(&self) -> String {
        self.program.display().to_string()
    }
}

/// The names of the programs that `PATH` has.
pub(crate) fn names(environment: &BTreeMap<OsString, OsString>) -> BTreeSet<String> {
    let mut names = executable::list(PREFIX, environment);
    names.retain(|name| is_name(name));
    names
}

/// The program takes the place of this process, and so gets its signals and gives its exit code.
#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<u8> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

/// Ctrl-C goes to every process of the console, so that waiting for the program is enough.
#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Result<u8> {
    let status = command.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The position of the name: the first word behind flags of every command.
fn position(words: &[OsString]) -> Option<usize> {
    let mut at = 1;
    loop {
        let word = words.get(at)?;
        let bytes = word.as_encoded_bytes();
        match bytes.first() {
            _ if word == OsStr::new("--") => return None,
            Some(b'-') if word == OsStr::new(COLOR) => at += 2,
            Some(b'-') => at += 1,
            _ => return Some(at),
        }
    }
}

/// Whether a word can be the name of a subcommand: no path, and no flag.
pub(crate) fn is_name(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    word.starts_with(char::is_alphanumeric) && word.chars().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_first_word_behind_the_flags_of_every_command() {
        for (line, name) in [
            ("zappa-rs notes add -q", Some("notes")),
            ("zappa-rs -q --color always notes", Some("notes")),
            ("zappa-rs --color=always -vv notes --color", Some("notes")),
            ("zappa-rs -- notes", None),
            ("zappa-rs --color", None),
            ("zappa-rs", None),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(position(&words).and_then(|at| words[at].to_str()), name, "{line}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        for (word, expected) in [
            ("notes", true),
            ("a-b_c.2", true),
            ("../sh", false),
            ("a/b", false),
            ("a\\b", false),
            (".hidden", false),
            ("", false),
        ] {
            assert_eq!(is_name(word), expected, "{word}");
        }
    }
}
