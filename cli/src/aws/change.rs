//! Change sets: what an update would do, then doing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use aws_sdk_cloudformation::{
    operation::describe_change_set::DescribeChangeSetOutput,
    types::{self, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, PolicyAction, Tag},
};

use super::{Error, Mark, Region, pace::Pace, stack::token};

/// How long CloudFormation may take to find out what would change.
const PREPARING: Duration = Duration::from_secs(300);
/// How long a change set that was just made may be unknown.
const APPEARING: Duration = Duration::from_secs(10);
/// How long the shell of a stack that never was may take to go.
const VANISHING: Duration = Duration::from_secs(60);
/// How CloudFormation says that there is nothing to do, in its several places.
const NOTHING: [&str; 3] = ["No updates are to be performed", "didn't contain changes", "did not contain changes"];

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
    /// It leaves the stack, or is replaced, and goes on existing.
    pub(crate) is_retained: bool,
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
        let call = self.call("cloudformation:CreateChangeSet", change.stack);
        let create = self
            .cloudformation()
            .create_change_set()
            .stack_name(change.stack)
            .change_set_name(change.name)
            .change_set_type(match change.kind {
                ChangeKind::Create => ChangeSetType::Create,
                ChangeKind::Update => ChangeSetType::Update,
            })
            .set_parameters(Some(change.parameters()))
            .set_tags(Some(change.tags()))
            .set_capabilities(Some(change.capabilities.iter().map(|capability| capability.sent()).collect()))
            .set_role_arn(change.role_arn.map(str::to_owned))
            .client_token(token());
        let create = match change.body {
            Body::Inline(document) => create.template_body(document),
            Body::Url(url) => create.template_url(url),
        };
        let (id, stack_id) = match call.made(create.send()).await {
            Ok(answer) => (answer.id, answer.stack_id),
            Err(error) if error.message().is_some_and(is_nothing) => {
                return Ok(ChangeSet::nothing(String::new(), change.stack.to_owned()));
            }
            // The name is this run's own: the answer to an earlier try of this very call was lost.
            Err(error) if error.code() == Some("AlreadyExistsException") => (None, None),
            Err(error) => return Err(error),
        };
        let id = id.filter(|id| !id.is_empty());
        let stack_id = stack_id.filter(|id| !id.is_empty());
        // An id names its stack, a name needs it.
        let stack = if id.is_some() { None } else { Some(change.stack) };
        let prepared = self.prepared(id.as_deref().unwrap_or(change.name), stack).await?;
        let (last, changes) = prepared;
        let id = last.change_set_id.clone().or(id).unwrap_or_else(|| change.name.to_owned());
        let stack_id = last.stack_id.clone().or(stack_id).unwrap_or_else(|| change.stack.to_owned());
        if last.status == Some(ChangeSetStatus::Failed) {
            return self.refused(change, ChangeSet::nothing(id, stack_id), last.status_reason).await;
        }
        let mark = match (change.kind, last.creation_time.and_then(|time| SystemTime::try_from(time).ok())) {
            (ChangeKind::Create, _) => Mark::beginning(),
            // Nobody executes a change set before it is made: what happens to the stack from then on is its doing.
            (ChangeKind::Update, Some(time)) => Mark::at(time),
            (ChangeKind::Update, None) => self.mark(&stack_id).await?,
        };
        Ok(ChangeSet { id, stack_id, changes, is_empty: false, mark })
    }

    /// Waits until CloudFormation knows what would change, or that it cannot.
    async fn prepared(
        &self,
        id: &str,
        stack: Option<&str>,
    ) -> Result<(DescribeChangeSetOutput, Vec<ResourceChange>), Error> {
        let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(3), PREPARING);
        let mut appearing = Pace::new(Duration::from_millis(250), Duration::from_secs(2), APPEARING);
        loop {
            match self.described(id, stack, None).await {
                Ok(first) if is_prepared(&first) => return self.with_changes(id, stack, first).await,
                Ok(_) if pace.wait().await => {}
                Ok(_) => {
                    let what = format!("the change set `{id}`");
                    return Err(Error::Patience { what, region: self.name().to_owned(), patience: PREPARING });
                }
                Err(error) if error.is_missing() && appearing.wait().await => {}
                Err(error) if error.is_throttled() && pace.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the pages behind the first.
    async fn with_changes(
        &self,
        id: &str,
        stack: Option<&str>,
        mut page: DescribeChangeSetOutput,
    ) -> Result<(DescribeChangeSetOutput, Vec<ResourceChange>), Error> {
        let mut changes = Vec::new();
        loop {
            let found = page.changes.take().unwrap_or_default();
            changes.extend(found.into_iter().filter_map(|change| change.resource_change).map(ResourceChange::new));
            match page.next_token.take().filter(|token| !token.is_empty()) {
                Some(next) => page = self.described(id, stack, Some(next)).await?,
                None => return Ok((page, changes)),
            }
        }
    }

    async fn described(
        &self,
        id: &str,
        stack: Option<&str>,
        next: Option<String>,
    ) -> Result<DescribeChangeSetOutput, Error> {
        let call = self.call("cloudformation:DescribeChangeSet", id);
        let describe = self
            .cloudformation()
            .describe_change_set()
            .change_set_name(id)
            .set_stack_name(stack.map(str::to_owned))
            .set_next_token(next);
        call.made(describe.send()).await
    }

    /// A change set that failed: because there is nothing to do, or because CloudFormation does not want to.
    async fn refused(
        &self,
        change: &Change<'_>,
        failed: ChangeSet,
        reason: Option<String>,
    ) -> Result<ChangeSet, Error> {
        let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
        let is_empty = is_nothing(&reason);
        let discarded = self.discard(&failed, change.kind).await;
        if !is_empty {
            let stack = change.stack.to_owned();
            return Err(Error::ChangeRefused { stack, region: self.name().to_owned(), reason });
        }
        discarded.map(|()| failed)
    }

    /// Begins to execute a change set.
    pub(crate) async fn execute(&self, change_set: &ChangeSet) -> Result<(), Error> {
        let call = self.call("cloudformation:ExecuteChangeSet", &change_set.id);
        let execute =
            self.cloudformation().execute_change_set().change_set_name(&change_set.id).client_request_token(token());
        match call.made(execute.send()).await {
            Ok(_) => Ok(()),
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status < 500) && !error.is_denied() => {
                // The answer to an earlier try of this very call may have been lost.
                if self.is_executed(change_set).await { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn is_executed(&self, change_set: &ChangeSet) -> bool {
        if let Ok(Some(stack)) = self.find_stack(&change_set.stack_id).await {
            if stack.change_set_id.as_deref() == Some(&change_set.id) && !stack.status.is_review() {
                return true;
            }
        }
        let status = self.described(&change_set.id, None, None).await.ok().and_then(|found| found.execution_status);
        matches!(status, Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete))
    }

    /// Deletes a change set, and the stack if this change set is all there was of it (REVIEW_IN_PROGRESS).
    pub(crate) async fn discard(&self, change_set: &ChangeSet, kind: ChangeKind) -> Result<(), Error> {
        if kind == ChangeKind::Create && self.discard_shell(&change_set.stack_id).await? {
            return Ok(());
        }
        if change_set.id.is_empty() {
            return Ok(());
        }
        let call = self.call("cloudformation:DeleteChangeSet", &change_set.id);
        match call.made(self.cloudformation().delete_change_set().change_set_name(&change_set.id).send()).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes a stack that is only a name so far, and waits until the name is free again; false for a real stack.
    async fn discard_shell(&self, stack_id: &str) -> Result<bool, Error> {
        let Some(stack) = self.find_stack(stack_id).await? else { return Ok(true) };
        if !stack.status.is_review() {
            return Ok(false);
        }
        self.delete_stack(stack_id, &[], None).await?;
        let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(2), VANISHING);
        loop {
            match self.find_stack(stack_id).await? {
                Some(stack) if !stack.status.is_deleted() && pace.wait().await => {}
                _ => return Ok(true),
            }
        }
    }
}

impl Change<'_> {
    fn parameters(&self) -> Vec<Parameter> {
        let sent = |(key, value): (&String, &Option<String>)| {
            let parameter = Parameter::builder().parameter_key(key);
            match value {
                Some(value) => parameter.parameter_value(value).build(),
                None => parameter.use_previous_value(true).build(),
            }
        };
        self.parameters.iter().map(sent).collect()
    }

    fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }
}

impl Capability {
    fn sent(self) -> types::Capability {
        match self {
            Self::Iam => types::Capability::CapabilityIam,
            Self::NamedIam => types::Capability::CapabilityNamedIam,
            Self::AutoExpand => types::Capability::CapabilityAutoExpand,
        }
    }
}

impl ChangeSet {
    fn nothing(id: String, stack_id: String) -> Self {
        Self { id, stack_id, changes: Vec::new(), is_empty: true, mark: Mark::beginning() }
    }
}

impl ResourceChange {
    fn new(change: types::ResourceChange) -> Self {
        let mut seen = BTreeSet::new();
        let details = change.details.unwrap_or_default().into_iter().filter_map(ChangedProperty::new);
        Self {
            logical_id: change.logical_resource_id.unwrap_or_default(),
            physical_id: change.physical_resource_id.filter(|id| !id.is_empty()),
            kind: change.resource_type.unwrap_or_default(),
            action: match change.action {
                Some(types::ChangeAction::Add) => Action::Add,
                Some(types::ChangeAction::Modify) => Action::Modify,
                Some(types::ChangeAction::Remove) => Action::Remove,
                Some(types::ChangeAction::Import) => Action::Import,
                _ => Action::Dynamic,
            },
            replacement: match change.replacement {
                Some(types::Replacement::True) => Replacement::Always,
                Some(types::Replacement::Conditional) => Replacement::Conditional,
                _ => Replacement::Never,
            },
            is_retained: matches!(change.policy_action, Some(PolicyAction::Retain | PolicyAction::ReplaceAndRetain)),
            // A property is named once for each way in which its value may change.
            details: details.filter(|detail| seen.insert(detail.target.clone())).collect(),
        }
    }
}

impl ChangedProperty {
    fn new(detail: types::ResourceChangeDetail) -> Option<Self> {
        let target = detail.target?;
        let attribute = target.attribute.map(|attribute| attribute.as_str().to_owned());
        let name = target.name.filter(|name| !name.is_empty());
        let target = [attribute, name].into_iter().flatten().collect::<Vec<_>>().join(".");
        let cause = detail.causing_entity.filter(|cause| !cause.is_empty());
        (!target.is_empty()).then_some(Self { target, cause })
    }
}

fn is_prepared(found: &DescribeChangeSetOutput) -> bool {
    !matches!(found.status, Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) | None)
}

fn is_nothing(reason: &str) -> bool {
    NOTHING.iter().any(|nothing| reason.contains(nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_do_is_understood_in_each_of_its_shapes() {
        for reason in [
            "No updates are to be performed.",
            "The submitted information didn't contain changes. Submit different information to create a change set.",
        ] {
            assert!(is_nothing(reason), "{reason}");
        }
        assert!(!is_nothing("Template format error: unsupported structure."));
    }
}
