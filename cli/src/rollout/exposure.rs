//! The one line about a stage that everybody may call, and the question where it is protected.

use serde_json::Value;

use super::{Error, Rollout};
use crate::{
    plan::{Risk, Steps},
    template,
};

/// What a public stage means.
const PUBLIC: &str = "everybody who knows the URL can call the stage; `authorizer`, `api_key_required` or `resource_policy` bounds \
                      who may (docs/access.md)";

impl Rollout<'_> {
    /// Says that the gateway asks callers for nothing, when a stage is created so or becomes so; a `protected` stage asks.
    pub(super) async fn announce_exposure(&self, live: Option<&Value>, steps: &Steps) -> Result<(), Error> {
        let is_exposed = template::is_public(&self.request.record.template) && !live.is_some_and(template::is_public);
        if !is_exposed || matches!(steps, Steps::Nothing) {
            return Ok(());
        }
        if self.request.stage.protected {
            return self.require_confirmation(Risk::Exposure, &[PUBLIC.to_owned()]).await;
        }
        self.progress.step("Opening", PUBLIC);
        Ok(())
    }
}
