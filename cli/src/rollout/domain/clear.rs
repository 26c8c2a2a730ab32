//! The way of a domain's stack to a state in which it can be changed.

use std::time::Duration;

use super::{super::stack_state::StackState, DomainRollout, Error, FoundDomain};
use crate::aws::{self, SettledStack, StackEvent};

/// How long a domain may take: AWS validates a certificate within minutes of its record, and sometimes within half an hour.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
const PATIENCE: Duration = Duration::from_secs(45 * 60);
/// How many states may be in the way one after the other.
const ROUNDS: usize = 6;

impl DomainRollout<'_> {
    /// Inspects the domain until its stack can be changed: waits for what changes it, and deletes what can only be
    /// recreated.
    pub(super) async fn inspect_ready(&self, name: &str) -> Result<FoundDomain, Error> {
        let mut stack_name = String::new();
        for _ in 0..ROUNDS {
            let found = self.inspect(name).await?;
            let Some(stack) = &found.stack else { return Ok(found) };
            stack_name.clone_from(&stack.name);
            let state = StackState::of(stack.status.as_str());
            match state {
                StackState::None => return Ok(found),
                StackState::Deleted => return Ok(FoundDomain::default()),
                StackState::Busy | StackState::Deleting => {
                    self.progress.step("Waiting", &format!("for stack {}, which is {}", stack.name, stack.status));
                    self.wait(name, &stack.id, &aws::EventCursor::latest()).await?;
                }
                StackState::MustRecreate => {
                    self.progress.step("Deleting", &format!("stack {}, which is {}", stack.name, stack.status));
                    self.delete(name, &stack.id).await?;
                }
                StackState::RollbackFailed | StackState::UpdateFailed => {
                    self.progress.step("Continuing", &format!("the rollback of stack {}", stack.name));
                    let token = if state == StackState::RollbackFailed {
                        self.region.continue_rollback(&stack.name, self.role()).await?
                    } else {
                        self.region.roll_back(&stack.name, self.role()).await?
                    };
                    self.wait(name, &stack.id, &aws::EventCursor::of_operation(&token)).await?;
                }
                StackState::Unknown => {
                    return Err(Error::Stuck {
                        stack: stack.name.clone(),
                        status: stack.status.0.clone(),
                        cause: None,
                    });
                }
            }
        }
        Err(Error::Overtaken { stack: stack_name, by: None })
    }

    /// Deletes the domain's stack.
    pub(super) async fn delete(&self, name: &str, stack_id: &str) -> Result<(), Error> {
        let token = self.region.delete_stack(stack_id, &[], self.role()).await?;
        let settled = self.wait(name, stack_id, &aws::EventCursor::of_operation(&token)).await?;
        if settled.stack.status.is_deleted() { Ok(()) } else { Err(Error::not_deleted(&settled)) }
    }

    /// Waits until CloudFormation is done with the domain's stack, which it goes on with if this ends.
    pub(super) async fn wait(
        &self,
        name: &str,
        stack_id: &str,
        since: &aws::EventCursor,
    ) -> Result<SettledStack, Error> {
        let on_event = |event: &StackEvent| self.progress.resource(&event.to_resource_event());
        match self.region.wait_until_settled(stack_id, since, &on_event, PATIENCE).await {
            Err(aws::Error::Timeout { after, .. }) => {
                Err(Error::DomainPending { domain: name.to_owned(), minutes: after.as_secs() / 60 })
            }
            settled => Ok(settled?),
        }
    }

    /// The role that CloudFormation assumes.
    pub(super) fn role(&self) -> Option<&str> {
        self.stage.cloudformation_role_arn.as_deref()
    }
}
