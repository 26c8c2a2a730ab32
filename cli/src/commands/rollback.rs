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
        let aws = opened.aws(&args.stage, around).await?;
        let choice =
            args.to.as_ref().map_or(Choice::Back(args.number as usize), |to| Choice::To(ReleaseId(to.clone())));
        let found = opened.chosen.regions.iter().map(|region| {
            let (aws, opened, choice) = (aws.in_region(region), &opened, &choice);
            async move { Ok((region.clone(), choose(opened, &aws, choice).await?)) }
        });
        let records: BTreeMap<String, Record> =
            try_join_all(found).await.map_err(|error| outcome::failure(&error))?.into_iter().collect();
        let gate = ReportGate { report, yes: args.stage.yes };
        let work = Work { opened: &opened, aws: &aws, report, gate: &gate, places: &places, wait: args.wait };
        let wish = |region: &str| records.get(region).cloned().map(|record| (record, None));
        let outcomes = work.everywhere(Mode::Update, wish).await;
        outcome::say(&opened, &aws, &outcomes, &places, shared, report)
    })
    .await
}

/// Which release is meant.
enum Choice {
    Back(usize),
    To(ReleaseId),
}

async fn choose(opened: &Opened, region: &aws::Region, choice: &Choice) -> Result<Record, Error> {
    let stage = &opened.chosen.stages[region.name()];
    let mut standing = Standing::look(region, &opened.identity, stage).await?;
    if standing.stack.is_none() {
        return Err(Error::NotDeployed { stack: opened.identity.stack(), region: region.name().to_owned() });
    }
    standing.read_live(region).await?;
    let records = &standing.inventory.records;
    let key = match choice {
        Choice::To(release) => named(records, release)?,
        Choice::Back(number) => back(records, standing.release().as_ref(), *number)?,
    };
    record(region, &standing, key).await
}

/// The release that is named, or begins with what is named.
fn named<'a>(records: &'a [RecordKey], release: &ReleaseId) -> Result<&'a RecordKey, Error> {
    let mut found = records.iter().filter(|record| record.id.0.starts_with(&release.0));
    let wanted = release.0.clone();
    match (found.next(), found.next()) {
        (Some(record), None) => Ok(record),
        (None, _) => Err(Error::NoRelease { wanted, known: known(records) }),
        _ => Err(Error::SeveralReleases { wanted, known: known(records) }),
    }
}

fn known(records: &[RecordKey]) -> Vec<String> {
    records.iter().map(|record| record.id.0.clone()).collect()
}

/// The release so many before the live one; if the live one has no record, so many before the newest.
fn back<'a>(records: &'a [RecordKey], live: Option<&ReleaseId>, number: usize) -> Result<&'a RecordKey, Error> {
    let live = records.iter().position(|record| Some(&record.id) == live).unwrap_or(records.len());
    let earlier = live.checked_sub(number).and_then(|position| records.get(position));
    earlier.ok_or_else(|| Error::NoneBefore { number, known: known(records) })
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
    fn back_counts_from_what_is_live_and_not_from_what_is_newest() {
        let records = records();
        let live = ReleaseId("id3".to_owned());
        assert_eq!(back(&records, Some(&live), 1).unwrap().id.0, "id2");
        assert_eq!(back(&records, Some(&live), 2).unwrap().id.0, "id1");
        assert!(matches!(back(&records, Some(&live), 3), Err(Error::NoneBefore { number: 3, .. })));
        // What failed to be recorded is newer than all that was.
        assert_eq!(back(&records, None, 1).unwrap().id.0, "id4");
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
