//! The commands that call AWS: all that needs the feature `deploy`, but the credentials of `local`.

mod access;
mod address;
mod answer;
mod confirm;
mod departed;
mod deploy;
mod diff;
mod doctor;
mod domains;
mod dry_run;
mod end;
mod failure;
mod fleet;
mod inspect;
mod invoke;
mod keys;
mod list;
mod new_release;
mod outcome;
mod pools;
mod record;
mod releases;
mod rollback;
mod schedule;
mod scope;
mod secrets;
mod status;
mod sweep;
mod tail;
mod undeploy;
mod url;
mod watch;

use std::sync::Arc;

use super::{Context, artifact, check, hooks, interruptible, rendering, stage, templates, unwatched};
use crate::{
    args::{RemoteCommand, SharedArgs},
    plan::ScheduleState,
    report::{Failure, Report},
};

/// Runs the command to its end.
pub(crate) async fn run(
    command: &RemoteCommand,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    match command {
        RemoteCommand::Deploy(args) => deploy::deploy(args, shared, cx, report).await,
        RemoteCommand::Update(args) => deploy::update(args, shared, cx, report).await,
        RemoteCommand::Rollback(args) => rollback::run(args, shared, cx, report).await,
        RemoteCommand::List(args) => list::run(args, shared, cx, report).await,
        RemoteCommand::Releases(args) => releases::run(args, shared, cx, report).await,
        RemoteCommand::Schedule(args) => schedule::run(ScheduleState::Enabled, args, shared, cx, report).await,
        RemoteCommand::Unschedule(args) => schedule::run(ScheduleState::Disabled, args, shared, cx, report).await,
        RemoteCommand::Secrets(args) => secrets::run(args, shared, cx, report).await,
        RemoteCommand::Keys(args) => keys::run(args, shared, cx, report).await,
        RemoteCommand::Undeploy(args) => undeploy::run(args, shared, cx, report).await,
        RemoteCommand::Status(args) => status::run(args, shared, cx, report).await,
        RemoteCommand::Url(args) => url::run(args, shared, cx, report).await,
        RemoteCommand::Tail(args) => tail::run(args, shared, cx, report).await,
        RemoteCommand::Invoke(args) => invoke::run(args, shared, cx, report).await,
        RemoteCommand::Doctor(args) => doctor::run(args, shared, cx, report).await,
        RemoteCommand::Diff(args) => diff::run(args, shared, cx, report).await,
    }
}
