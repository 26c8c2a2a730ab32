//! How a gateway refuses a request that it does not let in: status, type and bytes as AWS sends them.
//!
//! The types and statuses of a REST API:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>, and their words
//! <https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden>. An HTTP API has one word for each status, and
//! names no types: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html>.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::json;

use super::{
    signature::{Fault, FaultKind},
    token::TokenFault,
};
use crate::gateway::{Gateway, GatewayKind, arrival::Stamp, error_response::ErrorResponse, refusal::Refusal};

/// Why a request is not let in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Denial {
    /// It has no API key, or one that is not accepted.
    Forbidden {
        /// The reason for the terminal.
        reason: String,
    },
    /// The quota of its API key is used up.
    QuotaExceeded {
        /// The reason for the terminal.
        reason: String,
    },
    /// There were too many requests.
    Throttled {
        /// The reason for the terminal.
        reason: String,
    },
    /// Its signature is missing or refused.
    Signature(Fault),
    /// Its token is missing or refused.
    Token {
        fault: TokenFault,
        /// The scopes of the route.
        scopes: Vec<String>,
        /// The reason for the terminal.
        reason: String,
    },
}

/// What a client gets: the status, and the error's type and message.
struct Wording {
    status: StatusCode,
    error: &'static str,
    message: String,
}

