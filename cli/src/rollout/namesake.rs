//! A second stack of the stage, under the name that it had before the settings named the function.

use super::{Error, Rollout, is_owned};

impl Rollout<'_> {
    /// Warns of a second stack of the stage: one that was created before the settings named the function stays.
    pub(super) async fn warn_of_a_namesake(&self) -> Result<(), Error> {
        let identity = self.request.identity;
        let derived = identity.derived();
        if identity.stack() == derived {
            return Ok(());
        }
        let is_namesake = async {
            match self.region.find_stack(&derived).await? {
                Some(stack) => is_owned(&self.region, &stack, identity).await,
                None => Ok(false),
            }
        };
        let is_namesake = match is_namesake.await {
            // It only is for a warning: a deploy without the permission to read it continues.
            Err(Error::Aws(error)) if error.is_denied() => false,
            found => found?,
        };
        if is_namesake {
            let sentence =
                format!("a second stack exists for this stage: `{derived}`, which this deploy does not change");
            self.progress.warning(&sentence, Some("without `function_name`, `zappa-rs undeploy` removes it"));
        }
        Ok(())
    }
}
