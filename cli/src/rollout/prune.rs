//! Pruning: releases beyond the retained ones, artifacts without a record, old versions.
//!
//! The new release serves by now, so a failure here is a warning: the next deploy prunes again.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use super::{Deployed, Error, Rollout, serving::Versions};
use crate::{
    names::ArtifactKey,
    release::{ReleaseId, superseded},
};

/// An artifact without a record may belong to a deploy that is under way; after a day it does not.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

impl Rollout<'_> {
    /// Prunes bucket and versions. `live` are the versions that the aliases point to now; those that they pointed to before
    /// stay too.
    pub(super) async fn prune(&self, deployed: &Deployed, previous: Option<&ReleaseId>, live: &Versions) {
        let (releases, versions) =
            tokio::join!(self.prune_bucket(deployed, previous), self.prune_versions(deployed, live));
        for outcome in [releases, versions] {
            if let Err(error) = outcome {
                let sentence = format!("pruning failed: {error}");
                self.progress.warning(&sentence, Some("the next deploy prunes again"));
            }
        }
    }

    /// Deletes the records beyond the retained ones with their artifacts, and artifacts that never got a record.
    async fn prune_bucket(&self, deployed: &Deployed, previous: Option<&ReleaseId>) -> Result<(), Error> {
        let mut kept: Vec<&ReleaseId> = vec![&self.request.record.id];
        kept.extend(previous);
        let records = &deployed.inventory.records;
        let gone = superseded(records, &kept, self.request.stage.retain_releases as usize);
        let going: BTreeSet<&str> = gone.iter().map(|record| record.key.as_str()).collect();
        let mut named: BTreeSet<String> = records
            .iter()
            .filter(|record| !going.contains(record.key.as_str()))
            .map(|record| ArtifactKey::new(self.request.identity, &record.sha256).0)
            .collect();
        named.insert(self.request.record.artifact.0.clone());
        let now = SystemTime::now();
        let is_old = |time: Option<SystemTime>| {
            time.and_then(|time| now.duration_since(time).ok()).is_some_and(|age| age > GRACE)
        };
        let had_record: BTreeSet<String> =
            gone.iter().map(|record| ArtifactKey::new(self.request.identity, &record.sha256).0).collect();
        let artifacts = deployed
            .inventory
            .objects
            .iter()
            .filter(|object| !named.contains(&object.key))
            .filter(|object| had_record.contains(&object.key) || is_old(object.last_modified))
            .map(|object| object.key.clone());
        let keys: Vec<String> = gone.iter().map(|record| record.key.clone()).chain(artifacts).collect();
        if !keys.is_empty() {
            self.region.remove(&deployed.bucket, &keys).await?;
        }
        Ok(())
    }

    /// Deletes old versions of each function by number, never the live or the previous one, or one that any alias names or
    /// gives a share of the traffic, also an alias of somebody else's.
    async fn prune_versions(&self, deployed: &Deployed, live: &Versions) -> Result<(), Error> {
        for (ids, number) in live {
            let function = self.request.identity.function(ids.name.as_deref());
            let kept = [deployed.serving.version(ids), Some(number)];
            let mut old = self.region.versions(&function).await?;
            old.retain(|version| !kept.contains(&Some(version.number.as_str())));
            if old.is_empty() {
                continue;
            }
            let aliased = self.region.aliased_versions(&function).await?;
            for version in old.iter().filter(|version| !aliased.contains(&version.number)) {
                self.region.remove_version(&function, &version.number).await?;
            }
        }
        Ok(())
    }
}
