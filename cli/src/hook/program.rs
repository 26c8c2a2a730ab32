//! The program of a hook: the shell, or what the list names, as a path from the settings file or a name in `PATH`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{executable, settings::HookCommand, shell};

/// Why a hook cannot be run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// No folder of `PATH` has the program.
    Unknown { program: String },
    /// Nothing is at the path, and the build may still make it.
    Missing { program: String },
    /// The file is no program.
    NoProgram { program: String },
}

impl Fault {
    /// Whether the build may still make the program.
    pub(crate) fn is_not_there_yet(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// The sentence about a hook of this name.
    pub(crate) fn sentence(&self, hook: &str) -> String {
        match self {
            Self::Unknown { program } => format!("hook `{hook}` runs `{program}`, which is in no folder of `PATH`"),
            Self::Missing { program } => format!("hook `{hook}` runs `{program}`, and nothing is there"),
            Self::NoProgram { program } => format!("hook `{hook}` runs `{program}`, which may not be executed"),
        }
    }
}

/// Why a command cannot be run, as far as that can be seen; what a line of the shell runs cannot.
pub(crate) fn fault(
    command: &HookCommand,
    directory: &Path,
    environment: &BTreeMap<OsString, OsString>,
) -> Option<Fault> {
    let HookCommand::Program(words) = command else { return None };
    let program = words.first()?.clone();
    if find(&program, directory, environment).is_some() {
        return None;
    }
    Some(match directory.join(&program).exists() {
        _ if !executable::is_path(&program) => Fault::Unknown { program },
        true => Fault::NoProgram { program },
        false => Fault::Missing { program },
    })
}

/// The process to start, without folder and environment; `None` if the program is not found.
pub(super) fn command(
    command: &HookCommand,
    directory: &Path,
    environment: &BTreeMap<OsString, OsString>,
) -> Option<Command> {
    match command {
        HookCommand::Line(line) => Some(shell::command(line)),
        HookCommand::Program(words) => {
            let (program, arguments) = words.split_first()?;
            let mut process = Command::new(find(program, directory, environment)?);
            process.args(arguments);
            Some(process)
        }
    }
}

fn find(program: &str, directory: &Path, environment: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    if executable::is_path(program) {
        executable::at(&directory.join(program), environment)
    } else {
        executable::find(program, environment)
    }
}
