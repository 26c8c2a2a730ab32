//! The command line: types and help text, nothing else.

mod local;

use clap::{ArgAction, Args as _, Parser, Subcommand, ValueEnum};

pub(crate) use local::{LocalArgs, LoopbackHost, Pair};

/// Takes an axum or tower service to AWS Lambda, and runs it here as if it were there.
#[derive(Debug, Parser)]
#[command(
    name = "zappa-rs",
    version,
    disable_help_subcommand = true,
    after_help = "Run `zappa-rs <command> --help` for examples."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

/// Flags of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct SharedArgs {
    /// Print the answer as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether stderr is coloured; `NO_COLOR` is obeyed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When stderr is coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Also in a pipe
    Always,
    /// Not at all
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the app on this machine, behind an emulated gateway and a real Lambda Runtime API
    Local(Box<LocalArgs>),
}

/// Names of the flags of a command, for "did you mean".
pub(crate) fn flags_of_local() -> Vec<String> {
    let command = SharedArgs::augment_args(LocalArgs::augment_args(clap::Command::new("local")));
    command.get_arguments().filter_map(|argument| argument.get_long().map(|long| format!("--{long}"))).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn clap_finds_no_fault_in_the_types() {
        Args::command().debug_assert();
    }
}
