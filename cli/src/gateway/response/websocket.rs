//! Responses behind a WebSocket API: a status, which decides on a handshake, and a body for the client.

use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::field::{self, Malformed, Pairs};

/// The header in which an application chooses the subprotocol of a connection.
const PROTOCOL: &str = "sec-websocket-protocol";

/// The function's response to an event of a WebSocket API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebSocketResponse {
    /// The status; of a handshake 2xx accepts it.
    pub(crate) status: StatusCode,
    /// The subprotocol of the connection.
    pub(crate) protocol: Option<HeaderValue>,
    /// The text for the client, where the route has a response.
    pub(crate) body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: Option<Value>,
    headers: Option<Pairs>,
    body: Option<String>,
}

/// Parses the function's JSON.
///
/// # Errors
/// Why it is none that a WebSocket API takes.
pub(crate) fn parse_websocket(payload: &[u8]) -> Result<WebSocketResponse, String> {
    let parse = || -> Result<WebSocketResponse, Malformed> {
        let answer: Answer = serde_json::from_slice(payload)?;
        let headers = answer.headers.unwrap_or_default();
        let protocol = headers.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(PROTOCOL));
        Ok(WebSocketResponse {
            status: field::status(&answer.status_code.unwrap_or_default(), true)?,
            protocol: protocol.and_then(|(_, value)| HeaderValue::from_str(value.as_str()?).ok()),
            body: answer.body.unwrap_or_default(),
        })
    };
    parse().map_err(|Malformed(reason)| format!("the function's response {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_a_status_and_perhaps_a_body_and_a_protocol() {
        let parsed = parse_websocket(br#"{"statusCode":200}"#).unwrap();
        assert_eq!((parsed.status, parsed.protocol, &*parsed.body), (StatusCode::OK, None, ""));
        let text = br#"{"statusCode":"403","headers":{"Sec-WebSocket-Protocol":"chat"},"body":"no"}"#;
        let parsed = parse_websocket(text).unwrap();
        assert_eq!(parsed.status, StatusCode::FORBIDDEN);
        assert_eq!((parsed.protocol.unwrap(), &*parsed.body), (HeaderValue::from_static("chat"), "no"));
    }

    #[test]
    fn a_response_without_a_status_is_malformed() {
        for text in [&b"null"[..], b"{}", b"\"hello\"", br#"{"statusCode":99}"#, b""] {
            assert!(parse_websocket(text).is_err_and(|reason| reason.starts_with("the function's response")));
        }
    }
}
