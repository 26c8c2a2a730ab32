//! The connection of a stage's commands to AWS.

use std::sync::Arc;

use super::{
    Context, failure,
    stage::{Resolved, profile},
};
use crate::{
    args::StageArgs,
    aws::{self, Access, Aws, Notices},
    progress::Progress,
    report::{Failure, Report},
};

/// How AWS is reached with a profile and the flags.
pub(super) fn access(profile: Option<String>, args: &StageArgs, cx: &Context, report: &Arc<Report>) -> Access {
    let endpoint_url = args.endpoint_url.clone();
    let notices = Notices::new(Arc::clone(report) as Arc<dyn Progress>);
    Access { profile, endpoint_url, environment: cx.environment.clone(), notices }
}

/// Connects to AWS, and asks for the code of an MFA device where the profile's role requires one.
pub(super) async fn connect(access: &Access, report: &Report) -> Result<Aws, Failure> {
    let failed = |error: aws::Error| failure::failure(&error.into());
    let aws = Aws::new(access).await.map_err(failed)?;
    let Some(device) = aws.device().cloned() else { return Ok(aws) };
    let code = report.ask_code(&device.profile, &device.serial).await?;
    aws.with_code(&device, &code).await.map_err(failed)
}

impl Resolved {
    /// Connects to AWS with the stage's profile.
    pub(crate) async fn aws(&self, args: &StageArgs, cx: &Context, report: &Arc<Report>) -> Result<Aws, Failure> {
        let profile = profile(args.profile.as_deref(), self.selection.primary().profile_name.as_deref());
        connect(&access(profile, args, cx, report), report).await
    }

    /// The width of the region's name in front of lines; none where there is only one region.
    pub(crate) fn width(&self) -> usize {
        let regions = &self.selection.regions;
        if regions.len() == 1 { 0 } else { regions.iter().map(String::len).max().unwrap_or_default() }
    }
}
