//! `zappa-rs template`: the CloudFormation template that `deploy` would send.

use std::sync::Arc;

use super::{Context, hooks, interruptible::run_interruptible, rendering::NO_PACKAGE, stage, templates};
use crate::{
    args::{SharedArgs, TemplateArgs, TemplateFormat},
    progress::Progress as _,
    report::{Failure, Report},
    template,
};

/// Runs `zappa-rs template`.
pub(crate) async fn run(
    args: &TemplateArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::open_without_keys(&args.stage, false, cx).await?;
    let hooks = hooks::of_stage("template", &resolved, &args.stage, shared, cx);
    let packed = super::artifact::last_digest(&resolved, &hooks, cx).await;
    if packed.is_none() {
        report.warning(
            "no package was made yet, so the template has a placeholder for the artifact",
            Some("`zappa-rs package` makes it"),
        );
    }
    let sha256 = packed.unwrap_or_else(|| NO_PACKAGE.to_owned());
    let work = templates::render_all(&resolved, &resolved.selection.regions, &sha256, &hooks, report);
    let mut templates = run_interruptible(Failure::interrupted, work).await?;
    if args.format == TemplateFormat::Sam {
        templates.values_mut().for_each(|template| *template = template::sam(template));
    }
    // In the form that `deploy` sends, so that CloudFormation's copy of it is equal when another tool sends it.
    let text = match templates.values().collect::<Vec<_>>().as_slice() {
        [one] => template::serialize_pretty(one),
        _ => template::serialize_pretty(&templates),
    };
    report.answer(&text.map_err(|error| Failure::failed(error, None))?);
    Ok(())
}
