//! WebSocket API: events have no path, so the route key is the path: `/$connect`, `/$disconnect`, `/$default`,
//! `/sendMessage`.
//!
//! The handshake is the client's own `GET`, with its headers and query; messages and the disconnect event are `POST`s.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{json_str::JsonStr, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>) -> HttpFields<'a> {
    let context = fields.context.as_ref();
    let is_handshake = context.and_then(|context| context.event_type).is_some_and(|kind| kind.raw() == "CONNECT");
    let route = text_or_empty(context.and_then(|context| context.route_key));
    let path = format!("/{}", route.trim_start_matches('/'));
    let path = path::encode(&path);
    HttpFields {
        method: Some(JsonStr::plain(if is_handshake { "GET" } else { "POST" })),
        target: Target::new(&path, &path, |target| query::push_decoded(target, fields.multi_query, fields.query)),
        peer: context.and_then(|context| context.source_ip),
    }
}
