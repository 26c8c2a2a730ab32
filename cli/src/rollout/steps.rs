//! The steps that the plan decided: create, try, switch, or nothing to send.

use serde_json::Value;

use super::{Deployed, Done, Error, Mode, Phase, Rollout, serving::Versions};
use crate::{logical_id::FunctionIds, plan};

/// The version of the main function, which every stack has.
pub(super) fn main_version(versions: &Versions) -> String {
    versions.get(&FunctionIds::main()).cloned().unwrap_or_default()
}

impl Rollout<'_> {
    /// Sends nothing, and repeats a trial that did not pass yet or whose settings changed.
    pub(super) async fn settle(&mut self, deployed: Deployed, is_restored: bool) -> Result<Done, Error> {
        let stack = deployed.stack.clone().ok_or_else(|| Error::vanished(self.request.identity))?;
        let template = &self.request.record.template;
        let versions = match self.live_versions(&deployed, template) {
            Some(versions) => versions,
            None => self.confirm(template, &Versions::new()).await?,
        };
        let is_tried = self.repeat_trial(&deployed, &versions).await?;
        let version = main_version(&versions);
        // What a fast update made serve is what a rollback goes back to; a rollback itself goes further back.
        let left = deployed.fast_release.clone().filter(|_| is_restored);
        if is_tried || (left.is_some() && self.request.mode != Mode::Rollback) {
            self.record(&deployed, left.clone().or_else(|| self.request.record.previous.clone())).await?;
        }
        self.phase.set(Phase::Serving);
        let (changed, marked) = (is_tried || is_restored, deployed.marked());
        Ok(Done {
            release: self.request.record.id.clone(),
            previous: left,
            changed,
            version,
            domain_url: None,
            awaits_domain: false,
            stack,
            marked,
        })
    }

    /// Creates the stack and tries its first release.
    pub(super) async fn create(&self, deployed: Deployed) -> Result<Done, Error> {
        self.warn_of_a_namesake().await?;
        let api = self.request.stage.api;
        self.progress.step("Choosing", &format!("the gateway `{}`: {}", api.word(), api.meaning()));
        self.progress.step("Creating", &format!("stack {}", self.request.identity.stack()));
        let stack = self.send(&deployed, &self.request.record.template, Phase::Creating).await?;
        self.phase.set(Phase::Created);
        let versions = self.confirm(&self.request.record.template, &Versions::new()).await?;
        self.try_versions(&versions, plan::grants_more(None, &self.request.record.template)).await?;
        let version = main_version(&versions);
        self.record(&deployed, None).await?;
        self.protect(&stack).await?;
        self.phase.set(Phase::Serving);
        let marked = deployed.marked();
        Ok(Done {
            release: self.request.record.id.clone(),
            previous: None,
            changed: true,
            version,
            domain_url: None,
            awaits_domain: false,
            stack,
            marked,
        })
    }

    /// Sends the candidates, tries them and shifts the traffic to them; rolls back where a trial fails.
    pub(super) async fn try_and_switch(
        &mut self,
        mut deployed: Deployed,
        first: Option<Value>,
        then: Vec<Value>,
        gradual: &[FunctionIds],
    ) -> Result<Done, Error> {
        let functions = deployed.live.as_ref().map(|live| plan::candidates(live, &self.request.record.template));
        let functions = functions.unwrap_or_default();
        let before = deployed.without_candidate();
        let is_role_new = first.as_ref().is_some_and(|first| plan::grants_more(deployed.live.as_ref(), first));
        if let Some(first) = &first {
            self.progress.step("Updating", &format!("stack {} with the candidate", self.request.identity.stack()));
            let stack = self.send(&deployed, first, Phase::SendingCandidate).await?;
            deployed.stack = Some(stack);
        } else {
            self.progress.step("Resuming", "with the candidate of an earlier run");
        }
        self.phase.set(Phase::Trying);
        let tried = async {
            let candidates = self.candidates(&deployed, &functions).await?;
            self.try_versions(&candidates, is_role_new).await?;
            // A main function without a candidate may have to be tried by other checks.
            if !candidates.contains_key(&FunctionIds::main()) {
                self.repeat_live_trial(&deployed).await?;
                self.phase.set(Phase::Trying);
            }
            Ok(candidates)
        };
        match (tried.await, before) {
            (Ok(candidates), _) if gradual.is_empty() => {
                Box::pin(self.switch(deployed, candidates, then, Phase::Switching)).await
            }
            (Ok(candidates), _) => Box::pin(self.shift_gradually(deployed, candidates, then, gradual)).await,
            (Err(failure), Some(before)) => Err(self.roll_back(&deployed, &before, failure).await),
            (Err(failure), None) => Err(failure),
        }
    }

    /// Sends the templates up to the wanted one; traffic is shifted with the first, in the phase `shifting`, unless a
    /// rollback shifted it before.
    pub(super) async fn switch(
        &mut self,
        mut deployed: Deployed,
        tried: Versions,
        then: Vec<Value>,
        shifting: Phase,
    ) -> Result<Done, Error> {
        let previous = deployed.serving_release().filter(|previous| *previous != self.request.record.id);
        let is_known = deployed.inventory.has_record(&self.request.record.id);
        let is_new = self.request.mode != Mode::Rollback && previous.is_some();
        let is_retried = tried.is_empty() && self.repeat_live_trial(&deployed).await?;
        if is_new || !is_known {
            self.record(&deployed, previous.clone()).await?;
        } else if is_retried {
            self.record(&deployed, self.request.record.previous.clone()).await?;
        }
        let then = self.open_endpoint(&mut deployed, &then).await?;
        self.leave_domain(&deployed).await?;
        let verb = if tried.is_empty() || shifting == Phase::Following { "Updating" } else { "Switching" };
        self.progress.step(verb, &format!("stack {}", self.request.identity.stack()));
        for (index, template) in then.iter().enumerate() {
            let phase = if index == 0 { shifting } else { Phase::Finishing };
            if phase == Phase::Finishing {
                self.progress.step("Finishing", &format!("stack {}", self.request.identity.stack()));
            }
            if let Some(live) = &deployed.live {
                let missing = deployed.keys.missing_in(template, live, &self.request.record.template);
                // Also while they are made again: until then they are missing.
                if !missing.is_empty() {
                    self.phase.set_keys(missing);
                }
            }
            deployed.stack = Some(self.send(&deployed, template, phase).await?);
        }
        let stack = deployed.stack.clone().ok_or_else(|| Error::vanished(self.request.identity))?;
        let versions = self.confirm(&self.request.record.template, &tried).await?;
        self.protect(&stack).await?;
        self.phase.set(Phase::Serving);
        self.prune(&deployed, previous.as_ref(), &versions).await;
        let (version, marked) = (main_version(&versions), deployed.marked());
        Ok(Done {
            release: self.request.record.id.clone(),
            previous,
            changed: true,
            version,
            domain_url: None,
            awaits_domain: false,
            stack,
            marked,
        })
    }
}
