//! The checks of a release: its health check and its `before_traffic`. They are in the record, not in the template.

use super::{Deployed, Error, Mode, Phase, Rollout, serving};
use crate::{
    aws,
    release::{Record, ReleaseId},
};

/// Reads the record of a release; `None` if there is none that can be read.
pub(crate) async fn read_record(
    region: &aws::Region,
    deployed: &Deployed,
    id: &ReleaseId,
) -> Result<Option<Record>, Error> {
    let Some(key) = deployed.inventory.records.iter().rfind(|record| record.id == *id) else { return Ok(None) };
    let text = region.read(&deployed.bucket, &key.key).await?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// The settings by which two records are tried differently.
pub(crate) fn other_checks(known: &Record, wanted: &Record) -> Vec<&'static str> {
    let pairs = [
        ("health_check", &known.health_check, &wanted.health_check),
        ("before_traffic", &known.before_traffic, &wanted.before_traffic),
    ];
    pairs.into_iter().filter(|(_, known, wanted)| known != wanted).map(|(name, ..)| name).collect()
}

impl Rollout<'_> {
    /// Repeats the trial of the live version, as [`Self::repeat_trial`] does, where the alias may be missing.
    pub(super) async fn repeat_live_trial(&mut self, deployed: &Deployed) -> Result<bool, Error> {
        let version = match deployed.serving.version() {
            Some(version) => Some(version.to_owned()),
            None => {
                let function = self.request.identity.stack();
                serving::version_of(&self.region, &function, &self.request.record.template).await?
            }
        };
        match version {
            Some(version) => self.repeat_trial(deployed, &version).await,
            None => Ok(false),
        }
    }

    /// Tries the live version if it has never passed its trial, or not the one that the settings ask for now; whether it
    /// was tried.
    pub(super) async fn repeat_trial(&mut self, deployed: &Deployed, version: &str) -> Result<bool, Error> {
        let Some(live) = deployed.release() else { return Ok(false) };
        // A release that comes back is tried by its own checks, and code alone takes nothing of the settings.
        let takes_checks = !matches!(self.request.mode, Mode::Rollback | Mode::CodeOnly);
        let known = if takes_checks { read_record(&self.region, deployed, &live).await? } else { None };
        let is_tried = match &known {
            Some(known) => other_checks(known, &self.request.record).is_empty(),
            None => !takes_checks && deployed.inventory.has_record(&live),
        };
        if is_tried || self.request.mode == Mode::Rollback {
            return Ok(false);
        }
        self.place.set(if known.is_some() { Phase::Trying } else { Phase::Created });
        self.try_version(version, false).await?;
        if let Some(known) = known.filter(|known| known.id == self.request.record.id) {
            self.request.record.created = known.created;
            self.request.record.previous = known.previous;
        }
        Ok(true)
    }
}
