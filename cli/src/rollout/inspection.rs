//! The inspection of a region before a rollout changes it: the deployed state, with a stack that is ready for a change.

use super::{Deployed, Error, Mode, Rollout, verify_ownership};

impl Rollout<'_> {
    /// Inspects the region and clears a stack that is in no state to be changed.
    pub(super) async fn inspect(&self) -> Result<Deployed, Error> {
        let mut deployed = Deployed::inspect(&self.region, self.request.identity, self.request.stage).await?;
        let had_stack = deployed.stack.is_some();
        deployed.stack = self.clear(deployed.stack.take()).await?;
        if had_stack && deployed.stack.is_none() {
            // The deletion of the stack may be part of a removal, which deletes the objects in the bucket too.
            deployed.inventory.artifacts.clear();
            deployed.inventory.records.clear();
            deployed.inventory.regions.clear();
        }
        if deployed.stack.is_none() && self.request.mode != Mode::Deploy {
            return Err(Error::NotDeployed {
                stack: self.request.identity.stack(),
                region: self.region.name().to_owned(),
            });
        }
        Ok(deployed)
    }

    /// Reads the stack again after an upload, which takes a while: a deploy in between is noticed here.
    pub(super) async fn inspect_after_upload(&self, deployed: &mut Deployed) -> Result<(), Error> {
        if deployed.stack.is_none() {
            return Ok(());
        }
        let before = deployed.last_updated().map(|(id, time)| (id.to_owned(), time));
        let found = self.region.find_stack(&self.request.identity.stack()).await?;
        if let Some(stack) = &found {
            verify_ownership(&self.region, stack, self.request.identity).await?;
        }
        deployed.stack = self.clear(found).await?;
        if deployed.last_updated().map(|(id, time)| (id.to_owned(), time)) != before {
            return Err(self.overtaken().await);
        }
        Ok(())
    }
}
