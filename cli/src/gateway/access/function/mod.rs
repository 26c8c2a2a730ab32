//! Authorizers that are functions, as plain data: what they are asked with, and when.

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

impl RequestPart {
    /// Parses an expression of a REST API, such as `method.request.header.X`, or of an HTTP API, such as `$request.header.X`.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        let text = expression.trim().trim_start_matches('$').trim_start_matches("method.");
        let forms: [(&str, fn(String) -> Self); 4] = [
            ("request.header.", Self::Header),
            ("request.querystring.", Self::Query),
            ("stageVariables.", Self::StageVariable),
            ("context.", Self::Context),
        ];
        forms.into_iter().find_map(|(form, part)| text.strip_prefix(form).map(|name| part(name.to_owned())))
    }
}
