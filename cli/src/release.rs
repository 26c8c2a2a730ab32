//! A release: an artifact and the templates made of it, one per region, identified by their content.
//!
//! A release's record is in the bucket of its region and is all that a rollback to it needs. It is written after the trial, so
//! that every release with a record has run. Nothing here calls AWS.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    digest::{hexadecimal, is_digest},
    names::{ArtifactKey, Identity},
    template::{Handler, METADATA, metadata_mut},
};

/// The length of an id in hexadecimal digits.
const ID_DIGITS: usize = 12;

/// A release's name: the first digits of a hash over everything it consists of.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct ReleaseId(pub(crate) String);

impl ReleaseId {
    /// The id of the release with these templates, by region.
    pub(crate) fn of(templates: &BTreeMap<String, Value>) -> Self {
        let mut hash = Sha256::new();
        for (region, template) in templates {
            hash.update(region);
            hash.update([0]);
            hash.update(template.to_string());
            hash.update([0]);
        }
        let mut id = hexadecimal(&hash.finalize());
        id.truncate(ID_DIGITS);
        Self(id)
    }

    /// The id of a release that changes only the code of another: the same in every region.
    pub(crate) fn of_code(before: Option<&Self>, sha256: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(before.map_or("", |before| before.0.as_str()));
        hash.update([0]);
        hash.update(sha256);
        let mut id = hexadecimal(&hash.finalize());
        id.truncate(ID_DIGITS);
        Self(id)
    }

    /// Writes the id into a template, where [`ReleaseId::in_template`] reads it.
    pub(crate) fn stamp(&self, template: &mut Value) {
        template["Metadata"][METADATA]["Release"] = json!(self.0);
    }

    /// Whether two templates are equal but for the release id in them. A release of one more region has another id, and nothing
    /// changes in this region.
    pub(crate) fn is_all_that_differs(one: &Value, other: &Value) -> bool {
        let without = |template: &Value| {
            let mut template = template.clone();
            if let Some(metadata) = metadata_mut(&mut template) {
                metadata.remove("Release");
            }
            template
        };
        without(one) == without(other)
    }

    /// The id of a template's release.
    pub(crate) fn in_template(template: &Value) -> Option<Self> {
        Some(Self(template["Metadata"][METADATA]["Release"].as_str()?.to_owned()))
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The record of a release, as it is written to the bucket.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Record {
    /// The release.
    pub(crate) id: ReleaseId,
    /// The time when the record was created, as RFC 3339 in UTC, in milliseconds.
    pub(crate) created: String,
    /// The commit it was built from, where there was one; `+` behind it says that files were changed.
    pub(crate) commit: Option<String>,
    /// The artifact's key in the same bucket.
    pub(crate) artifact: ArtifactKey,
    /// The artifact's SHA-256, in hexadecimal digits.
    pub(crate) sha256: String,
    /// A hash of the stage's settings.
    pub(crate) settings: String,
    /// The version of the tool that made it.
    pub(crate) tool: String,
    /// The `health_check` of its trial, which a rollback to it repeats.
    #[serde(default)]
    pub(crate) health_check: Option<String>,
    /// The `before_traffic` function of its trial.
    #[serde(default)]
    pub(crate) before_traffic: Option<String>,
    /// The handlers that its trial looks for.
    #[serde(default)]
    pub(crate) handlers: Vec<Handler>,
    /// The previous release, where there was one: the target of `rollback`.
    #[serde(default)]
    pub(crate) previous: Option<ReleaseId>,
    /// The template that was sent.
    #[serde(deserialize_with = "crate::template::shaped")]
    pub(crate) template: Value,
}

/// The key of a record, `<time>-<id>-<sha256>.json`: one ordered listing of the bucket has the time, id and artifact of every
/// release, without reading the records. The time has milliseconds: two deploys in one second keep their order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordKey {
    /// The key in the bucket.
    pub(crate) key: String,
    /// The time when the record was created, as RFC 3339 in UTC.
    pub(crate) created: String,
    /// The release.
    pub(crate) id: ReleaseId,
    /// The SHA-256 of its artifact.
    pub(crate) sha256: String,
}

impl RecordKey {
    /// The key of a new record.
    pub(crate) fn new(identity: &Identity, record: &Record) -> Self {
        let time: String = record.created.chars().filter(char::is_ascii_alphanumeric).collect();
        Self {
            key: format!("{}{time}-{}-{}.json", identity.records(), record.id, record.sha256),
            created: record.created.clone(),
            id: record.id.clone(),
            sha256: record.sha256.clone(),
        }
    }

    /// Reads a key of a listing; `None` if it is no record's.
    pub(crate) fn parse(identity: &Identity, key: &str) -> Option<Self> {
        let name = key.strip_prefix(&identity.records())?.strip_suffix(".json")?;
        let mut parts = name.splitn(3, '-');
        let (time, id, sha256) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            key: key.to_owned(),
            created: rfc3339(time)?,
            id: ReleaseId(id.to_owned()),
            sha256: sha256.to_owned(),
        })
    }
}

/// Whether a key of the bucket is one that the tool creates for this stage. A user's own bucket may hold other objects.
pub(crate) fn is_key_of(identity: &Identity, key: &str) -> bool {
    let is_template = || {
        let name = key.strip_prefix(&identity.templates()).and_then(|name| name.strip_suffix(".json"));
        name.is_some_and(is_digest)
    };
    ArtifactKey::parse(identity, key).is_some()
        || RecordKey::parse(identity, key).is_some()
        || identity.marked_region(key).is_some()
        || is_template()
}

