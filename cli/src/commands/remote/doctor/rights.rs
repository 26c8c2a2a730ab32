//! The facts about the caller's rights, from IAM's policy simulator.

use futures_util::{StreamExt as _, stream};

use super::{machine::chain, rendering, stage::Resolved, subject::Subject};
use crate::{
    aws::{self, Aws, Decision, SessionCredentials, Simulation},
    doctor::{self, Finding, Principal},
    policy,
};

const NAME: &str = "rights";
/// How many simulations run at once: IAM throttles more.
const AT_ONCE: usize = 5;

/// The caller, as AWS knows it.
pub(super) struct Caller<'a> {
    pub(super) caller: &'a aws::Caller,
    pub(super) credentials: &'a SessionCredentials,
    pub(super) aws: &'a Aws,
}

/// Simulates the actions of a deploy to these regions.
pub(super) async fn examine(subject: &Subject, caller: &Caller<'_>, regions: &[String]) -> Finding {
    let resolved = match &subject.stage {
        Ok(resolved) => resolved,
        Err(reason) => return Finding::skipped(NAME, reason),
    };
    let Some(region) = regions.first() else { return Finding::skipped(NAME, "no region of the stage answers") };
    let command = format!("zappa-rs policy deploy {}{}", resolved.selection.name, resolved.flags);
    let iam = caller.aws.in_region(region);
    let arn = match principal(&iam, caller, &command).await {
        Ok(arn) => arn,
        Err(finding) => return finding,
    };
    let simulations = simulations(resolved, regions, &caller.caller.account);
    let iam = &iam;
    let arn = arn.as_str();
    let run = simulations.into_iter().map(async |simulation| iam.simulate(caller.credentials, arn, &simulation).await);
    let mut results = stream::iter(run).buffered(AT_ONCE);
    let mut decisions: Vec<Decision> = Vec::new();
    while let Some(result) = results.next().await {
        match result {
            Ok(found) => decisions.extend(found),
            Err(error) => return unknown(&error, arn, &command),
        }
    }
    doctor::rights(&decisions, &command)
}

/// The ARN of what the caller's policies are attached to, or the finding where there is none.
async fn principal(iam: &aws::Region, caller: &Caller<'_>, command: &str) -> Result<String, Finding> {
    match doctor::principal(&caller.caller.arn) {
        Principal::Root => Err(Finding::ok(NAME, "the root user may do everything")),
        Principal::Arn(arn) => Ok(arn),
        // Without the right to read the role, its path is taken to be empty, as it mostly is.
        Principal::Role { name, arn_without_path } => {
            Ok(iam.role_arn(caller.credentials, &name).await.unwrap_or(arn_without_path))
        }
        Principal::Other => Err(Finding::unknown(
            NAME,
            format!("IAM simulates users and roles only, not {}", caller.caller.arn),
            format!("compare its policies with what `{command}` prints"),
        )),
    }
}

/// The finding where the simulator gave no decision.
fn unknown(error: &aws::Error, arn: &str, command: &str) -> Finding {
    let compare = format!("compare the caller's policies with what `{command}` prints");
    if error.is_denied() {
        let sentence = "the caller may not ask IAM's policy simulator";
        return Finding::unknown(
            NAME,
            sentence,
            format!("allow `iam:SimulatePrincipalPolicy` on `{arn}`, or {compare}"),
        );
    }
    if error.is_missing() || error.code() == Some("NoSuchEntity") {
        let sentence = format!("IAM has no `{arn}`: the role has a path, which a session does not tell");
        return Finding::unknown(NAME, sentence, format!("allow `iam:GetRole` on the role, or {compare}"));
    }
    Finding::unknown(NAME, chain(error), error.hint().unwrap_or(compare))
}

/// The simulations for the policy of each region, each once.
fn simulations(resolved: &Resolved, regions: &[String], account: &str) -> Vec<Simulation> {
    let mut all: Vec<Simulation> = Vec::new();
    for region in regions {
        let (selection, identity) = (&resolved.selection, &resolved.identity);
        let policy = policy::deploy(&policy::Subject {
            identity,
            regions: std::slice::from_ref(region),
            stages: &[&selection.stages[region]],
            templates: &[rendering::render(selection, identity, region, rendering::NO_PACKAGE)],
        });
        for simulation in doctor::simulations(&policy, account, region) {
            if !all.contains(&simulation) {
                all.push(simulation);
            }
        }
    }
    all
}
