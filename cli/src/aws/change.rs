//! The request for a stack change, and the changes that CloudFormation lists in a change set.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::{self, DeploymentConfig, DeploymentConfigMode, Parameter, PolicyAction, Tag};
use serde::Serialize;

/// The request for a change of a stack.
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
    /// The role that CloudFormation assumes.
    pub(crate) role_arn: Option<&'a str>,
    /// The change set's name, different for each run: letters, digits and hyphens, a letter first.
    pub(crate) name: &'a str,
    /// The capabilities that the request acknowledges.
    pub(crate) capabilities: &'a [Capability],
    /// When the operation is complete.
    pub(crate) mode: DeploymentMode,
}

/// CloudFormation's deployment mode: when an operation is complete.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum DeploymentMode {
    /// When every resource is ready.
    #[default]
    Standard,
    /// When the configuration is applied; resources become ready after it.
    Express,
}

/// Whether a stack is created or updated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeKind {
    /// A new stack, or one in REVIEW_IN_PROGRESS.
    Create,
    /// A stack that exists.
    Update,
}

/// A template, within 51 200 bytes or by its place in S3.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    /// The template.
    Inline(&'a str),
    /// What `Region::template_url` answers.
    Url(&'a str),
    /// The template that the stack has; only an update can have it.
    Previous,
}

/// A capability that a request must acknowledge (`CAPABILITY_*`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Capability {
    /// The template creates roles.
    Iam,
    /// The template creates roles with names.
    NamedIam,
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
    /// Whether it is replaced: a new resource is created and the old one deleted.
    pub(crate) replacement: Replacement,
    /// It leaves the stack, or is replaced, and continues to exist.
    pub(crate) is_retained: bool,
    /// The properties that change.
    pub(crate) details: Vec<ChangedProperty>,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// Created.
    Add,
    /// Changed in place, or replaced.
    Modify,
    /// Deleted.
    Remove,
    /// Imported into the stack.
    Import,
    /// Not known before the execution.
    Dynamic,
}

impl Action {
    /// The word for users, as `--json` writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Modify => "modify",
            Self::Remove => "remove",
            Self::Import => "import",
            Self::Dynamic => "dynamic",
        }
    }
}

/// Whether a modified resource is replaced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Replacement {
    /// It is changed in place.
    #[default]
    Never,
    /// Known only after the execution.
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

impl Change<'_> {
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let sent = |(key, value): (&String, &Option<String>)| {
            let parameter = Parameter::builder().parameter_key(key);
            match value {
                Some(value) => parameter.parameter_value(value).build(),
                None => parameter.use_previous_value(true).build(),
            }
        };
        self.parameters.iter().map(sent).collect()
    }

    pub(super) fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }
}

impl DeploymentMode {
    /// The parameter of a request; none for the standard mode, which every endpoint knows.
    pub(super) fn config(self) -> Option<DeploymentConfig> {
        // Express mode rolls back only where that is asked for.
        let express = DeploymentConfig::builder().mode(DeploymentConfigMode::Express).disable_rollback(false);
        (self == Self::Express).then(|| express.build())
    }
}

impl Capability {
    pub(super) fn sent(self) -> types::Capability {
        match self {
            Self::Iam => types::Capability::CapabilityIam,
            Self::NamedIam => types::Capability::CapabilityNamedIam,
        }
    }
}

impl ChangeSet {
    pub(super) fn nothing(id: String, stack_id: String) -> Self {
        Self { id, stack_id, changes: Vec::new(), is_empty: true }
    }
}

impl ResourceChange {
    pub(super) fn new(change: types::ResourceChange) -> Self {
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
