//! How a gateway refuses a request that an authorizer does not let in.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use bytes::Bytes;
use http::StatusCode;

use crate::gateway::{Gateway, GatewayKind, arrival::Stamp, error_response::ErrorResponse, refusal::Refusal};

/// Why a request is not let in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FunctionFault {
    /// An identity source is missing.
    Missing { part: String },
    /// An identity source has several values.
    Repeated { part: String },
    /// The token does not match the expression of the settings.
    Mismatch { validation: String },
    /// The function says that nobody is known by these credentials.
    Unauthorized,
    /// The function refuses.
    Denied { is_explicit: bool },
    /// The function failed.
    Failed { reason: String },
    /// There is no function, or its response is none.
    Unusable { reason: String },
}

impl FunctionFault {
    /// The gateway's response, with the reason for the terminal; `name` is the authorizer's.
    pub(crate) fn refuse(&self, gateway: &Gateway, stamp: &Stamp, name: &str) -> Refusal {
        Refusal::of_the_api(gateway, stamp, self.response(gateway.kind), self.reason(name))
    }

    fn response(&self, kind: GatewayKind) -> ErrorResponse {
        let is_http = kind == GatewayKind::Http;
        let (status, error, body) = match self {
            Self::Missing { .. } | Self::Repeated { .. } | Self::Mismatch { .. } | Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "UnauthorizedException", r#"{"message":"Unauthorized"}"#)
            }
            Self::Denied { .. } if is_http => (StatusCode::FORBIDDEN, "", r#"{"message":"Forbidden"}"#),
            Self::Denied { is_explicit } => (
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                match is_explicit {
                    true => {
                        r#"{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#
                    }
                    false => r#"{"Message":"User is not authorized to access this resource"}"#,
                },
            ),
            Self::Failed { .. } | Self::Unusable { .. } if is_http => {
                (StatusCode::INTERNAL_SERVER_ERROR, "", r#"{"message":"Internal Server Error"}"#)
            }
            Self::Failed { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "AuthorizerConfigurationException", r#"{"message":null}"#)
            }
            Self::Unusable { .. } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "AuthorizerConfigurationException",
                r#"{"message":"Internal server error"}"#,
            ),
        };
        let error = Some(error).filter(|_| !is_http);
        ErrorResponse { status, media: "application/json", error, body: Bytes::from_static(body.as_bytes()) }
    }

    fn reason(&self, name: &str) -> String {
        match self {
            Self::Missing { part } => format!("authorizer `{name}`: the request has no `{part}`"),
            Self::Repeated { part } => format!(
                "authorizer `{name}`: the request has an identity source several times: `{part}`; AWS does not say which one \
                 counts, so send one"
            ),
            Self::Mismatch { validation } => format!("authorizer `{name}`: the token does not match `{validation}`"),
            Self::Unauthorized => format!("authorizer `{name}`: the function says `Unauthorized`"),
            Self::Denied { .. } => format!("authorizer `{name}`: the function refuses"),
            Self::Failed { reason } => format!("authorizer `{name}`: the function failed: {reason}"),
            Self::Unusable { reason } => format!("authorizer `{name}`: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn each_refusal_is_the_gateways_own() {
        let unauthorized = r#"{"message":"Unauthorized"}"#;
        for (fault, status, rest, http) in [
            (FunctionFault::Missing { part: "header.A".to_owned() }, 401, unauthorized, unauthorized),
            (FunctionFault::Repeated { part: "header.A".to_owned() }, 401, unauthorized, unauthorized),
            (FunctionFault::Unauthorized, 401, unauthorized, unauthorized),
            (
                FunctionFault::Denied { is_explicit: false },
                403,
                r#"{"Message":"User is not authorized to access this resource"}"#,
                r#"{"message":"Forbidden"}"#,
            ),
            (
                FunctionFault::Failed { reason: "x".to_owned() },
                500,
                r#"{"message":null}"#,
                r#"{"message":"Internal Server Error"}"#,
            ),
        ] {
            for (kind, body) in [(GatewayKind::Rest, rest), (GatewayKind::Http, http)] {
                let refusal = fault.refuse(&sample::gateway(kind), &sample::stamp(), "session");
                assert_eq!(
                    (refusal.response.status().as_u16(), &refusal.response.body()[..]),
                    (status, body.as_bytes())
                );
                let is_typed = refusal.response.headers().contains_key("x-amzn-errortype");
                assert_eq!(is_typed, kind == GatewayKind::Rest, "{fault:?}");
                assert!(refusal.reason.starts_with("authorizer `session`: "), "{}", refusal.reason);
            }
        }
    }
}
