//! The bucket of a stage: the one that the settings name, or the tool's own in one of two S3 namespaces.
//!
//! New buckets are in the account-regional namespace, where nobody else can claim the name. Those that earlier versions
//! made are in the global one and stay in use.

use super::{Error, Rollout, Standing, standing::Inventory};
use crate::{
    aws::{self, Bucket},
    names::{Identity, Namespace},
    settings::Stage,
    template,
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
        let inventory = Inventory::look(region, identity, &bucket).await?;
        return Ok((bucket, inventory));
    }
    let own = |namespace: Namespace| Bucket {
        name: namespace.bucket(&account, region.name()),
        account: account.clone(),
        namespace,
    };
    let global = own(Namespace::Global);
    if Namespace::of_region(region.name()) == Namespace::Global {
        let inventory = Inventory::look(region, identity, &global).await?;
        return Ok((global, inventory));
    }
    let regional = own(Namespace::AccountRegional);
    let found = Inventory::look(region, identity, &regional).await;
    match &found {
        Ok(inventory) if inventory.bucket_exists && (!inventory.is_empty() || !is_deployed) => {}
        // The policy may name the earlier bucket alone.
        Ok(_) | Err(Error::Aws(aws::Error::BucketOfOthers { .. })) => {
            match Inventory::look(region, identity, &global).await {
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
    pub(super) async fn create_bucket(&self, standing: &mut Standing) -> Result<(), Error> {
        let bucket = &standing.bucket;
        match self.region.create_bucket(bucket, self.progress).await {
            Err(error) if bucket.namespace == Namespace::AccountRegional && error.is_unknown_namespace() => {
                let namespace = Namespace::Global;
                let name = namespace.bucket(&bucket.account, self.region.name());
                let bucket = Bucket { name, account: bucket.account.clone(), namespace };
                self.region.create_bucket(&bucket, self.progress).await?;
                standing.bucket = bucket;
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    /// Makes the wanted document take its code from the bucket that the stage has.
    pub(super) fn take_code_from(&mut self, bucket: &Bucket) {
        template::set_namespace(&mut self.wish.record.template, bucket.namespace);
    }
}
