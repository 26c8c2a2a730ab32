//! `zappa-rs policy`: the IAM policy for deploying a stage, or of its function's role.

use std::sync::Arc;

use super::{
    Context,
    rendering::{NO_PACKAGE, render},
    stage,
};
use crate::{
    args::{PolicyArgs, PolicyOf},
    policy::{self, Subject},
    progress::Progress as _,
    report::{Failure, Report},
    settings::Hook,
};

/// Runs `zappa-rs policy`.
pub(crate) async fn run(args: &PolicyArgs, cx: &Context, report: &Arc<Report>) -> Result<(), Failure> {
    let resolved = stage::resolve_for_policy(&args.stage, cx).await?;
    let selection = &resolved.selection;
    let template = |region: &String| render(selection, &resolved.identity, region, NO_PACKAGE);
    let templates: Vec<_> = selection.regions.iter().map(template).collect();
    let stages: Vec<_> = selection.regions.iter().map(|region| &selection.stages[region]).collect();
    let subject =
        Subject { identity: &resolved.identity, regions: &selection.regions, stages: &stages, templates: &templates };
    match args.of {
        PolicyOf::Deploy => {
            let unknown = policy::unknown_kinds(&subject);
            if !unknown.is_empty() {
                report.warning(
                    &format!("what CloudFormation needs for {} is not known here", unknown.join(", ")),
                    Some("add the actions of these types by their pages in AWS's service authorization reference"),
                );
            }
            if selection.primary().hooks.command(Hook::PostTemplate).is_some() {
                report.warning(
                    "what the hook `post_template` adds to the template is not known here",
                    Some("add the actions of the resource types that it adds"),
                );
            }
            let policy = policy::deploy(&subject);
            let size = policy.to_string().len();
            if size > policy::MANAGED_POLICY_LIMIT {
                report.warning(
                    &format!(
                        "the policy has {size} characters, a managed policy {} at most",
                        policy::MANAGED_POLICY_LIMIT
                    ),
                    Some("an inline policy of a role takes 10240; or make two policies of its statements"),
                );
            }
            report.document(&policy);
        }
        PolicyOf::Function => {
            let mut selection = selection.clone();
            let region = &selection.regions[0];
            if let Some(role) = selection.stages.get_mut(region).and_then(|stage| stage.role_arn.take()) {
                report.warning(
                    &format!("the function has the role `{role}`, which no deploy changes"),
                    Some("add these statements to it; logical ids in them are resources of the stack"),
                );
            }
            let template = render(&selection, &resolved.identity, region, NO_PACKAGE);
            report.document(&policy::function(&template));
        }
    }
    Ok(())
}
