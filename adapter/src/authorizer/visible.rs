//! What an authorizer's handler is given of a request: all of it, or its identity sources alone.

use crate::contract;

/// The parts of a request that a handler is given.
///
/// API Gateway keeps an answer for a time under the values of the identity sources, and gives it to every request with the same
/// values. A handler that saw more could decide by what the next request has not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Visible {
    /// The whole request: its answer is for this request alone.
    All,
    /// The identity sources, such as `header.authorization`, in lower case where the name of a header is.
    Sources(Vec<String>),
}

impl Visible {
    /// Reads the value of [`contract::variable::AUTHORIZER`]. What is no identity source names nothing, and so shows nothing.
    pub(crate) fn from_variable(value: &str) -> Self {
        let value = value.trim();
        if value == contract::WHOLE_REQUEST {
            return Self::All;
        }
        let source = |source: &str| match source.trim().split_once('.') {
            Some(("header", name)) => format!("header.{}", name.to_ascii_lowercase()),
            _ => source.trim().to_owned(),
        };
        Self::Sources(value.split(',').map(source).collect())
    }

    /// Whether the whole request is shown.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Whether one part is shown: `kind` is `header`, `query`, `stage_variable` or `context`; a header's name is in lower
    /// case.
    pub(crate) fn has(&self, kind: &str, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Sources(sources) => {
                sources.iter().any(|source| source.split_once('.').is_some_and(|known| known == (kind, name)))
            }
        }
    }
}
