//! What a release was tried by: its health check and what ran before traffic. The template does not say it, the record does.

use super::{Error, Mode, Position, Rollout, Standing, serving};
use crate::{
    aws,
    release::{Record, ReleaseId},
};

/// Reads the record of a release; `None` if there is none that can be read.
pub(crate) async fn recorded(
    region: &aws::Region,
    standing: &Standing,
    id: &ReleaseId,
) -> Result<Option<Record>, Error> {
    let Some(key) = standing.inventory.records.iter().rfind(|record| record.id == *id) else { return Ok(None) };
    let text = region.read(&standing.bucket, &key.key).await?;
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
    /// The same where the alias may be missing.
    pub(super) async fn retry_live(&mut self, standing: &Standing) -> Result<bool, Error> {
        let version = match standing.serving.version() {
            Some(version) => Some(version.to_owned()),
            None => {
                let function = self.wish.identity.stack();
                serving::version_of(&self.region, &function, &self.wish.record.template).await?
            }
        };
        match version {
            Some(version) => self.retry(standing, &version).await,
            None => Ok(false),
        }
    }

    /// Tries the live version if it has never passed its trial, or not the one that the settings ask for now; whether it
    /// was tried.
    pub(super) async fn retry(&mut self, standing: &Standing, version: &str) -> Result<bool, Error> {
        let Some(live) = standing.release() else { return Ok(false) };
        // A release that comes back is tried by its own checks, and code alone takes nothing of the settings.
        let takes_checks = !matches!(self.wish.mode, Mode::Back | Mode::CodeOnly);
        let known = if takes_checks { recorded(&self.region, standing, &live).await? } else { None };
        let is_tried = match &known {
            Some(known) => other_checks(known, &self.wish.record).is_empty(),
            None => !takes_checks && standing.inventory.has_record(&live),
        };
        if is_tried || self.wish.mode == Mode::Back {
            return Ok(false);
        }
        self.place.set(if known.is_some() { Position::Trying } else { Position::Created });
        self.try_version(version, false).await?;
        if let Some(known) = known.filter(|known| known.id == self.wish.record.id) {
            self.wish.record.created = known.created;
            self.wish.record.previous = known.previous;
        }
        Ok(true)
    }
}
