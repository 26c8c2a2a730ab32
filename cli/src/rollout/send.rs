//! Sending a template to the stack, and waiting for the outcome.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Deployed, Error, Phase, Rollout, RolloutRequest, change::StackChange};
use crate::{
    aws::{self, ChangeKind, Stack},
    digest::hexadecimal,
    plan::{self, Risk},
    template,
};

impl Rollout<'_> {
    /// Sends a template. An update is only sent to the very stack that was inspected, and replacements are confirmed
    /// before. `phase` is the state meanwhile.
    pub(super) async fn send(&self, deployed: &Deployed, template: &Value, phase: Phase) -> Result<Stack, Error> {
        let RolloutRequest { identity, stage, .. } = self.request;
        let change =
            StackChange::new(identity, stage, deployed.live.as_ref(), &self.sent(template), phase, &deployed.keys);
        let object = if change.is_inline() { None } else { Some(self.store(deployed, &change.text).await?) };
        let url = object.as_ref().map(|key| self.region.template_url(&deployed.bucket, key));
        let request = change.request(url.as_deref());
        if change.kind == ChangeKind::Update {
            self.verify_unchanged(deployed).await?;
        }
        let send = async {
            if change.may_replace {
                return self.send_inspected(&request).await;
            }
            self.region.send(&request).await.map_err(|error| match error.code() {
                // Another first deploy was faster.
                Some("AlreadyExistsException") => Error::Overtaken { stack: identity.stack(), by: None },
                _ => Error::from(error),
            })
        };
        let outcome = match self.phase.run_in_phase(phase, send).await {
            Ok(Some(operation)) => {
                self.outcome(&operation.stack_id, &aws::EventCursor::of_operation(&operation.token)).await
            }
            // The stack has this template already: perhaps the response to an earlier try was lost on the way.
            Ok(None) => match self.region.find_stack(request.stack).await? {
                Some(stack) => self.outcome(&stack.id, &aws::EventCursor::latest()).await,
                None => Err(Error::vanished(identity)),
            },
            // Another change began after the inspection.
            Err(Error::Aws(error)) if change.kind == ChangeKind::Update && error.is_busy() => {
                Err(self.busy(error).await)
            }
            Err(error) => Err(error),
        };
        if let Some(key) = object {
            // CloudFormation has read it.
            self.region.remove(&deployed.bucket, &[key]).await?;
        }
        outcome
    }

    /// Waits for the stack and reads success or failure from its status.
    pub(super) async fn outcome(&self, stack_id: &str, since: &aws::EventCursor) -> Result<Stack, Error> {
        let settled = self.wait_until_settled(stack_id, since).await?;
        if settled.stack.status.is_success() {
            return Ok(settled.stack);
        }
        Err(Error::StackFailed {
            stack: settled.stack.name,
            status: settled.stack.status.0,
            reason: settled.stack.status_reason,
            cause: settled.first_cause.map(Box::new),
        })
    }

    /// Sends through a change set, so that CloudFormation says first what it would replace.
    async fn send_inspected(&self, change: &aws::Change<'_>) -> Result<Option<aws::Operation>, Error> {
        let set = self.region.create_change_set(change).await?;
        if set.is_empty {
            return Ok(None);
        }
        let replaced: Vec<String> = set
            .changes
            .iter()
            .filter(|change| change.replacement != aws::Replacement::Never && !plan::is_changed_in_place(&change.kind))
            .map(|change| {
                let verb = if change.replacement == aws::Replacement::Always { "replace" } else { "perhaps replace" };
                format!("{verb} {} {}", change.kind, change.logical_id)
            })
            .collect();
        if !replaced.is_empty()
            && let Err(refused) = self.require_confirmation(Risk::Loss, &replaced).await
        {
            self.region.discard(&set, change.kind).await?;
            return Err(refused);
        }
        Ok(Some(self.region.execute(&set).await?))
    }

    /// Stores a template in the bucket that is too long to be sent inline, for as long as it is sent.
    async fn store(&self, deployed: &Deployed, text: &str) -> Result<String, Error> {
        if text.len() > template::MAX_BYTES {
            return Err(Error::TemplateTooLarge { bytes: text.len(), limit: template::MAX_BYTES });
        }
        let key = format!("{}{}.json", self.request.identity.templates(), hexadecimal(&Sha256::digest(text)));
        self.region.write(&deployed.bucket, &key, "application/json", text.to_owned().into()).await?;
        Ok(key)
    }
}
