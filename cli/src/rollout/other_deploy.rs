//! Other deploys of the stage at the same time: noticed, waited for with `--wait`, else an error.

use std::time::{Duration, SystemTime};

use super::{Deployed, Error, Rollout};
use crate::aws::{self, Stack};

/// How long CloudFormation may take for a candidate before its trial begins.
const CANDIDATE_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// How often the stack is polled while another deploy tries its candidate.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The pauses before a stack is read that seems to have been changed meanwhile.
const CHECKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

impl Rollout<'_> {
    /// Whether another attempt may succeed: the state that caused the error may be over, or be this operator's own work.
    /// A change of another operator is not overwritten.
    pub(super) fn may_be_repeated(&self, error: &Error) -> bool {
        match error {
            Error::Vanished { .. } => true,
            Error::Overtaken { by, .. } => by.as_deref().is_none_or(|by| by == self.region.operator()),
            Error::Busy { by, .. } => by.as_deref() == Some(self.region.operator()),
            _ => false,
        }
    }

    /// Waits for another deploy to finish, with `--wait` or where it is an interrupted run of the same operator's.
    pub(super) async fn wait_for(&self, stack: Stack) -> Result<Stack, Error> {
        let by = self.region.changed_by(&stack.id).await?;
        let is_own = by.as_deref() == Some(self.region.operator());
        if !self.request.wait && !is_own {
            return Err(Error::Busy { stack: stack.name, status: stack.status.0, by, since: stack.last_updated });
        }
        let by = by.map(|by| format!(", which {by} changes")).unwrap_or_default();
        self.progress.step("Waiting", &format!("for stack {}{by}", stack.name));
        Ok(self.wait_until_settled(&stack.id, &aws::EventCursor::latest()).await?.stack)
    }

    /// Waits for the trial of another deploy's candidate, which no status shows. A candidate that is older than a trial
    /// can take was left by an interrupted deploy: this one resumes with it.
    pub(super) async fn let_others_finish(&self, deployed: &Deployed) -> Result<(), Error> {
        let Some(stack) = deployed.stack.as_ref().filter(|_| deployed.has_candidate()) else { return Ok(()) };
        // A health check and what runs before traffic.
        let trial = CANDIDATE_TIMEOUT + 2 * Duration::from_secs(self.request.stage.timeout_seconds.into());
        let is_under_way = |stack: &Stack| {
            let age = stack.last_updated.and_then(|since| SystemTime::now().duration_since(since).ok());
            age.is_some_and(|age| age < trial)
        };
        if !is_under_way(stack) {
            return Ok(());
        }
        let by = self.region.changed_by(&stack.id).await?;
        if by.as_deref().is_none_or(|by| by == self.region.operator()) {
            return Ok(());
        }
        if !self.request.wait {
            return Err(Error::Tried { stack: stack.name.clone(), by, since: stack.last_updated, trial });
        }
        let whose = by.unwrap_or_default();
        self.progress.step("Waiting", &format!("for stack {}, whose candidate {whose} tries", stack.name));
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            match self.region.find_stack(&stack.id).await? {
                Some(now) if now.last_updated == stack.last_updated && is_under_way(&now) => {}
                _ => return Err(Error::Overtaken { stack: stack.name.clone(), by: None }),
            }
        }
    }

    /// Checks that no other deploy changed the stack since it was inspected. A status that alone differs may lag behind.
    pub(super) async fn verify_unchanged(&self, deployed: &Deployed) -> Result<(), Error> {
        let name = self.request.identity.stack();
        let seen = deployed.stack.as_ref();
        for pause in CHECKS {
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

    /// The error about a stack that was changed meanwhile, with the operator of the change, if a token of this tool names one.
    pub(super) async fn overtaken(&self) -> Error {
        let stack = self.request.identity.stack();
        let by = self.region.changed_by(&stack).await.unwrap_or_default();
        Error::Overtaken { stack, by }
    }

    /// The error about a stack that CloudFormation did not change since another change is under way, or was.
    pub(super) async fn busy(&self, refusal: aws::Error) -> Error {
        match self.region.find_stack(&self.request.identity.stack()).await {
            Ok(Some(stack)) if stack.status.is_in_progress() => {
                let by = self.region.changed_by(&stack.id).await.unwrap_or_default();
                Error::Busy { stack: stack.name, status: stack.status.0, by, since: stack.last_updated }
            }
            Ok(_) => self.overtaken().await,
            Err(_) => refusal.into(),
        }
    }
}
