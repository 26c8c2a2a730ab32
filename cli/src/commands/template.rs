//! `zappa-rs template`: the CloudFormation template that `deploy` would send.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{Context, stage};
use crate::{
    args::{SharedArgs, TemplateArgs, TemplateFormat},
    names::{ArtifactKey, Identity},
    progress::Progress as _,
    report::{Failure, Report},
    settings::StageSelection,
    template::{self, Input},
};

/// The hash of a package that does not exist.
pub(super) const NO_PACKAGE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
    let documents: BTreeMap<&String, Value> = resolved
        .selection
        .regions
        .iter()
        .map(|region| {
            let document = document(&resolved.selection, &resolved.identity, region, &sha256);
            let document = match args.format {
                TemplateFormat::Cfn => document,
                TemplateFormat::Sam => template::sam(&document),
            };
            (region, document)
        })
        .collect();
    // In the form that `deploy` sends, so that CloudFormation's copy of it is equal when another tool sends it.
    let text = match documents.values().collect::<Vec<_>>().as_slice() {
        [one] => template::serialize_pretty(one),
        _ => template::serialize_pretty(&documents),
    };
    report.answer(&text.map_err(|error| Failure::failed(error, None))?);
    Ok(())
}

pub(super) fn document(selection: &StageSelection, identity: &Identity, region: &str, sha256: &str) -> Value {
    let artifact = ArtifactKey::new(identity, sha256);
    template::document(&Input { identity, stage: &selection.stages[region], region, artifact: &artifact, sha256 })
}

/// The errors that CloudFormation would report for the stage's templates, each with the setting that causes it.
pub(super) fn faults(selection: &StageSelection) -> Vec<(&'static str, String)> {
    let identity = Identity {
        project: selection.project.name.clone().unwrap_or_else(|| "project".to_owned()),
        stage: selection.name.clone(),
        function_name: selection.primary().function_name.clone(),
    };
    let mut faults = Vec::new();
    for (region, stage) in &selection.stages {
        let document = document(selection, &identity, region, NO_PACKAGE);
        let bytes = template::serialize(&document).len();
        if bytes > template::MAX_BYTES {
            let sentence = format!(
                "the template of stage `{}` has {bytes} bytes, CloudFormation takes {}; move some of `resources` to a stack of their own",
                selection.name,
                template::MAX_BYTES
            );
            faults.push(("resources", sentence));
        }
        for (setting, id) in template::dangling(&document, stage) {
            faults.push((setting, format!("`{setting}` refers to `{id}`, which is not a resource of the stack")));
        }
        if let Some(circle) = template::circle(&document) {
            let sentence = format!("resources refer to each other in a circle: {}", circle.join(" → "));
            faults.push((template::closing(&circle, stage), sentence));
        }
    }
    faults
}
