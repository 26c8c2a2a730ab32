//! The state of a stack before a change: busy, failed half-way, or to be recreated.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{Error, Rollout};
use crate::aws::{self, Stack};

/// What is done about a stack before anything is sent to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StackState {
    /// It is ready for a change.
    None,
    /// It can only be deleted, and is recreated.
    MustRecreate,
    /// It is being deleted.
    Deleting,
    /// It is being changed.
    Busy,
    /// Its update failed, and so did the rollback.
    RollbackFailed,
    /// Its update failed and was not rolled back, as requested.
    UpdateFailed,
    /// It was deleted.
    Deleted,
    /// A status that is newer than this code.
    Unknown,
}

impl StackState {
    /// What a status means for a change of the stack.
    pub(crate) fn of(status: &str) -> Self {
        match status {
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                Self::MustRecreate
            }
            "DELETE_IN_PROGRESS" => Self::Deleting,
            "UPDATE_ROLLBACK_FAILED" => Self::RollbackFailed,
            "UPDATE_FAILED" => Self::UpdateFailed,
            "DELETE_COMPLETE" => Self::Deleted,
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE" => Self::None,
            status if status.ends_with("_IN_PROGRESS") => Self::Busy,
            _ => Self::Unknown,
        }
    }
}

impl Rollout<'_> {
    /// Clears the way of a stack whose ownership was verified, and returns the stack that is left, if one is.
    pub(super) async fn clear(&self, stack: Option<Stack>) -> Result<Option<Stack>, Error> {
        let Some(mut stack) = stack else { return Ok(None) };
        // Each round moves the stack to a state that the next one does not find in the way.
        for _ in 0..4 {
            stack = match StackState::of(stack.status.as_str()) {
                StackState::None => return Ok(Some(stack)),
                StackState::MustRecreate => {
                    let why = format!("stack {}, which is {} and can only be recreated", stack.name, stack.status);
                    self.progress.step("Deleting", &why);
                    let token = self.region.delete_stack(&stack.id, &[], self.role()).await?;
                    let settled = self.wait_until_settled(&stack.id, &aws::EventCursor::of_operation(&token)).await?;
                    if settled.stack.status.is_deleted() {
                        return Ok(None);
                    }
                    return Err(Error::not_deleted(&settled));
                }
                StackState::Deleting => {
                    self.progress.step("Waiting", &format!("until stack {} is deleted", stack.name));
                    let settled = self.wait_until_settled(&stack.id, &aws::EventCursor::latest()).await?;
                    if settled.stack.status.is_deleted() {
                        return Ok(None);
                    }
                    settled.stack
                }
                StackState::Busy => self.wait_for(stack).await?,
                StackState::Deleted => return Ok(None),
                StackState::Unknown => {
                    return Err(Error::Stuck { stack: stack.name, status: stack.status.0, cause: None });
                }
                obstacle @ (StackState::RollbackFailed | StackState::UpdateFailed) => {
                    self.progress.step("Continuing", &format!("the rollback of stack {}", stack.name));
                    let token = if obstacle == StackState::RollbackFailed {
                        self.region.continue_rollback(&stack.name, self.role()).await?
                    } else {
                        self.region.roll_back(&stack.name, self.role()).await?
                    };
                    let settled = self.wait_until_settled(&stack.id, &aws::EventCursor::of_operation(&token)).await?;
                    if StackState::of(settled.stack.status.as_str()) != StackState::None {
                        return Err(Error::Stuck {
                            stack: settled.stack.name,
                            status: settled.stack.status.0,
                            cause: settled.first_cause.map(Box::new),
                        });
                    }
                    settled.stack
                }
            };
        }
        Err(Error::Overtaken { stack: stack.name, by: None })
    }

    /// Waits until CloudFormation is done with a stack, and reports the events since the mark meanwhile.
    pub(super) async fn wait_until_settled(
        &self,
        stack_id: &str,
        since: &aws::EventCursor,
    ) -> Result<aws::SettledStack, Error> {
        let deployments = Mutex::new(BTreeSet::new());
        let on_event = |event: &aws::StackEvent| {
            self.progress.resource(&event.to_resource_event());
            if let Some(id) = event.deployment()
                && deployments.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
            {
                self.progress.step("Following", &format!("deployment {id} of CodeDeploy"));
            }
        };
        Ok(self.region.wait_until_settled(stack_id, since, &on_event, self.settle_timeout()).await?)
    }

    /// The role that CloudFormation assumes.
    pub(super) fn role(&self) -> Option<&str> {
        self.request.stage.cloudformation_role_arn.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_is_handled_on_purpose() {
        for (status, expected) in [
            ("CREATE_COMPLETE", StackState::None),
            ("UPDATE_COMPLETE", StackState::None),
            ("UPDATE_ROLLBACK_COMPLETE", StackState::None),
            ("IMPORT_COMPLETE", StackState::None),
            ("CREATE_IN_PROGRESS", StackState::Busy),
            ("UPDATE_IN_PROGRESS", StackState::Busy),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Busy),
            ("UPDATE_ROLLBACK_IN_PROGRESS", StackState::Busy),
            ("ROLLBACK_IN_PROGRESS", StackState::Busy),
            ("REVIEW_IN_PROGRESS", StackState::MustRecreate),
            ("ROLLBACK_COMPLETE", StackState::MustRecreate),
            ("ROLLBACK_FAILED", StackState::MustRecreate),
            ("CREATE_FAILED", StackState::MustRecreate),
            ("DELETE_FAILED", StackState::MustRecreate),
            ("DELETE_IN_PROGRESS", StackState::Deleting),
            ("UPDATE_ROLLBACK_FAILED", StackState::RollbackFailed),
            ("UPDATE_FAILED", StackState::UpdateFailed),
            ("IMPORT_ROLLBACK_COMPLETE", StackState::None),
            ("IMPORT_ROLLBACK_FAILED", StackState::Unknown),
            ("DELETE_COMPLETE", StackState::Deleted),
            ("BANANA", StackState::Unknown),
        ] {
            assert_eq!(StackState::of(status), expected, "{status}");
        }
    }
}
