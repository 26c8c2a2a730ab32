//! The flags of `zappa-rs init`: an answer to each question.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::settings::Api;

/// `zappa-rs init`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs init                      asks, with a default for every question
  zappa-rs init --yes                asks nothing
  zappa-rs init --stage prod --region eu-west-1 --region us-east-1 --api http
                                     answers some questions and asks the rest

An existing file is never overwritten.")]
pub(crate) struct InitArgs {
    /// The first stage's name
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) stage: Option<String>,
    /// The region; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) region: Vec<String>,
    /// The profile of your AWS configuration
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) profile: Option<String>,
    /// A bucket of your own for artifacts
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) bucket: Option<String>,
    /// What stands before the function
    #[arg(long, value_name = "GATEWAY", help_heading = "Answers")]
    pub(crate) api: Option<Chosen>,
    /// The binary to deploy, where there are several
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) bin: Option<String>,
    /// Where the file is written
    #[arg(short, long, value_name = "PATH")]
    pub(crate) settings_file: Option<PathBuf>,
    /// Ask nothing and take every default
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// A gateway, as the settings call it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Chosen {
    /// REST API: API keys, streaming; the stage is in the path; $3.50 per million requests
    Rest,
    /// HTTP API: nothing in the path; $1.00 per million requests
    Http,
    /// Function URL: nothing in the path, streaming; no price of its own
    #[value(name = "function_url", alias = "function-url")]
    FunctionUrl,
}

impl From<Chosen> for Api {
    fn from(chosen: Chosen) -> Self {
        match chosen {
            Chosen::Rest => Self::Rest,
            Chosen::Http => Self::Http,
            Chosen::FunctionUrl => Self::FunctionUrl,
        }
    }
}
