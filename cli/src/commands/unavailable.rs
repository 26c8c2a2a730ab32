//! The commands that call AWS, in a tool without the feature `deploy`: they are parsed, and answered with an error.

use std::sync::Arc;

use super::Context;
use crate::{
    args::{RemoteCommand, SharedArgs},
    report::{Failure, Report},
};

/// Refuses the command.
#[expect(clippy::unused_async, reason = "it stands in for the function of `remote`, which awaits AWS")]
pub(crate) async fn run(_: &RemoteCommand, _: &SharedArgs, _: &Context, _: &Arc<Report>) -> Result<(), Failure> {
    Err(failure("it has no commands that call AWS"))
}

/// The failure of what needs the feature.
pub(super) fn failure(consequence: &str) -> Failure {
    let error = anyhow::anyhow!("this zappa-rs was built without the feature `deploy`: {consequence}");
    let hint = "build it with its default features: in a clone of its repository `cargo run -- <command>` runs it so, and \
        `cargo install --path cli` installs it";
    Failure::usage(error, Some(hint.to_owned()))
}
