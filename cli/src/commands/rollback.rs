//! `zappa-rs rollback`: a recorded release again, code and settings together.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::try_join_all;

use super::{
    Surroundings, failure,
    fleet::{Fleet, Places},
    gate::ReportGate,
    interruptible::run_interruptible,
    outcome, record,
    stage::{self, Opened},
};
use crate::{
    args::{RollbackArgs, SharedArgs},
    aws,
    progress::Progress as _,
    release::{Record, ReleaseId},
    report::{Failure, Report},
    rollout::{Error, Mode, Standing},
};

/// Runs the command to its end.
pub(crate) async fn run(
    args: &RollbackArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let opened = stage::open_standing(&args.stage, around).await?;
    let places = Places::new(&opened.chosen.regions);
    run_interruptible(Some(&places), async {
        let aws = opened.aws(&args.stage, around, report).await?;
        let choice =
            args.to.as_ref().map_or(Choice::Back(args.number as usize), |to| Choice::To(ReleaseId(to.clone())));
        let found = opened.chosen.regions.iter().map(|region| {
            let (aws, opened, choice) = (aws.in_region(region), &opened, &choice);
            async move {
                let chosen = choose(opened, &aws, choice).await;
                let in_region = (opened.chosen.regions.len() > 1).then_some(region.as_str());
                Ok((region.clone(), chosen.map_err(|error| failure::failure_in(&error, in_region))?))
            }
        });
        let found: BTreeMap<String, Chosen> = try_join_all(found).await?.into_iter().collect();
        from_one_release(&found)?;
        let records: BTreeMap<String, Record> =
            found.into_iter().map(|(region, chosen)| (region, chosen.record)).collect();
        for (region, record) in &records {
            let place = if records.len() == 1 { String::new() } else { format!("{region} ") };
            report.step("Returning", &format!("{place}to release {} of {}", record.id, record.created));
        }
        let gate = ReportGate { report, yes: args.stage.yes };
        let fleet = Fleet { opened: &opened, aws: &aws, report, gate: &gate, places: &places, wait: args.wait };
        let wish = |region: &str| records.get(region).cloned().map(|record| (record, None));
        let outcomes = fleet.roll_out(Mode::Back, wish).await;
        outcome::report(&opened, &aws, &outcomes, &places, shared, report)
    })
    .await
}

/// Where a region would go, from what.
struct Chosen {
    live: Option<ReleaseId>,
    record: Record,
}

/// Regions that serve different releases, such as after a deploy that failed in one, would go to different ones again. From
/// the same one each goes to what served before it there.
fn from_one_release(found: &BTreeMap<String, Chosen>) -> Result<(), Failure> {
    let is_one = |id: &dyn Fn(&Chosen) -> Option<ReleaseId>| {
        let mut ids = found.values().map(id);
        let first = ids.next();
        ids.all(|id| Some(id) == first)
    };
    if is_one(&|chosen| chosen.live.clone()) || is_one(&|chosen| Some(chosen.record.id.clone())) {
        return Ok(());
    }
    let each: Vec<String> = found.iter().map(|(region, chosen)| format!("{region} to {}", chosen.record.id)).collect();
    let error = anyhow::anyhow!("the regions would go back to different releases: {}", each.join(", "));
    let hint = "`--to RELEASE` names one for all, `--region` works on one".to_owned();
    Err(Failure::failed(error, Some(hint)))
}

/// Which release is meant.
enum Choice {
    Back(usize),
    To(ReleaseId),
}

async fn choose(opened: &Opened, region: &aws::Region, choice: &Choice) -> Result<Chosen, Error> {
    let stage = &opened.chosen.stages[region.name()];
    let mut standing = Standing::look(region, &opened.identity, stage).await?;
    if standing.stack.is_none() {
        return Err(Error::NotDeployed { stack: opened.identity.stack(), region: region.name().to_owned() });
    }
    standing.read_live(region).await?;
    let records = &standing.inventory.records;
    let record = match choice {
        Choice::To(release) => record::read_key(region, &standing, record::find(records, release)?).await?,
        Choice::Back(number) => before(region, &standing, *number).await?,
    };
    Ok(Chosen { live: standing.release(), record })
}

/// The release that served so many before the live one.
async fn before(region: &aws::Region, standing: &Standing, number: usize) -> Result<Record, Error> {
    let records = &standing.inventory.records;
    let none = || Error::NoneBefore { number, known: record::known(records) };
    let newest = |id: &ReleaseId| records.iter().rfind(|record| record.id == *id);
    let release = standing.release().ok_or_else(none)?;
    let no_record = || Error::NoRecord { bucket: standing.bucket.name.clone(), live: release.clone() };
    let mut live = newest(&release).ok_or_else(no_record)?;
    for _ in 0..number {
        let previous = record::read_key(region, standing, live).await?.previous.ok_or_else(none)?;
        live = newest(&previous).ok_or_else(none)?;
    }
    record::read_key(region, standing, live).await
}
