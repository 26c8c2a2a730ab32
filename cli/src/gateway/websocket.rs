//! A WebSocket API, pure: what it routes where, and what it tells clients by itself.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use crate::regions;

/// The route of a new connection.
pub(crate) const CONNECT: &str = "$connect";
/// The route of a connection that has ended.
pub(crate) const DISCONNECT: &str = "$disconnect";
/// The route of messages that no other route takes.
const DEFAULT: &str = "$default";
/// The part of a selection expression before the path into the body.
const BODY: &str = "$request.body.";

/// A WebSocket API in front of a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebSocketApi {
    /// The API's identifier, ten lower-case letters and digits.
    pub(crate) api_id: String,
    /// The deployed stage, which is the path that clients connect to.
    pub(crate) stage: String,
    /// The region in names.
    pub(crate) region: String,
    /// The route keys.
    pub(crate) routes: Vec<String>,
    /// The route keys with a route response: the function's response goes to the client.
    pub(crate) responses: Vec<String>,
    /// The route selection expression, such as `$request.body.action`.
    pub(crate) selection: String,
    /// How long it waits for the function.
    pub(crate) timeout: Duration,
}

/// A connection of a client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Connection {
    /// Its id.
    pub(crate) id: String,
    /// When the client connected.
    pub(crate) connected_at: SystemTime,
    /// The client's address.
    pub(crate) source_ip: IpAddr,
    /// The client's `User-Agent`.
    pub(crate) user_agent: Option<String>,
}

impl WebSocketApi {
    /// Whether a route key has a route.
    pub(crate) fn has_route(&self, key: &str) -> bool {
        self.routes.iter().any(|route| route == key)
    }

    /// Whether the function's response to a route goes to the client.
    pub(crate) fn responds(&self, key: &str) -> bool {
        self.responses.iter().any(|route| route == key)
    }

    /// The route of a message; `None` if no route takes it.
    ///
    /// The key is the value of the field that the selection expression names, in a message that is JSON.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html>
    pub(crate) fn route_of(&self, message: &str) -> Option<&str> {
        let selected = selected(&self.selection, message);
        let is_selected = |route: &&String| !route.starts_with('$') && Some(route.as_str()) == selected.as_deref();
        let route = self.routes.iter().find(is_selected).map(String::as_str);
        route.or_else(|| self.has_route(DEFAULT).then_some(DEFAULT))
    }

    /// The path that clients connect to.
    pub(crate) fn path(&self) -> String {
        format!("/{}", self.stage)
    }

    /// The host that AWS would give it.
    pub(crate) fn domain_name(&self) -> String {
        let Self { api_id, region, .. } = self;
        format!("{api_id}.execute-api.{region}.{}", regions::partition(region).dns_suffix)
    }
}

/// The value of the field that a selection expression names.
fn selected(selection: &str, message: &str) -> Option<String> {
    let document: Value = serde_json::from_str(message).ok()?;
    let path = selection.strip_prefix(BODY)?;
    let value = path.split('.').try_fold(&document, |value, name| value.get(name))?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Why a message has no response of the function's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RouteError {
    /// No route takes the message.
    NoRoute,
    /// The function failed.
    Function,
    /// The function took too long.
    Timeout,
}

impl RouteError {
    /// The message that the client gets.
    pub(crate) fn message(self, connection_id: &str, request_id: &str) -> String {
        let text = match self {
            Self::NoRoute => "Forbidden",
            Self::Function => "Internal server error",
            Self::Timeout => "Endpoint request timed out",
        };
        format!(r#"{{"message": "{text}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#)
    }

    /// The status of a handshake that is refused for it.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::NoRoute => 403,
            Self::Function => 502,
            Self::Timeout => 504,
        }
    }
}

/// A connection as the management API describes it; times are in ISO 8601.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>
pub(crate) fn description(connection: &Connection, connected_at: &str, last_active_at: &str) -> String {
    let Connection { source_ip, user_agent, .. } = connection;
    json!({
        "connectedAt": connected_at,
        "identity": { "sourceIp": source_ip, "userAgent": user_agent },
        "lastActiveAt": last_active_at,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn a_message_goes_to_the_route_that_its_field_names() {
        let api = sample::websocket(&["$connect", "$default", "send", "1"]);
        for (message, expected) in [
            (r#"{"action":"send"}"#, "send"),
            (r#"{"action":1}"#, "1"),
            (r#"{"action":"other"}"#, "$default"),
            (r#"{"action":"$connect"}"#, "$default"),
            (r#"{"action":null}"#, "$default"),
            (r#"["send"]"#, "$default"),
            ("send", "$default"),
            ("", "$default"),
        ] {
            assert_eq!(api.route_of(message), Some(expected), "{message}");
        }
        assert_eq!(sample::websocket(&["$connect", "send"]).route_of("hello"), None);
    }

    #[test]
    fn a_selection_may_lead_deeper_into_the_message() {
        let mut api = sample::websocket(&["join"]);
        api.selection = "$request.body.message.type".into();
        assert_eq!(api.route_of(r#"{"message":{"type":"join"}}"#), Some("join"));
        assert_eq!(api.route_of(r#"{"type":"join"}"#), None);
    }

    #[test]
    fn an_error_is_json_with_the_ids() {
        let text = RouteError::Function.message("c=", "r=");
        assert_eq!(text, r#"{"message": "Internal server error", "connectionId":"c=", "requestId":"r="}"#);
        assert!(serde_json::from_str::<Value>(&text).is_ok());
    }
}
