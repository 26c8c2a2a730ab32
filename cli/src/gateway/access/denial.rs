//! How a gateway refuses a request that it does not let in: status, type and bytes as AWS sends them.
//!
//! The types and statuses of a REST API:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use bytes::Bytes;
use http::StatusCode;

use crate::gateway::{Gateway, GatewayKind, arrival::Stamp, error_response::ErrorResponse, refusal::Refusal};

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Denial {
    /// There were too many requests.
    Throttled,
}

impl Denial {
    /// The gateway's response, with the reason for the terminal.
    pub(crate) fn refuse(self, gateway: &Gateway, stamp: &Stamp, reason: String) -> Refusal {
        Refusal::of_the_api(gateway, stamp, self.response(gateway.kind), reason)
    }

    fn response(self, kind: GatewayKind) -> ErrorResponse {
        let (status, error, body) = match self {
            Self::Throttled => {
                (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", r#"{"message":"Too Many Requests"}"#)
            }
        };
        // An HTTP API names no types.
        let error = Some(error).filter(|_| kind != GatewayKind::Http);
        ErrorResponse { status, media: "application/json", error, body: Bytes::from_static(body.as_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn a_throttled_request_is_refused_as_aws_does() {
        for (kind, error) in [(GatewayKind::Rest, Some("TooManyRequestsException")), (GatewayKind::Http, None)] {
            let refusal = Denial::Throttled.refuse(&sample::gateway(kind), &sample::stamp(), "too many".to_owned());
            assert_eq!(refusal.response.status(), 429);
            assert_eq!(refusal.response.body(), r#"{"message":"Too Many Requests"}"#);
            let header = |name| refusal.response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header("x-amzn-errortype"), error);
            assert_eq!(header("content-type"), Some("application/json"));
            assert_eq!(refusal.reason, "too many");
        }
    }
}
