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
};

/// Runs `zappa-rs policy`.
pub(crate) async fn run(args: &PolicyArgs, cx: &Context, report: &Arc<Report>) -> Result<(), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
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
            if let Some(role) = &selection.primary().role_arn {
                let error = anyhow::anyhow!("the function has the role `{role}`, whose policies are not the stack's");
                return Err(Failure::usage(
                    error,
                    Some("leave `role_arn` out to let the stack make the role".to_owned()),
                ));
            }
            report.document(&policy::function(&templates[0]));
        }
    }
    Ok(())
}
