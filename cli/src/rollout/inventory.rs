//! The inventory of a stage's part of the bucket: artifacts, records and markers of regions, from one listing.

use std::collections::BTreeSet;

use super::Error;
use crate::{
    aws::{self, Bucket, Object},
    names::{ArtifactKey, Identity},
    release::{RecordKey, ReleaseId},
};

/// What lies in the bucket for a stage, from one listing.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) bucket_exists: bool,
    /// The keys of artifacts.
    pub(crate) artifacts: BTreeSet<String>,
    /// Artifacts with what the listing says of them.
    pub(crate) objects: Vec<Object>,
    /// The releases, oldest first.
    pub(crate) records: Vec<RecordKey>,
    /// The other regions that the stage was deployed to, by their markers.
    pub(crate) regions: BTreeSet<String>,
}

impl Inventory {
    /// Lists the stage's part of the bucket.
    pub(crate) async fn list(region: &aws::Region, identity: &Identity, bucket: &Bucket) -> Result<Self, Error> {
        let objects = match region.list(bucket, &identity.prefix()).await {
            Ok(objects) => objects,
            Err(error) if error.is_missing() => return Ok(Self::default()),
            Err(error) => {
                // A request for the bucket itself has the better error where it belongs to another account or region.
                region.find_bucket(bucket).await?;
                return Err(error.into());
            }
        };
        let records = objects.iter().filter_map(|object| RecordKey::parse(identity, &object.key)).collect();
        let marked = objects.iter().filter_map(|object| identity.marked_region(&object.key));
        let regions = marked.map(str::to_owned).collect();
        let is_artifact = |object: &Object| ArtifactKey::parse(identity, &object.key).is_some();
        let objects: Vec<Object> = objects.into_iter().filter(is_artifact).collect();
        let artifacts = objects.iter().map(|object| object.key.clone()).collect();
        Ok(Self { bucket_exists: true, artifacts, objects, records, regions })
    }

    /// Nothing of the stage lies in the bucket.
    pub(crate) fn is_empty(&self) -> bool {
        self.artifacts.is_empty() && self.records.is_empty()
    }

    pub(crate) fn has_record(&self, id: &ReleaseId) -> bool {
        self.records.iter().any(|record| record.id == *id)
    }
}
