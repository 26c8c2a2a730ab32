//! The flags of the commands that deploy, roll back, remove and inspect a stage.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum};

use super::{StageArgs, SweepArgs};

/// `zappa-rs deploy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs deploy                    build, upload and deploy the only stage there is
  zappa-rs deploy prod --dry-run     what CloudFormation would do; nothing is uploaded
  zappa-rs deploy prod --yes --wait  in CI: agree to what is replaced, queue behind another deploy
  zappa-rs deploy prod --region eu-west-1
                                     one of the stage's regions
  zappa-rs deploy dev --endpoint-url http://127.0.0.1:4566
                                     to an emulator

The new release is tried before it takes traffic: if it fails, the log is shown and the old release stays live.
Running it again changes nothing; a run that was interrupted is finished by the next.")]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    #[command(flatten)]
    pub(crate) artifact: ArtifactArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// `zappa-rs update`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs update prod               like `deploy`, for a stage that exists
  zappa-rs update prod --code-only   new code, the settings as they are deployed
  zappa-rs update dev --fast         new code in seconds, without the stack; for development
  zappa-rs update dev --watch        the same after every save, until Ctrl-C

A fast update tries the new code as a deploy does and then moves the traffic by itself: the stack is
behind until the next `deploy`. It is refused where settings changed and on a `protected` stage.")]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// Leave the deployed settings as they are; only artifact, version and alias change
    #[arg(long, help_heading = "Deploy")]
    pub(crate) code_only: bool,
    /// Update code by calls on the function, in seconds, and leave the stack behind
    #[arg(long, help_heading = "Deploy", conflicts_with_all = ["code_only", "dry_run"])]
    pub(crate) fast: bool,
    /// Watch the sources, or the file of `--zip`, and update fast after each save
    #[arg(long, help_heading = "Deploy", conflicts_with_all = ["code_only", "dry_run", "no_build"])]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) artifact: ArtifactArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// The source of the artifact: a build, an earlier build or a zip.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Artifact")]
pub(crate) struct ArtifactArgs {
    /// Package what was built before
    #[arg(long, conflicts_with = "zip")]
    pub(crate) no_build: bool,
    /// Take this zip, with `bootstrap` in it
    #[arg(long, value_name = "FILE")]
    pub(crate) zip: Option<PathBuf>,
}

/// The flags of a change: waiting, dry run.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Deploy")]
pub(crate) struct ChangeArgs {
    /// Queue behind another deploy of the stage
    #[arg(long)]
    pub(crate) wait: bool,
    /// Move all traffic at once, whatever `traffic` says
    #[arg(long)]
    pub(crate) now: bool,
    /// Show what CloudFormation would change, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `zappa-rs rollback`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("release").args(["number", "to"]))]
#[command(after_help = "\
Examples:
  zappa-rs rollback prod             to the release before the one that is live
  zappa-rs rollback prod -n 2        to the one before that
  zappa-rs rollback prod --to 3f9c0d1e5a7b
                                     to a release of `zappa-rs releases`

Code and settings go back together. Where only code and function settings differ, the traffic goes
first, at once, and the stack follows; otherwise the old release is tried before it takes traffic.")]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// How many releases back
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    /// The release to go back to
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    /// Queue behind another deploy of the stage
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `zappa-rs undeploy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs undeploy dev              asks, then removes the stack and the stage's artifacts
  zappa-rs undeploy dev --remove-logs --yes
                                     the logs too, without asking
  zappa-rs undeploy dev --region us-east-1
                                     in one region, also if the settings no longer name it
  zappa-rs undeploy --expired --dry-run
                                     shows the stages whose `expires` is over; without --dry-run, and
                                     with --yes in CI, they are removed with their logs
  zappa-rs undeploy 'pr-*' --merged --yes < open-stages
                                     removes every stage of the pattern that is not on stdin, where
                                     the names of the open ones are, one a line

A sweep looks in all regions of the settings. It leaves alone what is protected, what has a table of
its own without `expires`, and what is deployed to meanwhile.

The bucket is shared by all stages of the account and stays. A stack in a region that left the
settings stays too and is mentioned, with the command that removes it.")]
pub(crate) struct UndeployArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// Delete the logs too
    #[arg(long, help_heading = "Deploy")]
    pub(crate) remove_logs: bool,
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

/// `zappa-rs schedule` and `unschedule`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScheduleArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// Queue behind a deploy of the stage
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `zappa-rs diff`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs diff prod                 builds, then compares settings and code with what is deployed
  zappa-rs diff prod --no-build      with what was built before")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    #[command(flatten)]
    pub(crate) artifact: ArtifactArgs,
}

/// The commands that only read: `status`, `url`, `releases`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
}

/// `zappa-rs url`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct UrlArgs {
    #[command(flatten)]
    pub(crate) inspect: InspectArgs,
    /// The URL of the WebSocket API instead
    #[arg(long)]
    pub(crate) websocket: bool,
}

/// `zappa-rs package`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs package                   build and write the zip; prints its path, size and SHA-256
  zappa-rs package prod --json       the same as JSON

The same source makes the same zip, in every folder if all path dependencies lie inside of the
workspace; `zappa-rs check` names those that do not.")]
pub(crate) struct PackageArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    #[command(flatten)]
    pub(crate) artifact: ArtifactArgs,
}

/// `zappa-rs template`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs template prod             one template, or an object of templates by region
  zappa-rs template prod --region eu-west-1 --format sam
                                     for a pipeline that speaks SAM

Nothing is built: where no package was made yet, the template has a placeholder for the artifact.")]
pub(crate) struct TemplateArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// The format of the template
    #[arg(long, value_name = "FORM", default_value = "cfn")]
    pub(crate) format: TemplateFormat,
}

/// The formats of the template.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum TemplateFormat {
    /// CloudFormation
    Cfn,
    /// AWS SAM
    Sam,
}

/// `zappa-rs policy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs policy deploy prod        for the role that CI deploys with
  zappa-rs policy deploy 'pr-*'      for all stages of a pattern, with the right to sweep them
  zappa-rs policy function prod      what the function may do

No network and no credentials are needed.")]
pub(crate) struct PolicyArgs {
    /// The identity that the policy is for
    #[arg(value_name = "OF")]
    pub(crate) of: PolicyOf,
    #[command(flatten)]
    pub(crate) stage: StageArgs,
}

/// The identity whose policy is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum PolicyOf {
    /// The identity that deploys
    Deploy,
    /// The function
    Function,
}
