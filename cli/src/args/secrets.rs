//! The flags of `zappa-rs secrets`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::StageArgs;

/// `zappa-rs secrets`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs secrets set prod -n STRIPE_KEY
                                     asks for the value, and does not show it
  pass shop/stripe | zappa-rs secrets set prod -n STRIPE_KEY
                                     takes it from stdin
  zappa-rs secrets set prod --from-file .env.prod
                                     every secret of the stage that the file has
  zappa-rs secrets list prod         which secrets have a value; values are not read
  zappa-rs secrets get prod -n STRIPE_KEY

`secrets` of the settings says where each is stored. A value is never in an argument, which other users of a machine can read.")]
pub(crate) struct SecretsArgs {
    /// The action
    #[arg(value_name = "ACTION")]
    pub(crate) action: SecretsAction,
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// The secret, by its name in the settings
    #[arg(short, long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The env file whose secrets are set, one `NAME=VALUE` a line
    #[arg(long, value_name = "PATH", conflicts_with = "name")]
    pub(crate) from_file: Option<PathBuf>,
    /// The key of KMS that encrypts a value that is new; without it, the first of `secrets_kms_keys`, or AWS's own
    #[arg(long, value_name = "KEY")]
    pub(crate) kms_key: Option<String>,
}

/// The action on the secrets of a stage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SecretsAction {
    /// Store a value, in every region of the stage
    Set,
    /// Print a value
    Get,
    /// List the secrets, and whether they have a value
    List,
    /// Remove a value from every region
    Remove,
}
