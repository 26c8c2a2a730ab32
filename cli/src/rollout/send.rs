//! Sending a template to the stack, and waiting for the outcome.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Confirm, Deployed, Error, Phase, Rollout, ownership};
use crate::{
    aws::{self, Body, Capability, ChangeKind, DeploymentMode, Stack},
    plan::{self, Risk},
    release::hexadecimal,
    settings::Stage,
    template::{self, output},
};

/// When a stack is looked at that seems to have been changed meanwhile.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];
/// What CloudFormation takes inline.
pub(super) const INLINE_LIMIT: usize = 51_200;
/// What CloudFormation takes at all.
const LIMIT: usize = 1 << 20;

impl Rollout<'_> {
    /// Sends a document. An update is only sent to the very stack that was looked at, and what would be replaced is asked
    /// about before. `phase` is where the work stands meanwhile.
    pub(super) async fn send(&self, deployed: &Deployed, document: &Value, phase: Phase) -> Result<Stack, Error> {
        let is_update = phase != Phase::Creating;
        let text = template::serialize(document);
        let name = self.request.identity.stack();
        let inspect = is_update && deployed.live.as_ref().is_some_and(|live| plan::may_replace(live, document));
        let object = if text.len() > INLINE_LIMIT { Some(self.store(deployed, &text).await?) } else { None };
        let url = object.as_ref().map(|key| self.region.template_url(&deployed.bucket, key)).unwrap_or_default();
        let body = match &object {
            Some(_) => Body::Url(&url),
            None => Body::Inline(&text),
        };
        let tags = ownership::tags(self.request.identity, self.request.stage);
        let change = aws::Change {
            stack: &name,
            kind: if is_update { ChangeKind::Update } else { ChangeKind::Create },
            body,
            tags: &tags,
            role_arn: self.role(),
            parameters: &BTreeMap::new(),
            name: &change_set_name(),
            capabilities: capabilities(document),
            mode: deployment_mode(self.request.stage, phase, document),
        };
        if is_update {
            self.not_overtaken(deployed).await?;
        }
        let send = async {
            if inspect {
                return self.send_inspected(&change).await;
            }
            self.region.send(&change).await.map_err(|error| match error.code() {
                // Another first deploy was faster.
                Some("AlreadyExistsException") => Error::Overtaken { stack: name.clone(), by: None },
                _ => Error::from(error),
            })
        };
        let outcome = match self.place.try_at(phase, send).await {
            Ok(Some(operation)) => {
                self.outcome(&operation.stack_id, &aws::EventCursor::of_operation(&operation.token)).await
            }
            // The stack is what was sent already: perhaps the answer to an earlier try was lost on the way.
            Ok(None) => match self.region.find_stack(&name).await? {
                Some(stack) => self.outcome(&stack.id, &aws::EventCursor::latest()).await,
                None => Err(Error::vanished(self.request.identity)),
            },
            // Another change began after the look.
            Err(Error::Aws(error)) if is_update && error.is_busy() => Err(self.busy(error).await),
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

    /// Asks for a confirmation of what the documents alone show to be at risk.
    pub(super) async fn ask_about_losses(&self, deployed: &Deployed) -> Result<(), Error> {
        let Some(live) = &deployed.live else { return Ok(()) };
        match plan::losses(live, &self.request.record.template, deployed.output(output::URL)) {
            Some((risk, lines)) => self.ask(risk, &lines).await,
            None => Ok(()),
        }
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
            && let Err(refused) = self.ask(Risk::Loss, &replaced).await
        {
            self.region.discard(&set, change.kind).await?;
            return Err(refused);
        }
        Ok(Some(self.region.execute(&set).await?))
    }

    async fn ask(&self, risk: Risk, lines: &[String]) -> Result<(), Error> {
        let confirm: &dyn Confirm = self.confirm;
        if confirm.confirm(self.region.name(), risk, lines).await? {
            Ok(())
        } else {
            Err(Error::Declined { stack: self.request.identity.stack() })
        }
    }

    /// Checks that nobody changed the stack since it was looked at. A status that alone differs may lag behind.
    async fn not_overtaken(&self, deployed: &Deployed) -> Result<(), Error> {
        let name = self.request.identity.stack();
        let seen = deployed.stack.as_ref();
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            let now = self.region.find_stack(&name).await?;
            let identity = |stack: &Stack| (stack.id.clone(), stack.last_updated);
            if now.as_ref().map(identity) != seen.map(identity) {
                break;
            }
            if now.as_ref().map(|stack| &stack.status) == seen.map(|stack| &stack.status) {
                return Ok(());
            }
        }
        Err(self.overtaken().await)
    }

    /// The error about a stack that was changed meanwhile, with whoever did it as far as that can be told.
    pub(super) async fn overtaken(&self) -> Error {
        let stack = self.request.identity.stack();
        let by = self.region.changed_by(&stack).await.unwrap_or_default();
        Error::Overtaken { stack, by }
    }

    /// The error about a stack that CloudFormation did not change since another change is under way, or was.
    async fn busy(&self, refusal: aws::Error) -> Error {
        match self.region.find_stack(&self.request.identity.stack()).await {
            Ok(Some(stack)) if stack.status.is_in_progress() => {
                let by = self.region.changed_by(&stack.id).await.unwrap_or_default();
                Error::Busy { stack: stack.name, status: stack.status.0, by, since: stack.last_updated }
            }
            Ok(_) => self.overtaken().await,
            Err(_) => refusal.into(),
        }
    }

    /// A document that is too long to be sent lies in the bucket for as long as it is sent.
    async fn store(&self, deployed: &Deployed, text: &str) -> Result<String, Error> {
        if text.len() > LIMIT {
            return Err(Error::DocumentTooLarge { bytes: text.len(), limit: LIMIT });
        }
        let key = format!("{}{}.json", self.request.identity.documents(), hexadecimal(&Sha256::digest(text)));
        self.region.write(&deployed.bucket, &key, "application/json", text.to_owned().into()).await?;
        Ok(key)
    }
}

