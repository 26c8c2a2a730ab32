//! `zappa-rs package`: the zip, without AWS.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;

use super::{Context, artifact, hooks, interruptible::run_interruptible, stage};
use crate::{
    args::{PackageArgs, SharedArgs},
    report::{Failure, Report},
};

#[derive(Serialize)]
struct Answer {
    path: PathBuf,
    /// In bytes.
    size: u64,
    sha256: String,
}

/// Runs `zappa-rs package`.
pub(crate) async fn run(
    args: &PackageArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::open_without_keys(&args.stage, args.artifact.zip.is_some(), cx).await?;
    let hooks = hooks::of_stage("package", &resolved, &args.stage, shared, cx);
    let work = artifact::build(&resolved, &args.artifact, &hooks, cx, report);
    let work = run_interruptible(Failure::interrupted, work);
    let artifact = hooks::with_on_error(&hooks, report, work).await?;
    let answer = Answer { path: artifact.path, size: artifact.size, sha256: artifact.sha256 };
    if shared.json {
        report.document(&answer);
    } else {
        let Answer { path, size, sha256 } = answer;
        report.answer_line(&path.display().to_string());
        report.answer(&format!("{size}\n{sha256}"));
    }
    Ok(())
}
