//! The command line: types and help text, nothing else.

mod command;
mod deploy;
mod doctor;
mod event;
mod init;
mod invoke;
mod keys;
mod list;
mod local;
#[cfg(test)]
mod reference;
mod secrets;
mod server_host;
mod stage;
mod sweep;
mod tail;
mod token;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

pub(crate) use command::{command, commands, commands_with, flags_of, named_in, parsed};
pub(crate) use deploy::{
    ArtifactArgs, ChangeArgs, DeployArgs, DiffArgs, InspectArgs, PackageArgs, PolicyArgs, PolicyOf, RollbackArgs,
    ScheduleArgs, TemplateArgs, TemplateFormat, UndeployArgs, UpdateArgs, UrlArgs,
};
pub(crate) use doctor::DoctorArgs;
pub(crate) use event::EventArgs;
pub(crate) use init::{ApiChoice, ArchitectureChoice, InitArgs};
pub(crate) use invoke::{HandlerKind, InvokeArgs};
pub(crate) use keys::{KeysAction, KeysArgs};
pub(crate) use list::ListArgs;
pub(crate) use local::{LocalArgs, Pair};
pub(crate) use secrets::{SecretsAction, SecretsArgs};
pub(crate) use stage::StageArgs;
pub(crate) use sweep::SweepArgs;
pub(crate) use tail::{LineArgs, TailArgs};
pub(crate) use token::TokenArgs;

/// Takes an axum or tower service to AWS Lambda, and runs it here as if it were there.
#[derive(Debug, Parser)]
#[command(
    name = "zappa-rs",
    version,
    disable_help_subcommand = true,
    after_help = "\
Run `zappa-rs <command> --help` for examples.
`zappa-rs NAME` with another name runs the program `zappa-rs-NAME` of `PATH`, with the arguments behind it."
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
    /// Print the result as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether the output is coloured; `NO_COLOR` is obeyed
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

/// When the output is coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Also in a pipe
    Always,
    /// Not at all
    Never,
}

/// The command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Inspect the workspace, ask some questions, and write the settings file
    Init(InitArgs),
    /// Find every error of the settings; no network, no credentials
    #[command(after_help = "\
Examples:
  zappa-rs check                     all stages
  zappa-rs check prod --json         one stage; the errors as JSON, for an editor or CI

The exit code is 2 if there is an error; each has its file, line and column.")]
    Check(StageArgs),
    /// Serve the app on this machine, behind an emulated gateway
    ///
    /// A real Lambda Runtime API connects the gateway to the app, and processes start and end as Lambda's do.
    Local(Box<LocalArgs>),
    /// Print a development token, which `local` lets in where the stage asks for tokens
    Token(TokenArgs),
    /// Build for Lambda and write the zip
    Package(PackageArgs),
    /// Print the CloudFormation template that `deploy` would send
    Template(TemplateArgs),
    #[command(flatten)]
    Remote(RemoteCommand),
    /// Print the least IAM policy that deploying takes, or that the function gets
    Policy(PolicyArgs),
    /// Print a sample event of a source, for a test or for the function
    Event(EventArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the JSON Schema of the settings file
    #[command(after_help = "\
Examples:
  zappa-rs schema > zappa_settings.schema.json
                                     for an editor that checks TOML while you type")]
    Schema,
}

/// A command that calls AWS.
#[derive(Debug, Subcommand)]
pub(crate) enum RemoteCommand {
    /// Deploy a stage: create its stack or update it
    Deploy(DeployArgs),
    /// Deploy a stage whose stack exists
    Update(UpdateArgs),
    /// Go back to an earlier release, code and settings together
    Rollback(RollbackArgs),
    /// List what was released when, from which commit, and what is live
    #[command(after_help = "\
Examples:
  zappa-rs releases prod             the newest first; `rollback --to` takes the names
  zappa-rs releases prod --json      with the SHA-256 of each artifact")]
    Releases(InspectArgs),
    /// Enable the schedules of a stage again
    #[command(after_help = "\
Examples:
  zappa-rs schedule prod             in every region; code and settings stay as they are
  zappa-rs schedule prod --region eu-west-1 --json
                                     in one of them, for a script")]
    Schedule(ScheduleArgs),
    /// Disable the schedules of a stage, until `schedule` enables them
    #[command(after_help = "\
Examples:
  zappa-rs unschedule prod           in every region; what runs already is not stopped
  zappa-rs unschedule prod --wait    behind a deploy that is under way

Deploys, updates and rollbacks keep the schedules disabled, also those that they add. `status` shows it.")]
    Unschedule(ScheduleArgs),
    /// Store, print, list or remove the values of the stage's secrets
    Secrets(SecretsArgs),
    /// List, make or revoke the stage's API keys, and count their requests
    Keys(KeysArgs),
    /// Remove all that `deploy` made
    Undeploy(UndeployArgs),
    /// List the stages that are deployed in the account, also those that left the settings
    List(ListArgs),
    /// Show stack, release, function, URL and the last day's figures
    #[command(after_help = "\
Examples:
  zappa-rs status prod               every region of the stage
  zappa-rs status prod --region eu-west-1 --json
                                     one of them, for a script")]
    Status(InspectArgs),
    /// Print the URL
    #[command(after_help = "\
Examples:
  curl $(zappa-rs url dev)           one line a region
  zappa-rs url prod --json           by region
  wscat -c $(zappa-rs url dev --websocket)")]
    Url(UrlArgs),
    /// Show the logs of all functions and regions, and follow them
    #[command(visible_alias = "logs")]
    Tail(Box<TailArgs>),
    /// Compare settings and code with what is deployed
    Diff(DiffArgs),
    /// Check tools, credentials, account and rights before a deploy, each with its remedy
    Doctor(DoctorArgs),
    /// Call a function of the app, or send it an event or a request
    Invoke(Box<InvokeArgs>),
}
