//! The command line: types and help text, nothing else.

mod deploy;
mod init;
mod local;
#[cfg(test)]
mod reference;
mod stage;

use clap::{ArgAction, CommandFactory as _, Parser, Subcommand, ValueEnum};

pub(crate) use deploy::{
    ArtifactArgs, ChangeArgs, DeployArgs, DiffArgs, LookArgs, PackageArgs, PolicyArgs, PolicyOf, RollbackArgs,
    TemplateArgs, TemplateFormat, UndeployArgs, UpdateArgs,
};
pub(crate) use init::{ApiChoice, ArchitectureChoice, InitArgs};
pub(crate) use local::{LocalArgs, LoopbackHost, Pair, Served};
pub(crate) use stage::StageArgs;

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

/// `zappa-rs completions`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs completions bash > ~/.local/share/bash-completion/completions/zappa-rs
  zappa-rs completions zsh > ~/.zfunc/_zappa-rs")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
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
    /// Write the settings file: looks at the workspace and asks what it cannot see
    Init(InitArgs),
    /// Find every fault of the settings; no network, no credentials
    Check(StageArgs),
    /// Serve the app on this machine, behind an emulated gateway and a real Lambda Runtime API
    Local(Box<LocalArgs>),
    /// Build for Lambda and write the zip
    Package(PackageArgs),
    /// Print the CloudFormation template that `deploy` would send
    Template(TemplateArgs),
    /// Deploy a stage for the first time, or whatever is needed
    Deploy(DeployArgs),
    /// Deploy a stage that exists
    Update(UpdateArgs),
    /// Go back to an earlier release, code and settings together
    Rollback(RollbackArgs),
    /// List what was released when, from which commit, and what is live
    Releases(LookArgs),
    /// Remove all that `deploy` made
    Undeploy(UndeployArgs),
    /// Show stack, release, function, URL and the last day's figures
    Status(LookArgs),
    /// Print the URL
    Url(LookArgs),
    /// Compare settings and code with what is deployed
    Diff(DiffArgs),
    /// Print the least IAM policy that deploying takes, or that the function gets
    Policy(PolicyArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the JSON Schema of the settings file
    Schema,
}

/// Names of the flags of all commands, for "did you mean".
pub(crate) fn flags() -> Vec<String> {
    let whole = Args::command();
    let commands = std::iter::once(&whole).chain(whole.get_subcommands());
    let arguments = commands.flat_map(clap::Command::get_arguments);
    arguments.filter_map(|argument| argument.get_long().map(|long| format!("--{long}"))).collect()
}

/// Names of the commands.
pub(crate) fn commands() -> Vec<String> {
    let whole = Args::command();
    let commands = whole.get_subcommands().filter(|command| !command.is_hide_set());
    commands.map(|command| command.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_no_fault_in_the_types() {
        Args::command().debug_assert();
    }
}
