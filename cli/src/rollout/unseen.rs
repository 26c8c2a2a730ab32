//! Work of a deploy that no difference of two templates shows: restoring changes by hand, repeating a trial.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Behind, Causes, Deployed, Error, TagChanges, checks, serving};
use crate::{aws, names::Identity, plan::FunctionDrift, release::Record, settings::Stage, suggestion::quote_list};

/// Work that no template shows.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Unseen {
    /// How the stack is behind what serves, which is reconciled.
    pub(crate) behind: Vec<Behind>,
    /// The drift that is removed.
    pub(crate) changed_by_hand: Vec<FunctionDrift>,
    /// The release that is live has not passed its trial yet.
    pub(crate) is_untried: bool,
    /// Settings by which the live version is tried again.
    pub(crate) changed_trial: Vec<&'static str>,
    /// Tags of the stack that differ from the settings.
    pub(crate) changed_tags: TagChanges,
    /// API keys that get another value, by their names in the account.
    pub(crate) changed_keys: BTreeSet<String>,
}

impl Unseen {
    /// Detects the work: compares what Lambda serves and what the live release's record says with what is wanted.
    pub(crate) async fn detect(
        region: &aws::Region,
        identity: &Identity,
        stage: &Stage,
        deployed: &Deployed,
        wanted: &Record,
    ) -> Result<Self, Error> {
        let Some(live) = deployed.release() else { return Ok(Self::default()) };
        let (_, Causes { behind, by_hand: changed_by_hand }) = serving::compare(region, identity, deployed).await?;
        let known = checks::read_record(region, deployed, &live).await?;
        let changed_trial = known.as_ref().map(|known| checks::other_checks(known, wanted)).unwrap_or_default();
        let tags = deployed.stack.as_ref().map(|stack| TagChanges::new(stack, identity, stage));
        let changed_tags = tags.unwrap_or_default();
        let changed_keys = deployed.keys.replaced.clone();
        Ok(Self { behind, changed_by_hand, is_untried: known.is_none(), changed_trial, changed_tags, changed_keys })
    }

    /// A sentence each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let behind = self.behind.iter().map(|behind| format!("reconcile the stack, which is behind: {behind}"));
        let restored = self.changed_by_hand.iter().map(|drift| format!("restore, as changed by hand: {drift}"));
        let untried = self.is_untried.then(|| "try the live release, which has not passed its trial".to_owned());
        let changed = self.changed_trial.iter().map(|name| format!("try the live release, as `{name}` changed"));
        let tags = |verb: &str, tags: &BTreeSet<String>| {
            let plural = if tags.len() == 1 { "" } else { "s" };
            (!tags.is_empty())
                .then(|| format!("{verb} the tag{plural} {}", quote_list(tags.iter().map(String::as_str))))
        };
        let tags = [tags("set", &self.changed_tags.set), tags("remove", &self.changed_tags.removed)];
        let keys = self.changed_keys.iter().map(|name| format!("replace the value of the API key {name}"));
        behind.chain(restored).chain(untried).chain(changed).chain(tags.into_iter().flatten()).chain(keys).collect()
    }
}
