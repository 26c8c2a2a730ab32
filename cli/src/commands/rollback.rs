//! `zappa-rs rollback`: a recorded release again, code and settings together.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::try_join_all;

use super::{
    Surroundings,
    deploy::{Work, uninterrupted},
    fleet::Places,
    gate::ReportGate,
    outcome,
    stage::{self, Opened},
};
use crate::{
    args::{RollbackArgs, SharedArgs},
    aws,
    progress::Progress as _,
    release::{Record, RecordKey, ReleaseId},
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
    uninterrupted(&places, async {
        let aws = opened.aws(&args.stage, around, report).await?;
        let choice =
            args.to.as_ref().map_or(Choice::Back(args.number as usize), |to| Choice::To(ReleaseId(to.clone())));
        let found = opened.chosen.regions.iter().map(|region| {
            let (aws, opened, choice) = (aws.in_region(region), &opened, &choice);
            async move {
                let chosen = choose(opened, &aws, choice).await;
                let in_region = (opened.chosen.regions.len() > 1).then_some(region.as_str());
                Ok((region.clone(), chosen.map_err(|error| outcome::failure_in(&error, in_region))?))
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
        let work = Work { opened: &opened, aws: &aws, report, gate: &gate, places: &places, wait: args.wait };
        let wish = |region: &str| records.get(region).cloned().map(|record| (record, None));
        let outcomes = work.everywhere(Mode::Back, wish).await;
        outcome::say(&opened, &aws, &outcomes, &places, shared, report)
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
        Choice::To(release) => record(region, &standing, named(records, release)?).await?,
        Choice::Back(number) => before(region, &standing, *number).await?,
    };
    Ok(Chosen { live: standing.release(), record })
}

/// The release that served so many before the live one.
async fn before(region: &aws::Region, standing: &Standing, number: usize) -> Result<Record, Error> {
    let records = &standing.inventory.records;
    let none = || Error::NoneBefore { number, known: known(records) };
    let newest = |id: &ReleaseId| records.iter().rfind(|record| record.id == *id);
    let release = standing.release().ok_or_else(none)?;
    let no_record = || Error::NoRecord { bucket: standing.bucket.name.clone(), live: release.clone() };
    let mut live = newest(&release).ok_or_else(no_record)?;
    for _ in 0..number {
        let previous = record(region, standing, live).await?.previous.ok_or_else(none)?;
        live = newest(&previous).ok_or_else(none)?;
    }
    record(region, standing, live).await
}

/// The release that is named, or begins with what is named.
fn named<'a>(records: &'a [RecordKey], release: &ReleaseId) -> Result<&'a RecordKey, Error> {
    let mut found = records.iter().filter(|record| record.id.0.starts_with(&release.0));
    let wanted = release.0.clone();
    match (found.next(), found.next_back()) {
        (Some(record), None) => Ok(record),
        // The same release may have been recorded twice.
        (Some(first), Some(last)) if first.id == last.id => Ok(last),
        (None, _) => Err(Error::NoRelease { wanted, known: known(records) }),
        _ => Err(Error::SeveralReleases { wanted, known: known(records) }),
    }
}

/// The names of the releases, the newest first.
fn known(records: &[RecordKey]) -> Vec<String> {
    let mut known: Vec<String> = records.iter().rev().map(|record| record.id.0.clone()).collect();
    known.dedup();
    known
}

/// The record of one release in one region.
pub(super) async fn read(opened: &Opened, region: &aws::Region, release: &ReleaseId) -> Result<Record, Error> {
    let standing = Standing::look(region, &opened.identity, &opened.chosen.stages[region.name()]).await?;
    let key = named(&standing.inventory.records, release)?;
    record(region, &standing, key).await
}

async fn record(region: &aws::Region, standing: &Standing, key: &RecordKey) -> Result<Record, Error> {
    let text = region.read(&standing.bucket, &key.key).await?;
    let text = text.ok_or_else(|| Error::NoRelease { wanted: key.id.0.clone(), known: Vec::new() })?;
    serde_json::from_slice(&text).map_err(|source| Error::UnreadableRecord { key: key.key.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Identity;

    fn records() -> Vec<RecordKey> {
        let identity = Identity { project: "a".to_owned(), stage: "b".to_owned(), function_name: None };
        let key = |day: u8| format!("a/b/releases/2026110{day}T000000Z-id{day}-00.json");
        (1..=4).filter_map(|day| RecordKey::parse(&identity, &key(day))).collect()
    }

    #[test]
    fn a_release_may_be_named_by_its_first_letters_if_they_are_enough() {
        let records = records();
        assert_eq!(named(&records, &ReleaseId("id2".to_owned())).unwrap().id.0, "id2");
        let refused = |id: &str| named(&records, &ReleaseId(id.to_owned())).unwrap_err();
        assert!(matches!(refused("id"), Error::SeveralReleases { .. }));
        assert!(matches!(refused("x"), Error::NoRelease { .. }));
    }
}
