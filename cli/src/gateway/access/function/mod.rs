//! Authorizers that are functions: what they are asked with, what their answer means, and how a gateway refuses.

mod answer;
mod fault;
mod question;

use std::fmt;

pub(crate) use self::{answer::Answer, fault::FunctionFault, question::Question};

/// An authorizer that is a function.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FunctionRules {
    /// Its name in the settings.
    pub(crate) name: String,
    /// The function of the stage that decides, by its name in the settings; `None` for one outside of the stage.
    pub(crate) function: Option<String>,
    /// Whether it is given the one identity source alone, as a token.
    pub(crate) is_token: bool,
    /// The parts of a request without which it is refused.
    pub(crate) sources: Vec<RequestPart>,
    /// The regular expression that a token matches.
    pub(crate) validation: Option<String>,
    /// How long its answer is kept, in seconds.
    pub(crate) ttl_seconds: u64,
}

/// A part of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RequestPart {
    Header(String),
    Query(String),
    StageVariable(String),
    Context(String),
}

/// As in the settings.
impl fmt::Display for RequestPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header.{name}"),
            Self::Query(name) => write!(f, "query.{name}"),
            Self::StageVariable(name) => write!(f, "stage_variable.{name}"),
            Self::Context(name) => write!(f, "context.{name}"),
        }
    }
}

impl RequestPart {
    /// Parses an expression of a REST API, such as `method.request.header.X`, or of an HTTP API, such as `$request.header.X`.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        let text = expression.trim().trim_start_matches('$').trim_start_matches("method.");
        let name = |form: &str| text.strip_prefix(form).map(str::to_owned);
        name("request.header.")
            .map(Self::Header)
            .or_else(|| name("request.querystring.").map(Self::Query))
            .or_else(|| name("stageVariables.").map(Self::StageVariable))
            .or_else(|| name("context.").map(Self::Context))
    }
}