/// A name that no other change set of the stack has.
pub(super) fn change_set_name() -> String {
    format!("zappa-rs-{:016x}", fastrand::u64(..))
}

/// The deployment mode of a phase: express for a candidate that is ready soon. All other phases end in what serves, and
/// are express only where the settings want that.
fn deployment_mode(stage: &Stage, phase: Phase, document: &Value) -> DeploymentMode {
    if stage.express || (phase == Phase::SendingCandidate && plan::is_candidate_ready_soon(document)) {
        DeploymentMode::Express
    } else {
        DeploymentMode::Standard
    }
}

/// The capabilities to acknowledge (`CAPABILITY_*`).
pub(super) fn capabilities(document: &Value) -> &'static [Capability] {
    if plan::names_iam(document) { &[Capability::NamedIam] } else { &[Capability::Iam] }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_candidate_that_becomes_ready_soon_is_sent_in_express_mode() {
        let plain = json!({ "Resources": { "Function": { "Properties": {} } } });
        let in_vpc =
            json!({ "Resources": { "Function": { "Properties": { "VpcConfig": { "SubnetIds": ["subnet-1"] } } } } });
        let mode = |is_express: bool, phase, document: &Value| {
            deployment_mode(&Stage { express: is_express, ..Stage::default() }, phase, document)
        };
        for phase in [Phase::Creating, Phase::SendingCandidate, Phase::Switching, Phase::Undoing] {
            let is_candidate = phase == Phase::SendingCandidate;
            let expected = if is_candidate { DeploymentMode::Express } else { DeploymentMode::Standard };
            assert_eq!(mode(false, phase, &plain), expected, "{phase:?}");
            assert_eq!(mode(false, phase, &in_vpc), DeploymentMode::Standard, "{phase:?}");
            assert_eq!(mode(true, phase, &plain), DeploymentMode::Express, "{phase:?}");
        }
    }
}
