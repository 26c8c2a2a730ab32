//! The operators of event patterns, and which service takes which.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

/// An operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exists,
    Numeric,
    Prefix,
    Suffix,
    Wildcard,
}

/// The operators of EventBridge and of SNS.
pub(crate) const OPERATORS: &[Operator] = &[
    Operator::AnythingBut,
    Operator::Cidr,
    Operator::EqualsIgnoreCase,
    Operator::Exists,
    Operator::Numeric,
    Operator::Prefix,
    Operator::Suffix,
    Operator::Wildcard,
];

/// The operators of an event source mapping's filters.
pub(crate) const FILTER_OPERATORS: &[Operator] = &[
    Operator::AnythingBut,
    Operator::EqualsIgnoreCase,
    Operator::Exists,
    Operator::Numeric,
    Operator::Prefix,
    Operator::Suffix,
];

impl Operator {
    /// The operator of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        OPERATORS.iter().copied().find(|operator| operator.name() == name)
    }

    /// The name in a pattern.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AnythingBut => "anything-but",
            Self::Cidr => "cidr",
            Self::EqualsIgnoreCase => "equals-ignore-case",
            Self::Exists => "exists",
            Self::Numeric => "numeric",
            Self::Prefix => "prefix",
            Self::Suffix => "suffix",
            Self::Wildcard => "wildcard",
        }
    }
}
