//! Records of releases: found by a name or an unambiguous prefix of one, and read from the bucket.

use super::stage::Resolved;
use crate::{
    aws,
    release::{Record, RecordKey, ReleaseId},
    rollout::{Deployed, Error},
};

/// Finds the release of this name, or the only one whose name has this prefix.
pub(super) fn find<'a>(records: &'a [RecordKey], release: &ReleaseId) -> Result<&'a RecordKey, Error> {
    let mut found = records.iter().filter(|record| record.id.0.starts_with(&release.0));
    let wanted = release.0.clone();
    match (found.next(), found.next_back()) {
        (Some(record), None) => Ok(record),
        // The same release may have been recorded twice.
        (Some(first), Some(last)) if first.id == last.id => Ok(last),
        (None, _) => Err(Error::NoRelease { wanted, known: known(records) }),
        _ => Err(Error::AmbiguousRelease { wanted, known: known(records) }),
    }
}

/// The names of the releases, the newest first.
pub(super) fn known(records: &[RecordKey]) -> Vec<String> {
    let mut known: Vec<String> = records.iter().rev().map(|record| record.id.0.clone()).collect();
    known.dedup();
    known
}

/// Reads the record of a release in a region.
pub(super) async fn read(resolved: &Resolved, region: &aws::Region, release: &ReleaseId) -> Result<Record, Error> {
    let deployed = Deployed::inspect(region, &resolved.identity, &resolved.selection.stages[region.name()]).await?;
    let key = find(&deployed.inventory.records, release)?;
    read_key(region, &deployed, key).await
}

/// Reads the record of a key.
pub(super) async fn read_key(region: &aws::Region, deployed: &Deployed, key: &RecordKey) -> Result<Record, Error> {
    let text = region.read(&deployed.bucket, &key.key).await?;
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
        assert_eq!(find(&records, &ReleaseId("id2".to_owned())).unwrap().id.0, "id2");
        let refused = |id: &str| find(&records, &ReleaseId(id.to_owned())).unwrap_err();
        assert!(matches!(refused("id"), Error::AmbiguousRelease { .. }));
        assert!(matches!(refused("x"), Error::NoRelease { .. }));
    }
}
