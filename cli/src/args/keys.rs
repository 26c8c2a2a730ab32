//! The flags of `zappa-rs keys`.

use clap::ValueEnum;

use super::StageArgs;

/// `zappa-rs keys`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs keys list prod            the keys of the stage's usage plans; values are not read
  zappa-rs keys list prod --show     with their values
  zappa-rs keys create prod -n acme --plan partners --show
                                     makes a key now, without a deploy, and prints its value
  zappa-rs keys usage prod --days 7  the requests of each key, day by day
  zappa-rs keys revoke prod -n acme  deletes a key that `keys create` or the application made

Keys that every deploy shall know are in `usage_plans` of the settings; those that `keys create` makes are deleted by `revoke` and by
`undeploy`. A key has the same value in every region of the stage.")]
pub(crate) struct KeysArgs {
    /// The action
    #[arg(value_name = "ACTION")]
    pub(crate) action: KeysAction,
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// The key, by its name or id
    #[arg(short, long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The usage plan of a key that is made; without it, the only plan of the stage
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Print the values of keys
    #[arg(long)]
    pub(crate) show: bool,
    /// How many days of usage, up to today in UTC
    #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=90))]
    pub(crate) days: u32,
}

/// The action on the API keys of a stage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum KeysAction {
    /// List the keys of the stage's usage plans
    List,
    /// Make a key in a plan, in every region of the stage
    Create,
    /// Delete a key that the settings do not name, in every region
    Revoke,
    /// Count the requests of each key, day by day
    Usage,
}
