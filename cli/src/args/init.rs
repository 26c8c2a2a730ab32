//! The flags of `zappa-rs init`: one per question.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum};

/// `zappa-rs init`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("program").args(["bin", "example"]))]
#[command(after_help = "\
Examples:
  zappa-rs init                      asks for what it cannot know; Enter takes the default
  zappa-rs init --yes                asks nothing and takes the defaults
  zappa-rs init --stage prod --region eu-west-1 --region us-east-1 --api http
                                     asks only what no flag answers
  zappa-rs init --example hello --yes
                                     for an example of the package

The file is written beside the nearest Cargo.toml and never over one that exists. Without a terminal nothing is asked.")]
pub(crate) struct InitArgs {
    /// The first stage
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) stage: Option<String>,
    /// A region; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Answers")]
    pub(crate) region: Vec<String>,
    /// The profile of your AWS configuration
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) profile: Option<String>,
    /// A bucket of your own for the artifacts; without it, `deploy` makes one per account and region
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) bucket: Option<String>,
    /// The front end of the function
    #[arg(long, value_name = "GATEWAY", help_heading = "Answers")]
    pub(crate) api: Option<ApiChoice>,
    /// The processor; without it, one that this machine can build for
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) architecture: Option<ArchitectureChoice>,
    /// The project's name, the first half of the stack's; without it, the name of what is built
    #[arg(long, value_name = "NAME", help_heading = "Answers")]
    pub(crate) name: Option<String>,
    /// The package to deploy
    #[arg(short, long, value_name = "NAME", help_heading = "Program")]
    pub(crate) package: Option<String>,
    /// The binary to deploy
    #[arg(long, value_name = "NAME", help_heading = "Program")]
    pub(crate) bin: Option<String>,
    /// The example to deploy
    #[arg(long, value_name = "NAME", help_heading = "Program")]
    pub(crate) example: Option<String>,
    /// The file to write; without it, `zappa_settings.toml` beside the nearest Cargo.toml
    #[arg(short, long, value_name = "PATH", help_heading = "Program")]
    pub(crate) settings_file: Option<PathBuf>,
    /// Ask nothing; what no flag answers has its default
    #[arg(short, long, help_heading = "Answers")]
    pub(crate) yes: bool,
}

/// The word for a gateway, as the settings write it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ApiChoice {
    /// API Gateway REST API
    Rest,
    /// API Gateway HTTP API
    Http,
    /// Lambda Function URL
    #[value(alias = "function-url")]
    FunctionUrl,
}

/// The word for a processor, as the settings write it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ArchitectureChoice {
    /// Graviton
    #[value(name = "arm64", alias = "aarch64")]
    Arm64,
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86_64,
}