impl Denial {
    /// The gateway's response, with the reason for the terminal.
    pub(crate) fn refuse(self, gateway: &Gateway, stamp: &Stamp) -> Refusal {
        let wording = self.wording(gateway.kind);
        let challenge = self.challenge(gateway.kind);
        let key = match (&self, gateway.kind) {
            // Lambda writes its own word with a capital, and those about signatures without.
            (Self::Signature(Fault { kind: FaultKind::Missing, .. }), GatewayKind::FunctionUrl) => "Message",
            _ => "message",
        };
        let response = ErrorResponse {
            status: wording.status,
            media: "application/json",
            error: Some(wording.error).filter(|_| gateway.kind != GatewayKind::Http),
            body: Bytes::from(json!({ key: wording.message }).to_string()),
        };
        let reason = match self {
            Self::Forbidden { reason }
            | Self::QuotaExceeded { reason }
            | Self::Throttled { reason }
            | Self::Token { reason, .. } => reason,
            Self::Signature(fault) => fault.reason,
        };
        let mut refusal = Refusal::of_the_api(gateway, stamp, response, reason);
        if let Some(challenge) = challenge {
            refusal.response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        refusal
    }

    fn wording(&self, kind: GatewayKind) -> Wording {
        let say = |status, error, message: &str| Wording { status, error, message: message.to_owned() };
        match self {
            Self::Forbidden { .. } => say(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden"),
            Self::QuotaExceeded { .. } => {
                say(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", "Limit Exceeded")
            }
            Self::Throttled { .. } => {
                say(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Too Many Requests")
            }
            Self::Signature(fault) => match kind {
                GatewayKind::Http => say(StatusCode::FORBIDDEN, "", "Forbidden"),
                GatewayKind::FunctionUrl if fault.kind == FaultKind::Missing => {
                    say(StatusCode::FORBIDDEN, "AccessDeniedException", "Forbidden")
                }
                _ => say(StatusCode::FORBIDDEN, fault.kind.error_type(), &fault.message),
            },
            Self::Token { fault, .. } => match (fault, kind) {
                (TokenFault::Unavailable, GatewayKind::Rest) => {
                    say(StatusCode::INTERNAL_SERVER_ERROR, "AuthorizerConfigurationException", "Internal server error")
                }
                (TokenFault::Unavailable, _) => say(StatusCode::INTERNAL_SERVER_ERROR, "", "Internal Server Error"),
                (TokenFault::Scope, _) => say(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden"),
                (TokenFault::ExpiredOfPool, GatewayKind::Rest) => {
                    say(StatusCode::UNAUTHORIZED, "UnauthorizedException", "The incoming token has expired")
                }
                _ => say(StatusCode::UNAUTHORIZED, "UnauthorizedException", "Unauthorized"),
            },
        }
    }

    /// The header by which an HTTP API says what a token lacks. AWS documents the one about the audience; those about a missing
    /// and a malformed token are known from its responses, the others are worded alike.
    fn challenge(&self, kind: GatewayKind) -> Option<HeaderValue> {
        let Self::Token { fault, scopes, .. } = self else { return None };
        if kind != GatewayKind::Http || *fault == TokenFault::Unavailable {
            return None;
        }
        let text = match fault {
            TokenFault::Missing => "Bearer".to_owned(),
            fault => {
                let error = if *fault == TokenFault::Scope { "insufficient_scope" } else { "invalid_token" };
                let scope = if *fault == TokenFault::Scope { scopes.join(" ") } else { String::new() };
                format!(r#"Bearer scope="{scope}" error="{error}" error_description="{}""#, fault.description())
            }
        };
        // Scopes of the settings that no header can hold leave the header out.
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    /// Status, type, body and challenge.
    fn refuse(kind: GatewayKind, denial: Denial) -> (u16, String, String, String) {
        let refusal = denial.refuse(&sample::gateway(kind), &sample::stamp());
        assert_eq!(refusal.reason, "because");
        let header = |name: &str| {
            refusal.response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        assert_eq!(header("content-type"), "application/json");
        let body = String::from_utf8(refusal.response.body().to_vec()).unwrap();
        (refusal.response.status().as_u16(), header("x-amzn-errortype"), body, header("www-authenticate"))
    }

    fn check(kind: GatewayKind, denial: &Denial, expected: (u16, &str, &str, &str)) {
        let (status, error, body, challenge) = refuse(kind, denial.clone());
        assert_eq!((status, error.as_str(), body.as_str(), challenge.as_str()), expected, "{kind:?} {denial:?}");
    }

    #[test]
    fn a_request_without_a_key_or_above_its_quota_is_refused_as_aws_does() {
        let reason = || "because".to_owned();
        let forbidden = (403, "ForbiddenException", r#"{"message":"Forbidden"}"#, "");
        check(GatewayKind::Rest, &Denial::Forbidden { reason: reason() }, forbidden);
        let exceeded = (429, "LimitExceededException", r#"{"message":"Limit Exceeded"}"#, "");
        check(GatewayKind::Rest, &Denial::QuotaExceeded { reason: reason() }, exceeded);
    }

    #[test]
    fn a_throttled_request_is_refused_as_aws_does() {
        let denial = Denial::Throttled { reason: "because".to_owned() };
        let body = r#"{"message":"Too Many Requests"}"#;
        check(GatewayKind::Rest, &denial, (429, "TooManyRequestsException", body, ""));
        check(GatewayKind::Http, &denial, (429, "", body, ""));
    }

    #[test]
    fn a_signature_is_refused_in_the_words_of_the_gateway() {
        for (kind, message, rest, url) in [
            (
                FaultKind::Missing,
                "Missing Authentication Token",
                ("MissingAuthenticationTokenException", r#"{"message":"Missing Authentication Token"}"#),
                ("AccessDeniedException", r#"{"Message":"Forbidden"}"#),
            ),
            (
                FaultKind::Invalid,
                "not that",
                ("InvalidSignatureException", r#"{"message":"not that"}"#),
                ("InvalidSignatureException", r#"{"message":"not that"}"#),
            ),
            (
                FaultKind::Incomplete,
                "not \"that\"",
                ("IncompleteSignatureException", r#"{"message":"not \"that\""}"#),
                ("IncompleteSignatureException", r#"{"message":"not \"that\""}"#),
            ),
        ] {
            let denial = Denial::Signature(Fault { kind, message: message.to_owned(), reason: "because".to_owned() });
            check(GatewayKind::Rest, &denial, (403, rest.0, rest.1, ""));
            check(GatewayKind::FunctionUrl, &denial, (403, url.0, url.1, ""));
            check(GatewayKind::Http, &denial, (403, "", r#"{"message":"Forbidden"}"#, ""));
        }
    }

    #[test]
    fn a_token_is_refused_in_the_words_of_the_gateway() {
        let unauthorized = r#"{"message":"Unauthorized"}"#;
        for (fault, status, error, body, http_body, challenge) in [
            (TokenFault::Missing, 401, "UnauthorizedException", unauthorized, unauthorized, "Bearer"),
            (
                TokenFault::Audience,
                401,
                "UnauthorizedException",
                unauthorized,
                unauthorized,
                r#"Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience""#,
            ),
            (
                TokenFault::ExpiredOfPool,
                401,
                "UnauthorizedException",
                r#"{"message":"The incoming token has expired"}"#,
                unauthorized,
                r#"Bearer scope="" error="invalid_token" error_description="the token has expired""#,
            ),
            (
                TokenFault::Scope,
                403,
                "ForbiddenException",
                r#"{"message":"Forbidden"}"#,
                r#"{"message":"Forbidden"}"#,
                r#"Bearer scope="read write" error="insufficient_scope" error_description="the token does not have a valid scope""#,
            ),
            (
                TokenFault::Unavailable,
                500,
                "AuthorizerConfigurationException",
                r#"{"message":"Internal server error"}"#,
                r#"{"message":"Internal Server Error"}"#,
                "",
            ),
        ] {
            let scopes = vec!["read".to_owned(), "write".to_owned()];
            let denial = Denial::Token { fault, scopes, reason: "because".to_owned() };
            check(GatewayKind::Rest, &denial, (status, error, body, ""));
            check(GatewayKind::Http, &denial, (status, "", http_body, challenge));
        }
    }
}
