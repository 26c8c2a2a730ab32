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
    stage::{self, Resolved},
};
use crate::{
    aws::{self, Aws},
    progress::Progress as _,
    regions,
    report::{Failure, Report},
    rollout::{self, Deployed, Error, Marked},
    settings,
};

/// How long a region may take that nothing is deployed to: the command is about the others.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// The departed regions, by whether they may still have the stage's stack.
#[derive(Debug, Default)]
pub(super) struct Departed {
    present: BTreeSet<String>,
    gone: BTreeSet<String>,
}

impl Departed {
    /// The regions of a bucket's markers that may still have the stack.
    pub(super) fn of(&self, marked: &Marked) -> Vec<String> {
        marked.regions.intersection(&self.present).cloned().collect()
    }
}

/// Warns of the regions that markers are of, that are not in the settings, and that still have the stack.
pub(super) async fn warn(
    resolved: &Resolved,
    aws: &Aws,
    report: &Report,
    marked: impl Iterator<Item = &Marked>,
) -> Departed {
    let known = &resolved.selection.stages;
    let marked: BTreeSet<&String> = marked.flat_map(|marked| &marked.regions).collect();
    let departed = marked.into_iter().filter(|region| !known.contains_key(*region));
    let looks = departed
        .map(async |region| (region.clone(), tokio::time::timeout(LOOK_TIMEOUT, state(resolved, aws, region)).await));
    let mut found = Departed::default();
    for (region, state) in join_all(looks).await {
        let stack = resolved.identity.stack();
        let left = format!("region {region} is no longer in `regions`");
        let command = format!("`zappa-rs undeploy {} --region {region}{}`", resolved.identity.stage, resolved.flags);
        let unknown = |reason: String| {
            let sentence = format!("{left}, and stack `{stack}` may still exist there: {reason}");
            (sentence, format!("{command} removes it, with credentials that are allowed there"))
        };
        let (sentence, hint) = match state {
            Ok(Ok(true)) => {
                (format!("{left}, but stack `{stack}` still exists there"), format!("{command} removes it"))
            }
            Ok(Ok(false)) => {
                found.gone.insert(region);
                continue;
            }
            Ok(Err(error)) => unknown(error.to_string()),
            Err(_) => unknown(format!("no answer within {} s", LOOK_TIMEOUT.as_secs())),
        };
        report.warning(&sentence, Some(&hint));
        found.present.insert(region);
    }
    found
}

/// Warns of stacks of the stage in the account's other regions, which no marker need be of: after an `undeploy`, and where
/// nothing is deployed in the regions of the settings.
pub(super) async fn warn_of_others(resolved: &Resolved, aws: &Aws, report: &Report, departed: &Departed) {
    let known = resolved.selection.all_regions();
    let Some(first) = known.first() else { return };
    let known: Vec<String> = known.iter().chain(&departed.present).chain(&departed.gone).cloned().collect();
    let found = rollout::Search::default().found(&aws.in_region(first), &resolved.identity, &known).await;
    for region in found.into_keys() {
        let sentence = format!("stack `{}` of this stage exists in region {region} too", resolved.identity.stack());
        let command = format!("`zappa-rs undeploy {} --region {region}{}`", resolved.identity.stage, resolved.flags);
        report.warning(&sentence, Some(&format!("{command} removes it")));
    }
}

/// The same after a change, which also removes the markers of regions where nothing is left.
pub(super) async fn clear<'a>(
    resolved: &Resolved,
    aws: &Aws,
    report: &Report,
    marked: impl Iterator<Item = (&'a str, &'a Marked)>,
) -> Departed {
    let marked: BTreeMap<&str, &Marked> = marked.collect();
    let found = warn(resolved, aws, report, marked.values().copied()).await;
    let removals = marked
        .into_iter()
        .map(async |(name, marked)| remove(&aws.in_region(name), resolved, marked, &found.gone).await);
    report_failures(report, join_all(removals).await);
    found
}

/// Removes the markers of regions that were undeployed from the buckets of the regions that the settings name.
pub(super) async fn forget(resolved: &Resolved, aws: &Aws, report: &Report, undeployed: &BTreeSet<String>) {
    if undeployed.is_empty() {
        return;
    }
    let named = resolved.selection.stages.iter().filter(|(name, stage)| stage.regions.contains(name));
    let removals = named.map(async |(name, stage)| {
        let region = aws.in_region(name);
        let deployed = Deployed::inspect(&region, &resolved.identity, stage).await?;
        Ok(remove(&region, resolved, &deployed.marked(), undeployed).await?)
    });
    report_failures::<Error>(report, join_all(removals).await);
}

/// Removes the markers of some regions from one bucket, with all their versions.
async fn remove(
    region: &aws::Region,
    resolved: &Resolved,
    marked: &Marked,
    stale: &BTreeSet<String>,
) -> Result<(), aws::Error> {
    let mut versions = Vec::new();
    for name in marked.regions.intersection(stale) {
        let key = resolved.identity.region_marker(name);
        let found = region.versions_below(&marked.bucket, &key).await?;
        versions.extend(found.into_iter().filter(|version| version.key == key));
    }
    if versions.is_empty() { Ok(()) } else { region.remove_versions(&marked.bucket, &versions).await }
}

/// Mentions markers that stay; the next deploy tries again.
fn report_failures<E: std::fmt::Display>(report: &Report, removals: Vec<Result<(), E>>) {
    for error in removals.into_iter().filter_map(Result::err) {
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
        let inspected = Deployed::inspect(&region, &resolved.identity, &resolved.selection.stages[name]).await;
        let is_there = match inspected {
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
