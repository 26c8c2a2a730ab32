//! The bucket of a stage: the one that the settings name, or the tool's own in one of two S3 namespaces; and what a release
//! leaves in it, its artifact and its record.
//!
//! New buckets are in the account-regional namespace, where nobody else can claim the name. Those that earlier versions
//! made are in the global one and stay in use.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::try_join_all;

use super::{Deployed, Error, Phase, Rollout, inventory::Inventory};
use crate::{
    artifact,
    aws::{self, Bucket},
    names::{Identity, Namespace},
    release::{Record, RecordKey, ReleaseId},
    settings::Stage,
};

/// Finds the bucket of a stage with what lies in it for the stage: one listing for the tool's newer bucket, two for the
/// earlier one. `is_deployed`: the stage has a stack, so its artifacts lie somewhere.
pub(super) async fn find(
    region: &aws::Region,
    identity: &Identity,
    stage: &Stage,
    account: &str,
    is_deployed: bool,
) -> Result<(Bucket, Inventory), Error> {
    let account = account.to_owned();
    if let Some(name) = &stage.s3_bucket {
        let bucket = Bucket { name: name.clone(), account, namespace: Namespace::Global };
        let inventory = Inventory::list(region, identity, &bucket).await?;
        return Ok((bucket, inventory));
    }
    let own = |namespace: Namespace| Bucket {
        name: namespace.bucket(&account, region.name()),
        account: account.clone(),
        namespace,
    };
    let global = own(Namespace::Global);
    if Namespace::of_region(region.name()) == Namespace::Global {
        let inventory = Inventory::list(region, identity, &global).await?;
        return Ok((global, inventory));
    }
    let regional = own(Namespace::AccountRegional);
    let found = Inventory::list(region, identity, &regional).await;
    match &found {
        Ok(inventory) if inventory.bucket_exists && (!inventory.is_empty() || !is_deployed) => {}
        // The policy may name the earlier bucket alone.
        Ok(_) | Err(Error::Aws(aws::Error::BucketOfOthers { .. })) => {
            match Inventory::list(region, identity, &global).await {
                Ok(earlier) => {
                    let is_first = found.as_ref().map_or(true, |found| !found.bucket_exists);
                    if earlier.bucket_exists && (is_first || !earlier.is_empty()) {
                        return Ok((global, earlier));
                    }
                }
                // A name that somebody else has claimed is in nobody's way who has not deployed to it.
                Err(Error::Aws(aws::Error::BucketOfOthers { .. })) if !is_deployed || found.is_err() => {}
                Err(error) => return Err(error),
            }
        }
        Err(_) => {}
    }
    Ok((regional, found?))
}

impl Rollout<'_> {
    /// Creates the tool's bucket, in the global namespace where S3 knows no other.
    pub(super) async fn create_bucket(&self, deployed: &mut Deployed) -> Result<(), Error> {
        let bucket = &deployed.bucket;
        match self.region.create_bucket(bucket, self.progress).await {
            Err(error) if bucket.namespace == Namespace::AccountRegional && error.is_unknown_namespace() => {
                let namespace = Namespace::Global;
                let name = namespace.bucket(&bucket.account, self.region.name());
                let bucket = Bucket { name, account: bucket.account.clone(), namespace };
                self.region.create_bucket(&bucket, self.progress).await?;
                deployed.bucket = bucket;
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    /// Uploads the artifact unless it is there; whether it was not.
    pub(super) async fn upload(&self, deployed: &mut Deployed) -> Result<bool, Error> {
        let key = &self.request.record.artifact;
        if deployed.inventory.artifacts.contains(&key.0) {
            return Ok(false);
        }
        let Some(artifact) = self.request.artifact else {
            return Err(Error::ArtifactMissing { key: key.clone(), bucket: deployed.bucket.name.clone() });
        };
        self.phase.set(Phase::Uploading);
        let is_own = self.request.stage.s3_bucket.is_none();
        if !deployed.inventory.bucket_exists {
            if !is_own {
                return Err(Error::BucketMissing { bucket: deployed.bucket.name.clone() });
            }
            self.create_bucket(deployed).await?;
        } else if is_own && deployed.inventory.artifacts.is_empty() {
            // An interrupted run may have left it half made; where an artifact of the stage lies, it was whole before.
            self.region.complete_bucket(&deployed.bucket, self.progress).await?;
        }
        self.progress.step("Uploading", &format!("{key} ({})", artifact::size(artifact.size)));
        let arrived = AtomicU64::new(0);
        let on_bytes = |more| {
            let sent = arrived.fetch_add(more, Ordering::Relaxed) + more;
            self.progress.upload(sent, artifact.size);
        };
        let upload = aws::Upload {
            path: &artifact.path,
            file: &artifact.file,
            size: artifact.size,
            sha256: &artifact.sha256,
            content_type: "application/zip",
        };
        self.region.upload(&deployed.bucket, &key.0, &upload, &on_bytes).await?;
        deployed.inventory.artifacts.insert(key.0.clone());
        self.phase.set(Phase::Uploaded);
        Ok(true)
    }

    /// Writes the markers of the stage's other regions that the bucket does not have yet.
    pub(super) async fn mark_regions(&self, deployed: &mut Deployed) -> Result<(), Error> {
        let (bucket, known) = (&deployed.bucket, &deployed.inventory.regions);
        let is_new = |region: &&String| *region != self.region.name() && !known.contains(*region);
        let new: Vec<&String> = self.request.regions.iter().filter(is_new).collect();
        let writes = new.iter().map(async |region| {
            let key = self.request.identity.region_marker(region);
            self.region.write(bucket, &key, "text/plain", Bytes::new()).await
        });
        try_join_all(writes).await?;
        deployed.inventory.regions.extend(new.into_iter().cloned());
        Ok(())
    }

    /// Writes what is needed to bring the release back, in place of what an earlier time of the same release left.
    pub(super) async fn record(&self, deployed: &Deployed, previous: Option<ReleaseId>) -> Result<(), Error> {
        let record = Record { previous, ..self.request.record.clone() };
        let key = RecordKey::new(self.request.identity, &record).key;
        let text = serde_json::to_vec_pretty(&record).map_err(Error::Record)?;
        self.region.write(&deployed.bucket, &key, "application/json", text.into()).await?;
        let records = deployed.inventory.records.iter();
        let earlier: Vec<String> =
            records.filter(|found| found.id == record.id && found.key != key).map(|found| found.key.clone()).collect();
        if !earlier.is_empty() {
            self.region.remove(&deployed.bucket, &earlier).await?;
        }
        Ok(())
    }
}
