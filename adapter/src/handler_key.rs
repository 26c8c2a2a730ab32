//! The key of a registered handler: its name or its source.

use std::fmt;

use crate::{cognito::CognitoTrigger, event::Source};

/// The key of a registered handler. A schedule cannot be called as a function, nor a function as a schedule.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Key {
    Schedule(String),
    Function(String),
    Task(String),
    Iot(String),
    Cognito(CognitoTrigger),
    #[cfg(feature = "custom-resource")]
    CustomResource(String),
    Source(Source),
}

impl Key {
    /// The name in backticks, if it is registered by name.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Schedule(name) | Self::Function(name) | Self::Task(name) | Self::Iot(name) => {
                Some(format!("`{name}`"))
            }
            Self::Cognito(trigger) => Some(format!("`{trigger}`")),
            #[cfg(feature = "custom-resource")]
            Self::CustomResource(name) => Some(format!("`{name}`")),
            Self::Source(_) => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule(name) => write!(f, "schedule `{name}`"),
            Self::Function(name) => write!(f, "function `{name}`"),
            Self::Task(name) => write!(f, "task `{name}`"),
            Self::Iot(name) => write!(f, "IoT rule `{name}`"),
            Self::Cognito(trigger) => write!(f, "Cognito trigger `{trigger}`"),
            #[cfg(feature = "custom-resource")]
            Self::CustomResource(name) => write!(f, "custom resource `{name}`"),
            Self::Source(source) => write!(f, "{source} events"),
        }
    }
}
