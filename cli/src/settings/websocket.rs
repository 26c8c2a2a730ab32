//! The settings of a WebSocket API as types: `[stage.NAME.websocket]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::Throttle;

/// The route of a new connection.
pub(crate) const CONNECT: &str = "$connect";
/// The route of a connection that has ended.
pub(crate) const DISCONNECT: &str = "$disconnect";
/// The route of messages that no other route takes.
pub(crate) const DEFAULT: &str = "$default";

/// A WebSocket API of API Gateway beside the stage's gateway; its routes are paths of the app, such as `POST /send`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebSocket {
    /// The routes: `$connect`, `$disconnect`, `$default`, and names that `route_selection` finds in messages.
    pub(crate) routes: Vec<String>,
    /// The field of a JSON message that names its route.
    pub(crate) route_selection: String,
    /// The routes whose response's body is sent to the client; of others it is dropped.
    pub(crate) responses: Vec<String>,
    /// The most messages that each route lets through.
    pub(crate) throttle: Option<Throttle>,
}

impl Default for WebSocket {
    fn default() -> Self {
        Self {
            routes: [CONNECT, DISCONNECT, DEFAULT].map(str::to_owned).to_vec(),
            route_selection: "$request.body.action".to_owned(),
            responses: Vec::new(),
            throttle: None,
        }
    }
}
