//! Authorizers that are functions: what API Gateway gives them, and the function of the stack that one is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zappa_rs_adapter::contract;

use super::{Function, Stage, authorizer::Authorizer};

/// The longest that API Gateway keeps an answer, in seconds.
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html>
pub(crate) const MAX_TTL_SECONDS: u32 = 3600;
/// The identity source of an authorizer of the type `token` that names none.
pub(crate) const DEFAULT_TOKEN: &str = "header.Authorization";

/// What API Gateway gives an authorizer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthorizerType {
    /// The request without its body.
    #[default]
    Request,
    /// One header, on a REST API.
    Token,
}

/// A part of a request without which an authorizer is not asked, and under which its answer is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct IdentitySource<'a> {
    pub(crate) kind: SourcePart,
    pub(crate) name: &'a str,
}

/// Where an identity source is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SourcePart {
    Header,
    Query,
    StageVariable,
    Context,
}

impl<'a> IdentitySource<'a> {
    /// Parses `header.NAME`, `query.NAME`, `stage_variable.NAME` or `context.NAME`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (kind, name) = text.split_once('.')?;
        let kind = match kind {
            "header" => SourcePart::Header,
            "query" => SourcePart::Query,
            "stage_variable" => SourcePart::StageVariable,
            "context" => SourcePart::Context,
            _ => return None,
        };
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (!name.is_empty() && name.bytes().all(is_sign)).then_some(Self { kind, name })
    }

    /// Its expression in a REST API.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html>
    pub(crate) fn of_rest(&self) -> String {
        let place = match self.kind {
            SourcePart::Header => "method.request.header",
            SourcePart::Query => "method.request.querystring",
            SourcePart::StageVariable => "stageVariables",
            SourcePart::Context => "context",
        };
        format!("{place}.{}", self.name)
    }

    /// Its expression in an HTTP API.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
    pub(crate) fn of_http(&self) -> String {
        let place = match self.kind {
            SourcePart::Header => "request.header",
            SourcePart::Query => "request.querystring",
            SourcePart::StageVariable => "stageVariables",
            SourcePart::Context => "context",
        };
        format!("${place}.{}", self.name)
    }
}

impl Authorizer {
    /// Whether a function decides.
    pub(crate) fn is_function(&self) -> bool {
        self.function.is_some() || self.arn.is_some()
    }

    /// Its identity sources, as they are written.
    fn sources(&self) -> Vec<&str> {
        match self.identity_sources.is_empty() && self.kind() == AuthorizerType::Token {
            true => vec![DEFAULT_TOKEN],
            false => self.identity_sources.iter().map(String::as_str).collect(),
        }
    }

    /// Its identity sources.
    pub(crate) fn identity(&self) -> Vec<IdentitySource<'_>> {
        self.sources().into_iter().filter_map(IdentitySource::parse).collect()
    }

    /// What API Gateway gives it.
    pub(crate) fn kind(&self) -> AuthorizerType {
        self.kind.unwrap_or_default()
    }

    /// How long API Gateway keeps its answer, in seconds.
    pub(crate) fn ttl(&self) -> u32 {
        self.ttl_seconds.unwrap_or(0)
    }

    /// The value of [`contract::variable::AUTHORIZER`]: what its handler may see.
    fn given(&self) -> String {
        if self.ttl() == 0 { contract::WHOLE_REQUEST.to_owned() } else { self.sources().join(",") }
    }
}

impl Stage {
    /// Adds the functions of the authorizers that protect something to the further functions: each is one of these in all but
    /// its events.
    pub(super) fn adopt_authorizers(&mut self) {
        let functions: Vec<Function> = self.used_authorizers().filter_map(|(name, found)| of(name, found)).collect();
        self.functions.extend(functions);
    }
}

/// The function of an authorizer; `None` if it has none in the stack.
fn of(name: &str, authorizer: &Authorizer) -> Option<Function> {
    Some(Function {
        name: authorizer.function.clone()?,
        description: Some(format!("The authorizer {name}")),
        memory_size: authorizer.memory_size,
        timeout_seconds: authorizer.timeout_seconds,
        reserved_concurrency: authorizer.reserved_concurrency,
        authorizer: Some(authorizer.given()),
        ..Function::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_source_is_said_in_the_words_of_each_gateway() {
        for (text, rest, http) in [
            ("header.X-Key", "method.request.header.X-Key", "$request.header.X-Key"),
            ("query.key", "method.request.querystring.key", "$request.querystring.key"),
            ("stage_variable.tier", "stageVariables.tier", "$stageVariables.tier"),
            ("context.identity.sourceIp", "context.identity.sourceIp", "$context.identity.sourceIp"),
        ] {
            let source = IdentitySource::parse(text).unwrap();
            assert_eq!((&*source.of_rest(), &*source.of_http()), (rest, http));
        }
        for text in ["", "header", "header.", "cookie.a", "header.a,b", "header.a b", "$request.header.X"] {
            assert_eq!(IdentitySource::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_handler_whose_answers_are_kept_is_given_its_identity_sources() {
        let with_ttl = |ttl_seconds, kind| Authorizer {
            function: Some("session".to_owned()),
            kind,
            ttl_seconds,
            identity_sources: Vec::new(),
            ..Authorizer::default()
        };
        assert_eq!(with_ttl(None, None).given(), "*");
        assert_eq!(with_ttl(Some(0), Some(AuthorizerType::Token)).given(), "*");
        assert_eq!(with_ttl(Some(60), Some(AuthorizerType::Token)).given(), "header.Authorization");
        let keyed = Authorizer {
            identity_sources: vec!["header.X-Key".to_owned(), "query.k".to_owned()],
            ..with_ttl(Some(60), None)
        };
        assert_eq!(keyed.given(), "header.X-Key,query.k");
    }
}
