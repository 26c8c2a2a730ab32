//! What stands in the way: a stack that is being changed, one that failed half-way.

use std::time::{Duration, SystemTime};

use super::{Error, Rollout, Standing};
use crate::aws::{self, Stack};

/// How long CloudFormation may take for a candidate before its trial begins.
const CANDIDATE: Duration = Duration::from_secs(10 * 60);
/// How often somebody else's trial is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What is done about a stack before anything is sent to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Obstacle {
    /// Nothing stands in the way.
    None,
    /// It only can be deleted.
    Dead,
    /// It is being deleted.
    Leaving,
    /// It is being changed.
    Busy,
    /// It hangs between two documents, and went half-way back.
    Stuck,
    /// It hangs between two documents, since somebody wanted it to stay so.
    HalfWay,
    /// It is gone.
    Gone,
    /// CloudFormation had no such status when this was written.
    Unknown,
}

impl Obstacle {
    /// What a status means for whoever wants to change the stack.
    pub(crate) fn of(status: &str) -> Self {
        match status {
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                Self::Dead
            }
            "DELETE_IN_PROGRESS" => Self::Leaving,
            "UPDATE_ROLLBACK_FAILED" => Self::Stuck,
            "UPDATE_FAILED" => Self::HalfWay,
            "DELETE_COMPLETE" => Self::Gone,
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
            stack = match Obstacle::of(stack.status.as_str()) {
                Obstacle::None => return Ok(Some(stack)),
                Obstacle::Dead => {
                    let why = format!("stack {}, which is {} and can only be recreated", stack.name, stack.status);
                    self.progress.step("Deleting", &why);
                    let token = self.region.delete_stack(&stack.id, &[], self.role()).await?;
                    let settled = self.settled(&stack.id, &aws::Mark::of_operation(&token)).await?;
                    if settled.stack.status.is_deleted() {
                        return Ok(None);
                    }
                    return Err(Error::not_deleted(&settled));
                }
                Obstacle::Leaving => {
                    self.progress.step("Waiting", &format!("until stack {} is deleted", stack.name));
                    let settled = self.settled(&stack.id, &aws::Mark::latest()).await?;
                    if settled.stack.status.is_deleted() {
                        return Ok(None);
                    }
                    settled.stack
                }
                Obstacle::Busy => self.wait_for(stack).await?,
                Obstacle::Gone => return Ok(None),
                Obstacle::Unknown => {
                    return Err(Error::Stuck { stack: stack.name, status: stack.status.0, cause: None });
                }
                obstacle @ (Obstacle::Stuck | Obstacle::HalfWay) => {
                    self.progress.step("Continuing", &format!("the rollback of stack {}", stack.name));
                    let token = if obstacle == Obstacle::Stuck {
                        self.region.continue_rollback(&stack.name, self.role()).await?
                    } else {
                        self.region.roll_back(&stack.name, self.role()).await?
                    };
                    let settled = self.settled(&stack.id, &aws::Mark::of_operation(&token)).await?;
                    if Obstacle::of(settled.stack.status.as_str()) != Obstacle::None {
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

    /// Somebody changes the stack: waited for where that was asked for, or where it is an earlier run of our own.
    async fn wait_for(&self, stack: Stack) -> Result<Stack, Error> {
        let by = self.region.changed_by(&stack.id).await?;
        let own = by.as_deref() == Some(self.region.operator());
        if !self.wish.wait && !own {
            return Err(Error::Busy { stack: stack.name, status: stack.status.0, by, since: stack.last_updated });
        }
        let by = by.map(|by| format!(", which {by} changes")).unwrap_or_default();
        self.progress.step("Waiting", &format!("for stack {}{by}", stack.name));
        Ok(self.settled(&stack.id, &aws::Mark::latest()).await?.stack)
    }

    /// A candidate stands: another deploy may be trying it right now, which no status tells. Whoever left it longer ago
    /// than a trial can take is gone; its work is gone on with.
    pub(super) async fn let_others_finish(&self, standing: &Standing) -> Result<(), Error> {
        let Some(stack) = &standing.stack else { return Ok(()) };
        // A health check and what runs before traffic.
        let trial = CANDIDATE + 2 * Duration::from_secs(self.wish.stage.timeout_seconds.into());
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
        if !self.wish.wait {
            return Err(Error::Tried { stack: stack.name.clone(), by, since: stack.last_updated, trial });
        }
        let whose = by.unwrap_or_default();
        self.progress.step("Waiting", &format!("for stack {}, whose candidate {whose} tries", stack.name));
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            match self.region.find_stack(&stack.id).await? {
                Some(now) if now.last_updated == stack.last_updated && is_under_way(&now) => {}
                _ => return Err(Error::Overtaken { stack: stack.name.clone(), by: None }),
            }
        }
    }

    /// Waits until CloudFormation is done with a stack, and reports the events since the mark meanwhile.
    pub(super) async fn settled(&self, stack_id: &str, since: &aws::Mark) -> Result<aws::Settled, Error> {
        let on_event = |event: &aws::StackEvent| self.progress.resource(&event.happened());
        Ok(self.region.settled(stack_id, since, &on_event, super::PATIENCE).await?)
    }

    pub(super) fn role(&self) -> Option<&str> {
        self.wish.stage.cloudformation_role_arn.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_is_handled_on_purpose() {
        for (status, expected) in [
            ("CREATE_COMPLETE", Obstacle::None),
            ("UPDATE_COMPLETE", Obstacle::None),
            ("UPDATE_ROLLBACK_COMPLETE", Obstacle::None),
            ("IMPORT_COMPLETE", Obstacle::None),
            ("CREATE_IN_PROGRESS", Obstacle::Busy),
            ("UPDATE_IN_PROGRESS", Obstacle::Busy),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Obstacle::Busy),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Obstacle::Busy),
            ("ROLLBACK_IN_PROGRESS", Obstacle::Busy),
            ("REVIEW_IN_PROGRESS", Obstacle::Dead),
            ("ROLLBACK_COMPLETE", Obstacle::Dead),
            ("ROLLBACK_FAILED", Obstacle::Dead),
            ("CREATE_FAILED", Obstacle::Dead),
            ("DELETE_FAILED", Obstacle::Dead),
            ("DELETE_IN_PROGRESS", Obstacle::Leaving),
            ("UPDATE_ROLLBACK_FAILED", Obstacle::Stuck),
            ("UPDATE_FAILED", Obstacle::HalfWay),
            ("IMPORT_ROLLBACK_COMPLETE", Obstacle::None),
            ("IMPORT_ROLLBACK_FAILED", Obstacle::Unknown),
            ("DELETE_COMPLETE", Obstacle::Gone),
            ("BANANA", Obstacle::Unknown),
        ] {
            assert_eq!(Obstacle::of(status), expected, "{status}");
        }
    }
}
