//! Reconciliation of functions and aliases with the stack's template: CloudFormation does not see changes by hand.
//!
//! Idempotent, and as little as possible: an alias is pointed back, code is sent again, and only what was deleted is
//! created again by the stack. A version that Lambda has lost is published again under another logical id.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Causes, Deployed, Error, Phase, Rollout,
    serving::{self, Versions},
    shift::Shifted,
};
use crate::{
    aws,
    logical_id::{self, FunctionIds},
    names::ALIAS,
    plan::{self, Drift, FunctionDrift, Missing},
    template,
};

/// How long a version that CloudFormation says to be there is looked for.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];
/// How often an alias is read again that another operation changes at the same time.
const TRIES: usize = 3;

impl Rollout<'_> {
    /// Removes the drift that stands in the way of the wanted template; whether there was any.
    pub(super) async fn reconcile(
        &mut self,
        deployed: &mut Deployed,
        shifted: Option<&Shifted>,
    ) -> Result<bool, Error> {
        let (found, mut drift) = serving::drift(&self.region, self.request.identity, deployed).await?;
        deployed.serving = found;
        deployed.note_served_release();
        // The own shift of a rollback is no change by hand.
        drift.retain(|found| !shifted.is_some_and(|shifted| shifted.explains(found)));
        let causes = Causes::of(deployed, self.request.identity, &deployed.serving, &drift);
        for found in causes.behind.iter().filter(|_| shifted.is_none()) {
            self.progress.step("Reconciling", &format!("the stack, which is behind: {found}"));
        }
        for found in &causes.by_hand {
            self.progress.warning(&format!("changed by hand: {found}"), None);
        }
        let mut of_functions: BTreeMap<FunctionIds, Vec<Drift>> = BTreeMap::new();
        for FunctionDrift { function, drift } in drift {
            of_functions.entry(FunctionIds::of(function.as_deref())).or_default().push(drift);
        }
        for (ids, drift) in &of_functions {
            self.reconcile_function(deployed, ids, drift).await?;
        }
        Ok(!of_functions.is_empty())
    }

    /// Removes the drift of one function.
    async fn reconcile_function(
        &mut self,
        deployed: &mut Deployed,
        ids: &FunctionIds,
        drift: &[Drift],
    ) -> Result<(), Error> {
        let Some(live) = deployed.live.clone() else { return Ok(()) };
        if drift.contains(&Drift::FunctionMissing) {
            return self.leave_out(deployed, &live, ids, Missing::Function).await;
        }
        let is_missing = drift.contains(&Drift::AliasMissing);
        let is_moved =
            drift.iter().any(|found| matches!(found, Drift::AliasMoved { .. } | Drift::AliasWeighted { .. }));
        if is_missing || is_moved {
            self.restore_alias(deployed, &live, ids, is_missing).await?;
        }
        // After the alias, since traffic does not wait for it.
        if drift.contains(&Drift::LatestCode) {
            self.restore_code(deployed, &live, ids).await?;
        }
        Ok(())
    }

    /// The name of a function.
    fn function(&self, ids: &FunctionIds) -> String {
        self.request.identity.function(ids.name.as_deref())
    }

    /// An alias that was moved is pointed back, unless the wanted template moves it anyway; one that was deleted is
    /// created by the stack.
    async fn restore_alias(
        &mut self,
        deployed: &mut Deployed,
        live: &Value,
        ids: &FunctionIds,
        is_missing: bool,
    ) -> Result<(), Error> {
        let (identity, wanted) = (self.request.identity, &mut self.request.record.template);
        if template::live_version(wanted, ids) == template::live_version(live, ids) {
            match serving::version_of(&self.region, identity, ids, live).await? {
                None => template::next_generation(wanted, live),
                Some(_) if is_missing => {}
                Some(version) => {
                    self.point_alias(live, ids, &version).await?;
                    let found = serving::find(&self.region, &self.function(ids)).await?;
                    deployed.serving.0.insert(ids.clone(), found);
                }
            }
        }
        if is_missing {
            self.leave_out(deployed, live, ids, Missing::Alias).await?;
        }
        Ok(())
    }

    /// The function gets the code of the live template again, unless the wanted one brings other code anyway.
    async fn restore_code(&self, deployed: &Deployed, live: &Value, ids: &FunctionIds) -> Result<(), Error> {
        let wanted = template::code_key(&self.request.record.template, ids);
        let Some(key) = template::code_key(live, ids).filter(|key| wanted == Some(*key)) else { return Ok(()) };
        let function = self.function(ids);
        self.progress.step("Restoring", &format!("the code of function {function}"));
        let architecture = live["Resources"][&ids.function]["Properties"]["Architectures"][0].as_str();
        let code = aws::Code { bucket: &deployed.bucket.name, key, architecture };
        Ok(self.region.restore_code(&function, code).await?)
    }

    /// Sends the live template without what was deleted by hand; what is wanted is then sent as to a stack without it.
    async fn leave_out(
        &self,
        deployed: &mut Deployed,
        live: &Value,
        ids: &FunctionIds,
        missing: Missing,
    ) -> Result<(), Error> {
        let function = self.function(ids);
        // Nothing that exists may be deleted by this: what was not found is looked for once more.
        let is_there = match missing {
            Missing::Function => self.region.find_function(&function, None).await?.is_some(),
            Missing::Alias => self.region.find_alias(&function, ALIAS).await?.is_some(),
        };
        if is_there {
            return Err(Error::Overtaken { stack: self.request.identity.stack(), by: None });
        }
        let of_function = if ids.name.is_some() { format!(" of function {function}") } else { String::new() };
        let what = match missing {
            Missing::Function => format!("function {function}, which was deleted by hand"),
            Missing::Alias => format!("the alias `{ALIAS}`{of_function}, which was deleted by hand"),
        };
        self.progress.step("Recreating", &what);
        let template = plan::without_missing(live, ids, missing);
        let had_url = live["Resources"][logical_id::FUNCTION_URL].is_object();
        if had_url && template["Resources"][logical_id::FUNCTION_URL].is_null() {
            self.progress.warning("the Function URL went with it; the new one is another", None);
        }
        let stack = self.send(deployed, &template, Phase::LeavingOut).await?;
        deployed.stack = Some(stack);
        deployed.live = Some(template);
        Ok(())
    }

    /// The numbers of the versions that wait for their trial.
    pub(super) async fn candidates(&self, deployed: &Deployed, functions: &[FunctionIds]) -> Result<Versions, Error> {
        let mut candidates = Versions::new();
        for ids in functions {
            candidates.insert(ids.clone(), self.candidate(deployed, ids).await?);
        }
        Ok(candidates)
    }

    /// The number of a function's version that waits for its trial. Outputs may lag behind the status, so that Lambda tells
    /// whether it is the wanted one, and which is where they lack it.
    async fn candidate(&self, deployed: &Deployed, ids: &FunctionIds) -> Result<String, Error> {
        let (function, wanted) = (self.function(ids), &self.request.record.template);
        let mut found = None;
        if let Some(number) = deployed.candidate(ids) {
            let version = serving::version(&self.region, &function, number).await?;
            if version.is_live_of(wanted, ids) {
                return Ok(version.number);
            }
            found = Some(version);
        }
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            if let Some(number) = serving::version_of(&self.region, self.request.identity, ids, wanted).await? {
                return Ok(number);
            }
        }
        Err(match found {
            None => Error::vanished(self.request.identity),
            Some(version) if version.sha256.is_none() => {
                Error::NotThere { what: format!("version {} of function `{function}`", version.number) }
            }
            Some(version) => {
                let wanted = self.request.record.sha256.clone();
                Error::OtherCode { function, version: version.number, wanted, found: version.sha256 }
            }
        })
    }

    /// Checks through the aliases that a template's live versions serve, all of the traffic, and returns their numbers. An
    /// alias that was moved meanwhile is pointed back. `tried` are versions whose code was compared already.
    pub(super) async fn confirm(&self, template: &Value, tried: &Versions) -> Result<Versions, Error> {
        let mut versions = Versions::new();
        for ids in template::functions(template) {
            let version = self.confirm_function(template, &ids, tried.get(&ids)).await?;
            versions.insert(ids, version);
        }
        Ok(versions)
    }

    async fn confirm_function(
        &self,
        template: &Value,
        ids: &FunctionIds,
        tried: Option<&String>,
    ) -> Result<String, Error> {
        let function = self.function(ids);
        let wanted = template::released_digest(template).unwrap_or_default().to_owned();
        let alias = self.alias(ids).await?;
        if alias.weighted.is_empty() && tried == Some(&alias.version) {
            return Ok(alias.version);
        }
        let target = serving::version(&self.region, &function, &alias.version).await?;
        if alias.weighted.is_empty() && target.is_live_of(template, ids) {
            return Ok(alias.version);
        }
        match serving::version_of(&self.region, self.request.identity, ids, template).await? {
            Some(version) => {
                self.point_alias(template, ids, &version).await?;
                Ok(version)
            }
            None => Err(Error::OtherCode { function, version: alias.version, wanted, found: target.sha256 }),
        }
    }

    /// Points a function's alias to a version with all of the traffic; a concurrent change is met with
    /// another look.
    pub(super) async fn point_alias(&self, template: &Value, ids: &FunctionIds, version: &str) -> Result<(), Error> {
        let function = self.function(ids);
        let of_function = if ids.name.is_some() { format!(" of function {function}") } else { String::new() };
        self.progress.step("Restoring", &format!("the alias `{ALIAS}`{of_function} to version {version}"));
        for _ in 0..TRIES {
            let alias = self.alias(ids).await?;
            let target = serving::version(&self.region, &function, &alias.version).await?;
            if alias.weighted.is_empty() && target.is_live_of(template, ids) {
                return Ok(());
            }
            match self.region.point_alias(&function, ALIAS, &alias, version).await {
                Err(error) if error.is_overtaken() => {}
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        Err(Error::Overtaken { stack: self.request.identity.stack(), by: None })
    }

    async fn alias(&self, ids: &FunctionIds) -> Result<aws::Alias, Error> {
        let function = self.function(ids);
        let alias = self.region.find_alias(&function, ALIAS).await?;
        alias.ok_or_else(|| Error::NotThere { what: format!("the alias `{ALIAS}` of function `{function}`") })
    }
}
