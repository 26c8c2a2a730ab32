//! The flags of every command about a stage.

use std::path::PathBuf;

use crate::suggestion::shell_word;

/// The flags of the stage: its name, regions and AWS profile.
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
    /// The endpoint of AWS, such as an emulator's; `AWS_ENDPOINT_URL` works too
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Confirm everything without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl StageArgs {
    /// The flags that a suggested command about the same stage has to repeat, each after a space.
    pub(crate) fn repeated(&self) -> String {
        let file = self.settings_file.as_ref().map(|path| ("-s", path.to_string_lossy()));
        let profile = self.profile.as_ref().map(|name| ("--profile", name.into()));
        let endpoint = self.endpoint_url.as_ref().map(|url| ("--endpoint-url", url.into()));
        let flags = [file, profile, endpoint].into_iter().flatten();
        flags.map(|(flag, value)| format!(" {flag} {}", shell_word(&value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggested_commands_repeat_where_the_stage_is() {
        let args = StageArgs {
            settings_file: Some("it's/other.toml".into()),
            profile: Some("work".to_owned()),
            endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
            ..StageArgs::default()
        };
        assert_eq!(args.repeated(), r" -s 'it'\''s/other.toml' --profile work --endpoint-url http://127.0.0.1:4566");
        assert_eq!(StageArgs::default().repeated(), "");
    }
}
