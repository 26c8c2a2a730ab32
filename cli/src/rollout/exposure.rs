//! What a deploy makes public: announced once, and confirmed first where the stage is protected.

use serde_json::Value;

use super::{Error, Rollout};
use crate::{
    plan::{Risk, Steps},
    suggestion::quote_list,
    template::Exposure,
};

/// What bounds who may call.
const REMEDY: &str = "`authorizer`, `api_key_required` or `resource_policy` bounds who may (docs/access.md)";

impl Rollout<'_> {
    /// Announces what this deploy makes public; a `protected` stage asks for confirmation first.
    pub(super) async fn announce_exposure(&self, live: Option<&Value>, steps: &Steps) -> Result<(), Error> {
        let exposure = Exposure::new(live, &self.request.record.template);
        let Some(exposure) = exposure.filter(|_| !matches!(steps, Steps::Nothing)) else { return Ok(()) };
        let line = line(&exposure);
        if self.request.stage.protected {
            self.require_confirmation(Risk::Exposure, std::slice::from_ref(&line)).await?;
        }
        self.progress.step("Opening", &line);
        Ok(())
    }
}

/// The line about what is open to everybody.
fn line(exposure: &Exposure) -> String {
    match exposure {
        Exposure::Stage { has_closed_paths: false } => {
            format!("everybody who knows the URL can call the stage; {REMEDY}")
        }
        Exposure::Stage { has_closed_paths: true } => {
            format!(
                "everybody who knows the URL can call the stage, except the paths whose `routes` require authorization or a key; {REMEDY}"
            )
        }
        Exposure::Paths(paths) => {
            let paths = quote_list(paths.iter().map(String::as_str));
            format!(
                "everybody who knows the URL can call {paths}, which required authorization or a key before; {REMEDY}"
            )
        }
    }
}
