//! `zappa-rs template`: the CloudFormation template that `deploy` would send.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    Context,
    rendering::{NO_PACKAGE, render},
    stage,
};
use crate::{
    args::{SharedArgs, TemplateArgs, TemplateFormat},
    progress::Progress as _,
    report::{Failure, Report},
    template,
};

/// Runs `zappa-rs template`.
pub(crate) async fn run(
    args: &TemplateArgs,
    _: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::open(&args.stage, false, cx).await?;
    let packed = super::artifact::last_digest(&resolved, cx).await;
    if packed.is_none() {
        report.warning(
            "no package was made yet, so the template has a placeholder for the artifact",
            Some("`zappa-rs package` makes it"),
        );
    }
    let sha256 = packed.unwrap_or_else(|| NO_PACKAGE.to_owned());
    let templates: BTreeMap<&String, Value> = resolved
        .selection
        .regions
        .iter()
        .map(|region| {
            let template = render(&resolved.selection, &resolved.identity, region, &sha256);
            let template = match args.format {
                TemplateFormat::Cfn => template,
                TemplateFormat::Sam => template::sam(&template),
            };
            (region, template)
        })
        .collect();
    // In the form that `deploy` sends, so that CloudFormation's copy of it is equal when another tool sends it.
    let text = match templates.values().collect::<Vec<_>>().as_slice() {
        [one] => template::serialize_pretty(one),
        _ => template::serialize_pretty(&templates),
    };
    report.answer(&text.map_err(|error| Failure::failed(error, None))?);
    Ok(())
}
