//! The system's shell, for command lines of the settings.

use tokio::process::Command;

/// The shell's program.
pub(crate) const PROGRAM: &str = if cfg!(windows) { "cmd" } else { "sh" };

/// The command that runs a line by the shell.
pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    #[cfg(windows)]
    // `cmd` has rules of its own for quotes: with `/S` it takes off the outer pair and leaves the rest as it is.
    command.args(["/D", "/S", "/C"]).raw_arg(format!("\"{line}\""));
    #[cfg(not(windows))]
    command.arg("-c").arg(line);
    command
}
