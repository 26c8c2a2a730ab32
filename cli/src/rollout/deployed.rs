//! The deployed state of a region: the bucket's listing, the stack, the live template.

use std::{collections::BTreeSet, time::SystemTime};

use serde_json::Value;

use super::{Error, bucket, ownership::verify_ownership, serving::Found};
use crate::{
    aws::{self, Bucket, Object, Stack},
    names::{ArtifactKey, Identity},
    plan,
    release::{Record, RecordKey, ReleaseId},
    settings::Stage,
    template::{self, output},
};

/// What a region has of a stage.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) bucket: Bucket,
    pub(crate) inventory: Inventory,
    pub(crate) stack: Option<Stack>,
    pub(crate) live: Option<Value>,
    /// What Lambda serves, once it was read.
    pub(crate) serving: Found,
    /// The document of the live release alone, where a candidate stands beside it and the release has a record.
    pub(crate) recorded: Option<Value>,
}

/// The markers of other regions in the bucket of one region.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) bucket: Bucket,
    pub(crate) regions: BTreeSet<String>,
}

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

impl Deployed {
    /// Looks, in three calls.
    pub(crate) async fn look(region: &aws::Region, identity: &Identity, stage: &Stage) -> Result<Self, Error> {
        let name = identity.stack();
        let (caller, stack) = tokio::try_join!(region.caller(), region.find_stack(&name))?;
        if let Some(stack) = &stack {
            verify_ownership(region, stack, identity).await?;
        }
        let (bucket, inventory) = bucket::find(region, identity, stage, &caller.account, stack.is_some()).await?;
        Ok(Self { bucket, inventory, stack, live: None, serving: Found::default(), recorded: None })
    }

    /// Reads the document that is live, if there is a stack.
    pub(crate) async fn read_live(&mut self, region: &aws::Region) -> Result<(), Error> {
        // A stack that is only a name so far has no document.
        if let Some(stack) = self.stack.as_ref().filter(|stack| !stack.status.is_review()) {
            let text = region.template(&stack.name).await?;
            let document = template::read(&text);
            let document = document.map_err(|source| Error::LiveDocument { stack: stack.name.clone(), source })?;
            let has_candidate = self.candidate().is_some();
            let recorded = if has_candidate || template::may_be_lossy(&text) {
                self.record_of(region, &document).await?
            } else {
                None
            };
            // Only a document that an earlier version of the tool sent can have lost characters.
            self.live = Some(match &recorded {
                Some(recorded) => template::restore(&document, recorded),
                None => document,
            });
            self.recorded = recorded.filter(|_| has_candidate);
        }
        Ok(())
    }

    /// The document of a release by its record; `None` where there is none that can be read.
    async fn record_of(&self, region: &aws::Region, document: &Value) -> Result<Option<Value>, Error> {
        let id = ReleaseId::in_document(document);
        let Some(key) = self.inventory.records.iter().rfind(|record| Some(&record.id) == id.as_ref()) else {
            return Ok(None);
        };
        let text = region.read(&self.bucket, &key.key).await?;
        let record = text.and_then(|text| serde_json::from_slice::<Record>(&text).ok());
        Ok(record.map(|record| record.template))
    }

    /// The document to go back to or to build on: the live release without a candidate.
    pub(super) fn without_candidate(&self) -> Option<Value> {
        let live = self.live.as_ref()?;
        // What was deleted by hand is not to be found in the record.
        let recorded = self.recorded.clone().filter(|_| template::live_version(live).is_some());
        Some(recorded.unwrap_or_else(|| plan::without_candidates(live)))
    }

    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.stack.as_ref()?.outputs.get(name).map(String::as_str)
    }

    /// The number of the version that waits for its trial.
    pub(crate) fn candidate(&self) -> Option<&str> {
        self.output(output::CANDIDATE)
    }

    /// The markers of other regions in the bucket.
    pub(crate) fn marked(&self) -> Marked {
        Marked { bucket: self.bucket.clone(), regions: self.inventory.regions.clone() }
    }

    /// When the stack was changed last, whatever the clock says.
    pub(crate) fn last_updated(&self) -> Option<(&str, Option<SystemTime>)> {
        self.stack.as_ref().map(|stack| (stack.id.as_str(), stack.last_updated.or(stack.created)))
    }

    /// The release that is live.
    pub(crate) fn release(&self) -> Option<ReleaseId> {
        self.live.as_ref().and_then(ReleaseId::in_document)
    }
}

impl Inventory {
    /// Lists the stage's part of the bucket.
    pub(crate) async fn look(region: &aws::Region, identity: &Identity, bucket: &Bucket) -> Result<Self, Error> {
        let objects = match region.list(bucket, &identity.prefix()).await {
            Ok(objects) => objects,
            Err(error) if error.is_missing() => return Ok(Self::default()),
            Err(error) => {
                // A bucket of somebody else's or in another region is told better by a look at itself.
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
