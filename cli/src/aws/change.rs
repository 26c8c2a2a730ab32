//! Change sets: what an update would do, then doing it.

use std::collections::BTreeMap;

use super::{Error, Mark, Region};

/// What a stack shall become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    /// The stack's name.
    pub(crate) stack: &'a str,
    /// Whether the stack is there already.
    pub(crate) kind: ChangeKind,
    /// The template.
    pub(crate) body: Body<'a>,
    /// Values of the template's parameters; `None` keeps the value that the stack has.
    pub(crate) parameters: &'a BTreeMap<String, Option<String>>,
    /// The stack's tags, all of them.
    pub(crate) tags: &'a BTreeMap<String, String>,
    /// The role that CloudFormation takes.
    pub(crate) role_arn: Option<&'a str>,
    /// The change set's name, different for each run: letters, digits and hyphens, a letter first.
    pub(crate) name: &'a str,
    /// What the caller knows the template to do.
    pub(crate) capabilities: &'a [Capability],
}

/// Whether a stack is made or updated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeKind {
    /// A new stack, or one in REVIEW_IN_PROGRESS.
    Create,
    /// A stack that stands.
    Update,
}

/// A template, within 51 200 bytes or by its place in S3.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    /// The document.
    Inline(&'a str),
    /// What `Region::template_url` answers.
    Url(&'a str),
}

/// What CloudFormation wants to hear said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Capability {
    /// The template makes roles.
    Iam,
    /// The template makes roles with names.
    NamedIam,
    /// The template has a transform, or modules.
    AutoExpand,
}

/// A change set that is ready to be executed, or is empty and gone again.
#[derive(Clone, Debug)]
pub(crate) struct ChangeSet {
    /// Its ARN.
    pub(crate) id: String,
    /// The stack's ARN.
    pub(crate) stack_id: String,
    /// What it would do, in CloudFormation's order.
    pub(crate) changes: Vec<ResourceChange>,
    /// There is nothing to do. The change set has been deleted.
    pub(crate) is_empty: bool,
    /// The stack's events after this belong to the execution.
    pub(crate) mark: Mark,
}

/// What happens to one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ResourceChange {
    /// Its key in the template.
    pub(crate) logical_id: String,
    /// Its name, id or ARN, if it exists.
    pub(crate) physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// What is done to it.
    pub(crate) action: Action,
    /// Whether it is made anew and the old one deleted.
    pub(crate) replacement: Replacement,
    /// What of it changes.
    pub(crate) details: Vec<ChangedProperty>,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Made.
    Add,
    /// Changed where it stands, or replaced.
    Modify,
    /// Deleted.
    Remove,
    /// Taken into the stack.
    Import,
    /// Not known before the execution.
    Dynamic,
}

/// Whether a modified resource is made anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Replacement {
    /// It stays.
    Never,
    /// Only the execution will tell.
    Conditional,
    /// It is.
    Always,
}

/// One thing that changes of a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ChangedProperty {
    /// `Properties.Code`, `Tags`.
    pub(crate) target: String,
    /// What caused it, such as another resource or a parameter, where AWS says so.
    pub(crate) cause: Option<String>,
}

impl Region {
    /// Makes a change set and waits until it is ready.
    pub(crate) async fn change(&self, change: &Change<'_>) -> Result<ChangeSet, Error> {
        let _ = change;
        Err(Error::Odd { call: self.call("unfinished", ""), status: None, body: String::new() })
    }

    /// Begins to execute a change set.
    pub(crate) async fn execute(&self, change_set: &ChangeSet) -> Result<(), Error> {
        let _ = change_set;
        Err(Error::Odd { call: self.call("unfinished", ""), status: None, body: String::new() })
    }

    /// Deletes a change set, and the stack if this change set is all there was of it (REVIEW_IN_PROGRESS).
    pub(crate) async fn discard(&self, change_set: &ChangeSet, kind: ChangeKind) -> Result<(), Error> {
        let _ = (change_set, kind);
        Err(Error::Odd { call: self.call("unfinished", ""), status: None, body: String::new() })
    }
}
