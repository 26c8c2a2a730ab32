//! Regions that left the `regions` of a stage's settings and may still have its stack.
//!
//! The buckets of the stage's other regions have a marker of each; only where one is of no region of the settings, AWS is
//! asked about that region.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;

use super::{
    failure,
    fleet::Outcome,
    stage::{self, Resolved},
};
use crate::{
    aws::Aws,
    progress::Progress as _,
    regions,
    report::{Failure, Report},
    rollout::{self, Deployed, Done, Error, Marked},
    settings,
};

/// How long a region may take that nothing is deployed to: the command is about the others.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// Warns of the regions that markers are of, that are not in the settings, and that still have the stack; returns those that
/// no longer have it.
pub(super) async fn warn(
    resolved: &Resolved,
    aws: &Aws,
    report: &Report,
    marked: impl Iterator<Item = &Marked>,
) -> BTreeSet<String> {
    let known = &resolved.selection.stages;
    let marked: BTreeSet<&String> = marked.flat_map(|marked| &marked.regions).collect();
    let departed = marked.into_iter().filter(|region| !known.contains_key(*region));
    let looks = departed
        .map(async |region| (region.clone(), tokio::time::timeout(LOOK_TIMEOUT, state(resolved, aws, region)).await));
    let mut gone = BTreeSet::new();
    for (region, state) in join_all(looks).await {
        let stack = resolved.identity.stack();
        let left = format!("region {region} is no longer in `regions`");
        let command = format!("`zappa-rs undeploy {} --region {region}{}`", resolved.identity.stage, resolved.flags);
        let unknown = |reason: String| {
            let sentence = format!("{left}, and stack `{stack}` may still exist there: {reason}");
            (sentence, format!("{command} removes it, with credentials that may look there"))
        };
        let (sentence, hint) = match state {
            Ok(Ok(true)) => {
                (format!("{left}, but stack `{stack}` still exists there"), format!("{command} removes it"))
            }
            Ok(Ok(false)) => {
                gone.insert(region);
                continue;
            }
            Ok(Err(error)) => unknown(error.to_string()),
            Err(_) => unknown(format!("no answer within {} s", LOOK_TIMEOUT.as_secs())),
        };
        report.warning(&sentence, Some(&hint));
    }
    gone
}

/// The same after a deploy, which also removes the markers of regions where nothing is left.
pub(super) async fn clear(resolved: &Resolved, aws: &Aws, report: &Report, outcomes: &[Outcome<Done>]) {
    let done: BTreeMap<&str, &Marked> =
        outcomes.iter().filter_map(|outcome| Some((outcome.region.as_str(), &outcome.value()?.marked))).collect();
    let gone = warn(resolved, aws, report, done.values().copied()).await;
    let removals = done.into_iter().map(async |(region, marked)| {
        let stale = marked.regions.intersection(&gone).map(|region| resolved.identity.region_marker(region));
        let stale: Vec<String> = stale.collect();
        if stale.is_empty() { Ok(()) } else { aws.in_region(region).remove(&marked.bucket, &stale).await }
    });
    for error in join_all(removals).await.into_iter().filter_map(Result::err) {
        // The next deploy tries again.
        report.detail(&format!("a marker of a region could not be removed: {error}"));
    }
}

/// Whether the stage's stack exists in a region.
async fn state(resolved: &Resolved, aws: &Aws, region: &str) -> Result<bool, Error> {
    let region = aws.in_region(region);
    let found = region.find_stack(&resolved.identity.stack()).await?;
    match found {
        Some(stack) => rollout::is_owned(&region, &stack, &resolved.identity).await,
        None => Ok(false),
    }
}

/// Checks that the stage has something to remove in each of these regions, which its settings do not name.
pub(super) async fn check(resolved: &Resolved, aws: &Aws, departed: &[String]) -> Result<(), Failure> {
    for name in departed {
        let region = aws.in_region(name);
        let look = Deployed::look(&region, &resolved.identity, &resolved.selection.stages[name]).await;
        let is_there = match look {
            Ok(deployed) => deployed.stack.is_some() || !deployed.inventory.is_empty(),
            // A name that is no region's has no address, or knows no credentials.
            Err(Error::Aws(_)) if regions::facts(name).is_none() => false,
            Err(error) => return Err(failure::failure_in(&error, Some(name))),
        };
        if !is_there {
            let known =
                resolved.selection.all_regions().into_iter().filter(|region| !departed.contains(region)).collect();
            let (stage, region) = (resolved.identity.stage.clone(), name.clone());
            return Err(stage::settings_failure(settings::Error::OtherRegion { stage, region, known }));
        }
    }
    Ok(())
}
