//! The flags of every command about a stage.

use std::path::PathBuf;

/// Which stage, where, and as whom.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Stage")]
pub(crate) struct StageArgs {
    /// The stage; may be left out when only one is defined
    #[arg(value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// The settings file; without it, `zappa_settings.toml` here or above
    #[arg(short, long, value_name = "PATH")]
    pub(crate) settings_file: Option<PathBuf>,
    /// One of the stage's regions; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Vec<String>,
    /// The profile of your AWS configuration; `none` leaves out the one of the settings
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Where AWS answers, such as an emulator; `AWS_ENDPOINT_URL` is known too
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Agree to everything that would be asked
    #[arg(short, long)]
    pub(crate) yes: bool,
}
