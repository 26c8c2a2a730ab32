//! Stacks as they are, and the calls that change one without a change set.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use super::{Error, Region};

/// A stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stack {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN, which stays its own when a stack of the same name follows it.
    pub(crate) id: String,
    /// What it is doing or how that ended.
    pub(crate) status: StackStatus,
    /// Why.
    pub(crate) status_reason: Option<String>,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub(crate) outputs: BTreeMap<String, String>,
    /// When it was made.
    pub(crate) created: Option<SystemTime>,
    /// When its latest update began.
    pub(crate) last_updated: Option<SystemTime>,
    /// Whether it is protected against being deleted.
    pub(crate) is_protected: bool,
    /// `IN_SYNC`, `DRIFTED`, ..., if that was ever looked for.
    pub(crate) drift: Option<String>,
    /// The change set that was executed last.
    pub(crate) change_set_id: Option<String>,
    /// The role that CloudFormation takes for it.
    pub(crate) role_arn: Option<String>,
}

/// `UPDATE_COMPLETE` and its like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackStatus(pub(crate) String);

impl StackStatus {
    /// As AWS writes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// CloudFormation is at work, cleaning up included.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.0.ends_with("_IN_PROGRESS") && !self.is_review()
    }

    /// A change set made the stack's name known, and nothing exists.
    pub(crate) fn is_review(&self) -> bool {
        self.0 == "REVIEW_IN_PROGRESS"
    }

    /// The latest create or update came to its good end.
    pub(crate) fn is_success(&self) -> bool {
        matches!(&*self.0, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// It stands and can be updated.
    pub(crate) fn is_updatable(&self) -> bool {
        self.is_success() || matches!(&*self.0, "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE")
    }

    /// It can only be deleted: a create that failed.
    pub(crate) fn is_stillborn(&self) -> bool {
        matches!(&*self.0, "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED")
    }

    /// It is gone.
    pub(crate) fn is_deleted(&self) -> bool {
        self.0 == "DELETE_COMPLETE"
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A resource of a stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Resource {
    /// Its key in the template.
    pub(crate) logical_id: String,
    /// Its name, id or ARN, once it has one.
    pub(crate) physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// `CREATE_COMPLETE`.
    pub(crate) status: String,
}

impl Region {
    /// The stack of this name or id, in one call; a deleted one is found by its id only.
    pub(crate) async fn find_stack(&self, name_or_id: &str) -> Result<Option<Stack>, Error> {
        let _ = name_or_id;
        Err(Error::Unfinished)
    }

    /// The document that was sent last, as it was sent.
    pub(crate) async fn template(&self, stack: &str) -> Result<String, Error> {
        let _ = stack;
        Err(Error::Unfinished)
    }

    /// Begins to delete a stack; one that is gone is fine. `retain` is for resources whose deletion failed before.
    pub(crate) async fn delete_stack(
        &self,
        stack_id: &str,
        retain: &[String],
        role_arn: Option<&str>,
    ) -> Result<(), Error> {
        let _ = (stack_id, retain, role_arn);
        Err(Error::Unfinished)
    }

    /// Asks a stack in UPDATE_ROLLBACK_FAILED to try once more to go back.
    pub(crate) async fn continue_rollback(&self, stack: &str, role_arn: Option<&str>) -> Result<(), Error> {
        let _ = (stack, role_arn);
        Err(Error::Unfinished)
    }

    /// Switches the protection against being deleted.
    pub(crate) async fn protect(&self, stack: &str, is_protected: bool) -> Result<(), Error> {
        let _ = (stack, is_protected);
        Err(Error::Unfinished)
    }

    /// What the stack consists of.
    pub(crate) async fn resources(&self, stack: &str) -> Result<Vec<Resource>, Error> {
        let _ = stack;
        Err(Error::Unfinished)
    }
}
