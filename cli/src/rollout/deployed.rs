//! The deployed state of a region: the bucket's listing, the stack, the live template.

use std::{collections::BTreeSet, time::SystemTime};

use serde_json::Value;

use super::{Error, bucket, inventory::Inventory, ownership::verify_ownership, serving::Served};
use crate::{
    aws::{self, Bucket, Stack},
    logical_id::FunctionIds,
    names::Identity,
    plan::KeyChanges,
    release::{Record, ReleaseId},
    settings::Stage,
    template::{self, output},
};

/// What a region has of a stage.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) bucket: Bucket,
    pub(crate) inventory: Inventory,
    pub(crate) stack: Option<Stack>,
    pub(crate) live: Option<Value>,
    /// What Lambda serves, once it was read.
    pub(crate) serving: Served,
    /// The release that serves, once that was read and where it is known.
    pub(crate) served_release: Option<ReleaseId>,
    /// The same, where a fast update made it serve and the stack was not updated since.
    pub(crate) fast_release: Option<ReleaseId>,
    /// The template of the live release alone, where a candidate stands beside it and the release has a record.
    pub(crate) recorded: Option<Value>,
    /// The API keys that get another value, once they were compared.
    pub(crate) keys: KeyChanges,
}

/// The markers of other regions in the bucket of one region.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) bucket: Bucket,
    pub(crate) regions: BTreeSet<String>,
}

impl Deployed {
    /// Inspects stack and bucket of a stage, in three calls.
    pub(crate) async fn inspect(region: &aws::Region, identity: &Identity, stage: &Stage) -> Result<Self, Error> {
        let name = identity.stack();
        let (caller, stack) = tokio::try_join!(region.caller(), region.find_stack(&name))?;
        if let Some(stack) = &stack {
            verify_ownership(region, stack, identity).await?;
        }
        let (bucket, inventory) = bucket::find(region, identity, stage, &caller.account, stack.is_some()).await?;
        Ok(Self {
            bucket,
            inventory,
            stack,
            live: None,
            serving: Served::default(),
            served_release: None,
            fast_release: None,
            recorded: None,
            keys: KeyChanges::default(),
        })
    }

    /// Reads the template that is live, if there is a stack.
    pub(crate) async fn read_live(&mut self, region: &aws::Region) -> Result<(), Error> {
        // A stack that is only a name so far has no template.
        if let Some(stack) = self.stack.as_ref().filter(|stack| !stack.status.is_review()) {
            let text = region.template(&stack.name).await?;
            let template = template::read(&text);
            let template = template.map_err(|source| Error::LiveTemplate { stack: stack.name.clone(), source })?;
            let has_candidate = self.has_candidate();
            let recorded = if has_candidate || template::may_be_lossy(&text) {
                self.record_of(region, &template).await?
            } else {
                None
            };
            // Only a template that an earlier version of the tool sent can have lost characters.
            let mut live = match &recorded {
                Some(recorded) => template::restore(&template, recorded),
                None => template,
            };
            // What was sent to move all traffic at once is no other state of the stack.
            template::add_policies(&mut live);
            self.live = Some(live);
            self.recorded = recorded.filter(|_| has_candidate);
        }
        Ok(())
    }

    /// The template of a release by its record; `None` where there is none that can be read.
    async fn record_of(&self, region: &aws::Region, template: &Value) -> Result<Option<Value>, Error> {
        let id = ReleaseId::in_template(template);
        let Some(key) = self.inventory.records.iter().rfind(|record| Some(&record.id) == id.as_ref()) else {
            return Ok(None);
        };
        let text = region.read(&self.bucket, &key.key).await?;
        let record = text.and_then(|text| serde_json::from_slice::<Record>(&text).ok());
        Ok(record.map(|mut record| {
            // It was written before the endpoint was closed.
            template::keep_endpoint(&mut record.template, template);
            record.template
        }))
    }

    /// The template to go back to or to build on: the live release without a candidate.
    pub(super) fn without_candidate(&self) -> Option<Value> {
        let live = self.live.as_ref()?;
        // What was deleted by hand is not to be found in the record.
        let is_there = |ids: &FunctionIds| template::live_version(live, ids).is_some();
        let recorded = self.recorded.clone().filter(|recorded| template::functions(recorded).iter().all(is_there));
        Some(recorded.unwrap_or_else(|| template::without_candidates(live)))
    }

    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.stack.as_ref()?.outputs.get(name).map(String::as_str)
    }

    /// The number of a function's version that waits for its trial.
    pub(crate) fn candidate(&self, ids: &FunctionIds) -> Option<&str> {
        self.output(&ids.output(output::CANDIDATE))
    }

    /// Whether a version of any function waits for its trial.
    pub(super) fn has_candidate(&self) -> bool {
        let mut outputs = self.stack.iter().flat_map(|stack| stack.outputs.keys());
        outputs.any(|name| name.starts_with(output::CANDIDATE) && output::is_own(name))
    }

    /// The markers of other regions in the bucket.
    pub(crate) fn marked(&self) -> Marked {
        Marked { bucket: self.bucket.clone(), regions: self.inventory.regions.clone() }
    }

    /// When the stack was changed last, whatever the clock says.
    pub(crate) fn last_updated(&self) -> Option<(&str, Option<SystemTime>)> {
        self.stack.as_ref().map(|stack| (stack.id.as_str(), stack.last_updated.or(stack.created)))
    }

    /// The release that the stack names. Which one serves: [`Deployed::serving_release`].
    pub(crate) fn release(&self) -> Option<ReleaseId> {
        self.live.as_ref().and_then(ReleaseId::in_template)
    }
}
