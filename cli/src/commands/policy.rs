//! `zappa-rs policy`: what deploying a stage takes, and what its function may do.

use std::sync::Arc;

use super::{Surroundings, stage, template};
use crate::{
    args::{PolicyArgs, PolicyOf},
    policy::{self, Subject},
    progress::Progress as _,
    report::{Failure, Report},
};

/// Runs the command to its end.
pub(crate) async fn run(args: &PolicyArgs, around: &Surroundings, report: &Arc<Report>) -> Result<(), Failure> {
    let opened = stage::open_standing(&args.stage, around).await?;
    let chosen = &opened.chosen;
    let document = |region: &String| template::document(chosen, &opened.identity, region, template::NO_PACKAGE);
    let documents: Vec<_> = chosen.regions.iter().map(document).collect();
    let stages: Vec<_> = chosen.regions.iter().map(|region| &chosen.stages[region]).collect();
    let subject =
        Subject { identity: &opened.identity, regions: &chosen.regions, stages: &stages, documents: &documents };
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
            if let Some(role) = &chosen.first().role_arn {
                let error = anyhow::anyhow!("the function has the role `{role}`, whose policies are not the stack's");
                return Err(Failure::usage(
                    error,
                    Some("leave `role_arn` out to let the stack make the role".to_owned()),
                ));
            }
            report.document(&policy::function(&documents[0]));
        }
    }
    Ok(())
}
