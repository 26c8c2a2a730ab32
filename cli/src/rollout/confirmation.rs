//! Confirmation of losses and disruptions, before anything is sent.

use futures_util::future::BoxFuture;

use super::{Deployed, Error, Rollout};
use crate::{
    plan::{self, Risk, Steps},
    template::output,
};

/// Confirms a change that puts something at risk.
pub(crate) trait Confirm: Sync {
    /// Asks the user to confirm a risk, with one line for each consequence.
    ///
    /// # Errors
    /// There is no user to ask.
    fn confirm<'a>(&'a self, region: &'a str, risk: Risk, lines: &'a [String]) -> BoxFuture<'a, Result<bool, Error>>;
}

impl Rollout<'_> {
    /// Asks for a confirmation of the losses that the two templates show, before the trial: declining costs nothing.
    pub(super) async fn confirm_losses(&self, deployed: &Deployed, steps: &Steps) -> Result<(), Error> {
        if !matches!(steps, Steps::Switch { .. } | Steps::Try { .. }) {
            return Ok(());
        }
        let Some(live) = &deployed.live else { return Ok(()) };
        match plan::losses(live, &self.request.record.template, deployed.output(output::URL), &deployed.keys) {
            Some((risk, lines)) => self.require_confirmation(risk, &lines).await,
            None => Ok(()),
        }
    }

    /// Asks for a confirmation, without which the change is an error.
    pub(super) async fn require_confirmation(&self, risk: Risk, lines: &[String]) -> Result<(), Error> {
        let confirm: &dyn Confirm = self.confirm;
        if confirm.confirm(self.region.name(), risk, lines).await? {
            Ok(())
        } else {
            Err(Error::Declined { stack: self.request.identity.stack() })
        }
    }
}
