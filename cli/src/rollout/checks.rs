//! The checks of a release: its health check and its `before_traffic`. They are in the record, not in the template.

use serde_json::Value;

use super::{
    Deployed, Error, Mode, Phase, Rollout,
    serving::{self, Versions},
};
use crate::{
    aws,
    logical_id::FunctionIds,
    plan,
    release::{Record, ReleaseId},
    template,
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
    /// Refuses a change of what Lambda fixes when it creates a function.
    pub(super) fn check_fixed(&self, deployed: &Deployed) -> Result<(), Error> {
        let live = deployed.live.as_ref();
        let change = live.and_then(|live| plan::fixed_change(live, &self.request.record.template));
        match change {
            None => Ok(()),
            Some(change) => Err(Error::Fixed {
                function: self.request.identity.function(change.function.name.as_deref()),
                setting: change.setting,
                is_added: change.is_added,
            }),
        }
    }

    /// The versions that the aliases of a template's functions point to; `None` if an alias is missing.
    pub(super) fn live_versions(&self, deployed: &Deployed, template: &Value) -> Option<Versions> {
        let of_function = |ids: FunctionIds| {
            let version = deployed.serving.version(&ids)?.to_owned();
            Some((ids, version))
        };
        template::functions(template).into_iter().map(of_function).collect()
    }

    /// The same as [`repeat_trial`](Self::repeat_trial) where an alias may be missing.
    pub(super) async fn repeat_live_trial(&mut self, deployed: &Deployed) -> Result<bool, Error> {
        let (identity, template) = (self.request.identity, &self.request.record.template);
        let mut versions = Versions::new();
        for ids in template::functions(template) {
            let version = match deployed.serving.version(&ids) {
                Some(version) => Some(version.to_owned()),
                None => serving::version_of(&self.region, identity, &ids, template).await?,
            };
            versions.extend(version.map(|version| (ids, version)));
        }
        if versions.is_empty() { Ok(false) } else { self.repeat_trial(deployed, &versions).await }
    }

    /// Tries the live versions if their release has never passed its trial, or not the one that the settings ask for now;
    /// whether they were tried.
    pub(super) async fn repeat_trial(&mut self, deployed: &Deployed, versions: &Versions) -> Result<bool, Error> {
        let Some(live) = deployed.release() else { return Ok(false) };
        // A release that comes back is tried by its own checks, and code alone takes nothing of the settings.
        let takes_checks = !matches!(self.request.mode, Mode::Rollback | Mode::CodeOnly);
        let known = if takes_checks { read_record(&self.region, deployed, &live).await? } else { None };
        let is_tried = match &known {
            Some(known) => other_checks(known, &self.request.record).is_empty(),
            None => !takes_checks && deployed.inventory.has_record(&live),
        };
        if is_tried || self.request.mode == Mode::Rollback {
            if let Some(known) = known.filter(|known| known.id != self.request.record.id) {
                self.try_new_handlers(versions, &known.handlers).await?;
            }
            return Ok(false);
        }
        self.phase.set(if known.is_some() { Phase::Trying } else { Phase::Created });
        self.try_versions(versions, false).await?;
        if let Some(known) = known.filter(|known| known.id == self.request.record.id) {
            self.request.record.created = known.created;
            self.request.record.previous = known.previous;
        }
        Ok(true)
    }
}
