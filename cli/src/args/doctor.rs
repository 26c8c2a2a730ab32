//! `zappa-rs doctor`.

use super::StageArgs;

/// The flags of `zappa-rs doctor`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs doctor                    before the first deploy: tools, credentials, the account
  zappa-rs doctor prod               and what this stage needs: its regions, rights, concurrency
  zappa-rs doctor prod --json        the same for CI: name, region, state, sentence and hint of each

States are `ok`, `warning`, `failed`, `unknown` (it cannot be found out, and why) and `skipped`:
what it depends on failed, or no stage is named. Nothing is changed or built. The rights are those
of `zappa-rs policy deploy`, asked of IAM's policy simulator, which takes
`iam:SimulatePrincipalPolicy`, and `iam:GetRole` for a role. The exit code is 1 if a check failed;
warnings leave it 0.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
}
