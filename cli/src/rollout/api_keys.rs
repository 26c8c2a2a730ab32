//! The values of API keys in a rollout: compared with those of the account, and sent as parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Deployed, Error, Mode, Rollout};
use crate::{
    aws,
    names::Identity,
    plan::{self, KeyChanges},
    settings::Stage,
    template,
};

impl Deployed {
    /// Reads which keys get another value: in one call, and in none where the settings give no value to a key that may
    /// have another.
    ///
    /// A rollback and an update of code alone keep the values that the keys have: a value that was changed since was perhaps
    /// known to somebody.
    pub(crate) async fn read_keys(
        &mut self,
        region: &aws::Region,
        identity: &Identity,
        stage: &Stage,
        mode: Mode,
        wanted: &Value,
    ) -> Result<(), Error> {
        let Some(live) = &self.live else { return Ok(()) };
        let given = template::key_values(stage);
        let takes_settings = matches!(mode, Mode::Deploy | Mode::Update);
        let has_keys = template::has_keys(live);
        let found = if takes_settings && has_keys && !given.is_empty() {
            let credentials = region.credentials().await?;
            region.api_keys(&credentials, &template::name_prefix(identity), true).await?
        } else {
            Vec::new()
        };
        let found: Vec<_> = found.iter().map(|key| (key.name.as_str(), key.value.as_deref())).collect();
        self.keys = KeyChanges::new(live, wanted, &given, &found);
        Ok(())
    }
}

impl Rollout<'_> {
    /// Refuses keys whose value is not known, and announces those that do not work meanwhile.
    pub(super) fn check_keys(&self, deployed: &Deployed) -> Result<(), Error> {
        let wanted = &self.request.record.template;
        let given = template::key_values(self.request.stage);
        let keys = plan::keys_without_value(deployed.live.as_ref(), wanted, &given);
        if !keys.is_empty() {
            return Err(Error::KeyValues { keys });
        }
        let Some(live) = &deployed.live else { return Ok(()) };
        for line in deployed.keys.interruptions(live, wanted) {
            self.progress.warning(&line, None);
        }
        Ok(())
    }
}

/// The values of the parameters of a template: `None` keeps the value that the stack has, for those that both templates have.
/// CloudFormation refuses the previous value of one that the stack has not, and gives a new one its default.
pub(super) fn parameters(
    stage: &Stage,
    live: Option<&Value>,
    template: &Value,
    keys: &KeyChanges,
) -> BTreeMap<String, Option<String>> {
    let given = template::key_values(stage);
    let has = |name: &str| live.is_some_and(|live| live["Parameters"][name].is_object());
    let names = template["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name);
    let sent = names.filter_map(|name| {
        let is_kept = has(name) && !keys.parameters.contains(name);
        let value = given.get(name).filter(|_| !is_kept).map(|value| (*value).to_owned());
        (is_kept || value.is_some()).then(|| (name.clone(), value))
    });
    sent.collect()
}