/// `2026-11-25T19:59:59.123Z` for `20261125T195959123Z`. Older records have whole seconds.
fn rfc3339(compact: &str) -> Option<String> {
    let (date, time) = compact.strip_suffix('Z')?.split_once('T')?;
    let is_number = [date, time].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_number || date.len() != 8 || !matches!(time.len(), 6 | 9) {
        return None;
    }
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    let (hour, minute, second, fraction) = (&time[..2], &time[2..4], &time[4..6], &time[6..]);
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{point}{fraction}Z"))
}

/// A hash of settings, to see whether two releases were made with the same.
pub(crate) fn digest(settings: &impl Serialize) -> String {
    let text = serde_json::to_vec(settings).unwrap_or_default();
    hexadecimal(&Sha256::digest(text))
}

/// The records to prune: beyond the newest `retain`, and not in `kept`. `rollout/prune.rs` prunes the artifacts.
pub(crate) fn superseded(records: &[RecordKey], kept: &[&ReleaseId], retain: usize) -> Vec<RecordKey> {
    let newest = records.len().saturating_sub(retain);
    records[..newest].iter().filter(|record| !kept.contains(&&record.id)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None }
    }

    fn key(time: &str, id: &str) -> RecordKey {
        let text = format!("shop/dev/releases/{time}-{id}-ab12.json");
        RecordKey::parse(&identity(), &text).unwrap()
    }

    #[test]
    fn equal_templates_are_one_release_and_the_stamp_is_read_back() {
        let mut template = json!({ "Resources": { "A": {} } });
        let templates = BTreeMap::from([("eu-west-1".to_owned(), template.clone())]);
        let id = ReleaseId::of(&templates);
        assert_eq!(id, ReleaseId::of(&templates));
        assert_eq!(id.0.len(), ID_DIGITS);
        assert_ne!(id, ReleaseId::of(&BTreeMap::from([("us-east-1".to_owned(), template.clone())])));
        id.stamp(&mut template);
        assert_eq!(ReleaseId::in_template(&template), Some(id));
        assert_eq!(ReleaseId::in_template(&json!({})), None);

        let mut other = template.clone();
        ReleaseId("another".to_owned()).stamp(&mut other);
        assert!(ReleaseId::is_all_that_differs(&template, &other));
        other["Resources"]["B"] = json!({});
        assert!(!ReleaseId::is_all_that_differs(&template, &other));
    }

    #[test]
    fn a_records_key_tells_when_which_and_what() {
        let record = Record {
            id: ReleaseId("0123456789ab".to_owned()),
            created: "2026-11-25T19:59:59.123Z".to_owned(),
            commit: None,
            artifact: ArtifactKey::new(&identity(), "ab12"),
            sha256: "ab12".to_owned(),
            settings: String::new(),
            tool: "0.1.0".to_owned(),
            health_check: None,
            before_traffic: None,
            handlers: Vec::new(),
            previous: None,
            template: json!({}),
        };
        let key = RecordKey::new(&identity(), &record);
        assert_eq!(key.key, "shop/dev/releases/20261125T195959123Z-0123456789ab-ab12.json");
        assert_eq!(RecordKey::parse(&identity(), &key.key), Some(key));
    }

    #[test]
    fn two_deploys_in_one_second_keep_their_order_and_older_records_have_whole_seconds() {
        let [first, second] = ["20261125T195959123Z", "20261125T195959124Z"].map(|time| key(time, "ff"));
        assert!(first.key < second.key && first.created < second.created);
        let older = key("20261125T195959Z", "ff");
        assert_eq!(older.created, "2026-11-25T19:59:59Z");
        assert!(older.key < key("20261125T200000000Z", "00").key);
        for time in ["", "Z", "T", "20261125T195959", "20261125T1959Z", "2026112éT19595Z", "20261125T19595912Z"] {
            assert_eq!(rfc3339(time), None, "{time}");
        }
    }

    #[test]
    fn what_is_no_record_is_passed_over() {
        for key in
            ["shop/dev/ab12.zip", "shop/dev/releases/x.json", "shop/dev/releases/", "shop/prod/releases/a-b-c.json"]
        {
            assert_eq!(RecordKey::parse(&identity(), key), None, "{key}");
        }
    }

    #[test]
    fn only_keys_of_the_tools_own_shape_belong_to_the_stage() {
        let digest = "0123456789abcdef".repeat(4);
        let stage = identity();
        for own in [
            format!("shop/dev/{digest}.zip"),
            format!("shop/dev/templates/{digest}.json"),
            format!("shop/dev/releases/20261125T195959123Z-0123456789ab-{digest}.json"),
            stage.region_marker("us-gov-west-1"),
        ] {
            assert!(is_key_of(&stage, &own), "{own}");
        }
        for other in [
            "shop/dev/customers.jpg".to_owned(),
            "shop/dev/backup.zip".to_owned(),
            format!("shop/dev/deep/{digest}.zip"),
            format!("shop/dev2/{digest}.zip"),
            format!("shop/dev/releases/{digest}.json"),
            format!("shop/dev/templates/{digest}.yaml"),
            "shop/dev/regions/holidays-2026.jpg".to_owned(),
            "shop/dev/regions/".to_owned(),
        ] {
            assert!(!is_key_of(&stage, &other), "{other}");
        }
    }

    #[test]
    fn live_and_previous_outlive_any_number_of_newer_releases() {
        let records: Vec<RecordKey> =
            (1..=6).map(|day| key(&format!("2026110{day}T000000000Z"), &format!("id{day}"))).collect();
        let [first, third] = [ReleaseId("id1".to_owned()), ReleaseId("id3".to_owned())];
        let gone: Vec<String> =
            superseded(&records, &[&first, &third], 2).into_iter().map(|record| record.id.0).collect();
        assert_eq!(gone, ["id2", "id4"]);
        assert!(superseded(&records, &[], 10).is_empty());
    }
}
