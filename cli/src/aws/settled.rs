//! Waiting for a stack, and hearing what happens to it meanwhile.

use std::time::{Duration, SystemTime};

use super::{Error, Region, Stack};

/// A point in a stack's history: what happened after it belongs to the work that is waited for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    pub(super) time: Option<SystemTime>,
    pub(super) event_id: Option<String>,
}

impl Mark {
    /// The beginning of the stack: every event of it counts.
    pub(crate) fn beginning() -> Self {
        Self::default()
    }
}

/// Something that happened to a stack or to one of its resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackEvent {
    /// Its id, unique in the stack.
    pub(crate) id: String,
    /// When it happened, by AWS's clock.
    pub(crate) time: Option<SystemTime>,
    /// The resource's key in the template, or the stack's name.
    pub(crate) logical_id: String,
    /// The resource's name, id or ARN.
    pub(crate) physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// `CREATE_IN_PROGRESS`.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: Option<String>,
}

impl StackEvent {
    /// Something failed.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// It is about the stack itself.
    pub(crate) fn is_of_stack(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
    }
}

/// How a stack came to rest.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// The stack as it is now; a deleted one has the status DELETE_COMPLETE.
    pub(crate) stack: Stack,
    /// The failure that led to the others.
    pub(crate) first_cause: Option<StackEvent>,
}

impl Region {
    /// The newest event of a stack: one call. For work that no change set begins.
    pub(crate) async fn mark(&self, stack_id: &str) -> Result<Mark, Error> {
        let _ = stack_id;
        Err(Error::Odd { call: self.call("unfinished", ""), status: None, body: String::new() })
    }

    /// Waits until nothing changes the stack any more; each event since the mark is heard once, in order.
    ///
    /// How the work ended stands in the stack's status: a rollback is no error here. An error after `patience`.
    pub(crate) async fn settled(
        &self,
        stack_id: &str,
        since: &Mark,
        on_event: &(dyn Fn(&StackEvent) + Send + Sync),
        patience: Duration,
    ) -> Result<Settled, Error> {
        let _ = (stack_id, since, on_event, patience);
        Err(Error::Odd { call: self.call("unfinished", ""), status: None, body: String::new() })
    }
}
