//! The events of buckets outside of the stack: switched on where they are off, before anything is sent.
//!
//! They stay on after `undeploy`: other rules may have come to need them.

use super::{Deployed, Error, Rollout};
use crate::aws::BucketEvents;

impl Rollout<'_> {
    /// Switches on the events of the buckets that the settings name and the stack does not have.
    pub(super) async fn enable_bucket_events(&self, deployed: &Deployed) -> Result<(), Error> {
        for bucket in self.request.stage.outside_buckets() {
            match self.region.enable_bucket_events(bucket, &deployed.bucket.account).await? {
                BucketEvents::On => {}
                BucketEvents::SwitchedOn => {
                    let sentence =
                        format!("the events of bucket {bucket} for EventBridge, besides its other notifications");
                    self.progress.step("Enabling", &sentence);
                }
                BucketEvents::Elsewhere => {
                    let region = self.region.name();
                    let sentence = format!("bucket {bucket} is not in {region}, so none of its events arrive there");
                    self.progress
                        .warning(&sentence, Some("a bucket sends its events to EventBridge in its own region"));
                }
            }
        }
        Ok(())
    }
}
