//! `zappa-rs rollback`: makes a recorded release live again, code and settings together.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::try_join_all;

use super::{
    Context,
    confirm::TerminalConfirm,
    end::End,
    failure,
    fleet::{Fleet, Phases},
    hooks,
    interruptible::run_interruptible,
    record,
    stage::{self, Resolved},
};
use crate::{
    args::{RollbackArgs, SharedArgs},
    aws,
    progress::Progress as _,
    release::{Record, ReleaseId},
    report::{Failure, Report},
    rollout::{Deployed, Error, Mode, Search},
    settings::Hook,
};

/// Runs `zappa-rs rollback`.
pub(crate) async fn run(
    args: &RollbackArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let phases = Phases::new(&resolved.selection.regions);
    let hooks = hooks::of_stage("rollback", &resolved, &args.stage, shared, cx);
    let work = run_interruptible(|| phases.interruption(), async {
        let aws = resolved.aws(&args.stage, cx, report).await?;
        let choice =
            args.to.as_ref().map_or(Choice::Back(args.number as usize), |to| Choice::To(ReleaseId(to.clone())));
        let found = resolved.selection.regions.iter().map(|region| {
            let (aws, resolved, choice) = (aws.in_region(region), &resolved, &choice);
            async move {
                let selection = choose(resolved, &aws, choice).await;
                let in_region = (resolved.selection.regions.len() > 1).then_some(region.as_str());
                Ok((region.clone(), selection.map_err(|error| failure::failure_in(&error, in_region))?))
            }
        });
        let found: BTreeMap<String, RollbackTarget> = try_join_all(found).await?.into_iter().collect();
        from_one_release(&found)?;
        let records: BTreeMap<String, Record> =
            found.into_iter().map(|(region, selection)| (region, selection.record)).collect();
        for (region, record) in &records {
            let prefix = if records.len() == 1 { String::new() } else { format!("{region} ") };
            report.step("Returning", &format!("{prefix}to release {} of {}", record.id, record.created));
        }
        let confirm = TerminalConfirm { report, yes: args.stage.yes, has_dry_run: false };
        let fleet = Fleet {
            resolved: &resolved,
            aws: &aws,
            report,
            confirm: &confirm,
            phases: &phases,
            // As every rollback.
            now: true,
            wait: args.wait,
            search: Search::default(),
        };
        let request = |region: &str| records.get(region).cloned().map(|record| (record, None));
        let outcomes = fleet.roll_out(Mode::Rollback, request).await;
        let end = End { resolved: &resolved, aws: &aws, phases: &phases, hooks: &hooks, shared, report };
        end.run(&outcomes, Hook::PostRollback).await
    });
    hooks::with_on_error(&hooks, report, work).await
}

/// The target of a region's rollback, and the live release.
struct RollbackTarget {
    live: Option<ReleaseId>,
    record: Record,
}

/// Refuses a rollback of regions whose live releases differ, such as after a deploy that failed in one: they would get
/// different releases again. Regions with the same live release each go back to their own previous one.
fn from_one_release(found: &BTreeMap<String, RollbackTarget>) -> Result<(), Failure> {
    let is_one = |id: &dyn Fn(&RollbackTarget) -> Option<ReleaseId>| {
        let mut ids = found.values().map(id);
        let first = ids.next();
        ids.all(|id| Some(id) == first)
    };
    if is_one(&|target| target.live.clone()) || is_one(&|selection| Some(selection.record.id.clone())) {
        return Ok(());
    }
    let each: Vec<String> =
        found.iter().map(|(region, selection)| format!("{region} to {}", selection.record.id)).collect();
    let error = anyhow::anyhow!("the regions would be rolled back to different releases: {}", each.join(", "));
    let hint = "`--to RELEASE` names one for all, `--region` works on one".to_owned();
    Err(Failure::failed(error, Some(hint)))
}

/// The release to roll back to.
enum Choice {
    Back(usize),
    To(ReleaseId),
}

async fn choose(resolved: &Resolved, region: &aws::Region, choice: &Choice) -> Result<RollbackTarget, Error> {
    let stage = &resolved.selection.stages[region.name()];
    let mut deployed = Deployed::inspect(region, &resolved.identity, stage).await?;
    if deployed.stack.is_none() {
        return Err(Error::NotDeployed { stack: resolved.identity.stack(), region: region.name().to_owned() });
    }
    deployed.read_live(region).await?;
    deployed.read_serving(region, &resolved.identity).await?;
    let records = &deployed.inventory.records;
    let record = match choice {
        Choice::To(release) => record::read_key(region, &deployed, record::find(records, release)?).await?,
        Choice::Back(number) => before(region, &deployed, *number).await?,
    };
    Ok(RollbackTarget { live: deployed.serving_release(), record })
}

/// The release that was live this many releases ago. A release that has the code and the settings of the one after it counts
/// with that one: `update --code-only` gives the code of a fast update another id, and nothing is left by going back to it.
async fn before(region: &aws::Region, deployed: &Deployed, number: usize) -> Result<Record, Error> {
    let records = &deployed.inventory.records;
    let none = || Error::NoEarlierRelease { number, known: record::known(records) };
    let newest = |id: &ReleaseId| records.iter().rfind(|record| record.id == *id);
    let release = deployed.serving_release().ok_or_else(none)?;
    let no_record = || Error::NoRecord { bucket: deployed.bucket.name.clone(), live: release.clone() };
    let mut record = record::read_key(region, deployed, newest(&release).ok_or_else(no_record)?).await?;
    let mut left = number;
    // As many steps as there are records at most, should two of them name each other.
    for _ in records {
        if left == 0 {
            break;
        }
        let previous = record.previous.as_ref().and_then(newest).ok_or_else(none)?;
        let earlier = record::read_key(region, deployed, previous).await?;
        if !ReleaseId::is_all_that_differs(&earlier.template, &record.template) {
            left -= 1;
        }
        record = earlier;
    }
    if left == 0 { Ok(record) } else { Err(none()) }
}
