//! `zappa-rs list`.

use std::path::PathBuf;

use super::StageArgs;

/// The flags of `zappa-rs list`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs list                      every stage of the project, in the regions of all its stages
  zappa-rs list --region us-east-1   in a region that the settings need not name
  zappa-rs list --all-projects --region eu-west-1 --region us-east-1
                                     what all projects have there; needs no settings file
  zappa-rs list --json               for a script: with the stack's name, when the stage expires
                                     (`expires_at`) and whether the settings name it (`in_settings`)

A stage is found by the tags of its stack, or by the metadata of its template where the tags were
removed. Stages that are deployed nowhere are left out. The age counts from the last update, and so
does the lifetime, which is the stack's tag `zappa-rs:expires`. The caller needs
`cloudformation:DescribeStacks` and `cloudformation:ListStacks` on all stacks, and
`cloudformation:GetTemplate` for the release, and `lambda:GetFunctionConfiguration` to say where the
stack is behind what serves; what is denied is left out.")]
pub(crate) struct ListArgs {
    /// Every stack of zappa-rs in the account, whatever its project
    #[arg(long)]
    all_projects: bool,
    /// The settings file; without it, `zappa_settings.toml` here or above
    #[arg(short, long, value_name = "PATH")]
    settings_file: Option<PathBuf>,
    /// A region to look in, in place of those of the settings; may be repeated
    #[arg(long, value_name = "NAME")]
    region: Vec<String>,
    /// The profile of your AWS configuration; `none` leaves out the one of the settings
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The endpoint of AWS, such as an emulator's; `AWS_ENDPOINT_URL` works too
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl ListArgs {
    /// Whether the stacks of every project are meant.
    pub(crate) fn is_of_all_projects(&self) -> bool {
        self.all_projects
    }

    /// The flags of a stage's command, with no stage named.
    pub(crate) fn stage_args(&self) -> StageArgs {
        StageArgs {
            stage: None,
            settings_file: self.settings_file.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            endpoint_url: self.endpoint_url.clone(),
            yes: false,
        }
    }
}
