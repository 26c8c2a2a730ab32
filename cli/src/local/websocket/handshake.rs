//! The handshake: `$connect` decides, and its refusal is the response to the client.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use hyper::body::Incoming;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{call::call, connection};
use crate::{
    gateway::{
        arrival::{self, Arrival},
        event::websocket as event,
        websocket::{CONNECT, Connection, RouteError, WebSocketApi},
    },
    local::{body::ResponseBody, cloud::Cloud, line::Line, stamp},
};

/// The version of the protocol in every handshake.
const VERSION: &str = "13";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Whether a request asks for a connection.
pub(in crate::local) fn is_handshake<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET && arrival::asks_for_websocket(request.headers())
}

/// Responds to a handshake.
pub(in crate::local) async fn respond(
    cloud: &Arc<Cloud>,
    api: &Arc<WebSocketApi>,
    mut request: Request<Incoming>,
    client: SocketAddr,
) -> Response<ResponseBody> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    let arrival = Arrival {
        method: head.method,
        target: head.uri.to_string(),
        headers: head.headers,
        body: Bytes::new(),
        client,
        protocol: "HTTP/1.1",
        scheme: "http",
    };
    let line = Line::new(Arc::clone(&cloud.progress), "CONNECT", CONNECT);
    if arrival.path().trim_end_matches('/') != api.path() {
        let hint = format!("clients of the WebSocket API connect to `{}`", api.path());
        line.failure(&format!("`{}` is not its path", arrival.path()), Some(&hint));
        line.end(403, None);
        return refusal(403, r#"{"message":"Forbidden"}"#.to_owned());
    }
    let key = arrival.headers.get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let accept = key.and_then(|key| HeaderValue::from_str(&key).ok());
    let Some(accept) = accept.filter(|_| arrival.header(SEC_WEBSOCKET_VERSION.as_str()).as_deref() == Some(VERSION))
    else {
        line.failure("the handshake is not one of version 13 (RFC 6455)", None);
        line.end(400, None);
        return refusal(400, r#"{"message":"Bad Request"}"#.to_owned());
    };
    let stamp = stamp::now();
    let connection = Connection {
        id: stamp::connection_id(),
        connected_at: stamp.time,
        source_ip: client.ip().to_canonical(),
        user_agent: arrival.header("user-agent").map(|text| text.into_owned()),
    };
    let request_id = stamp.extended_request_id.clone();
    let mut protocol = None;
    if api.has_route(CONNECT) {
        let event = event::connect(api, &connection, &arrival, &stamp);
        match call(cloud, api, line, event, stamp).await {
            Ok(response) if response.status.is_success() => protocol = response.protocol,
            Ok(response) => return refusal(response.status.as_u16(), String::new()),
            Err(error) => return failure(error, &connection, &request_id),
        }
    } else {
        line.end(101, None);
    }
    // From here on it is known, so that no post of another handler finds it gone: the frames wait for the upgrade.
    let opened = cloud.connections.add(connection);
    tokio::spawn(connection::run(Arc::clone(cloud), Arc::clone(api), opened, upgrade));
    switch(accept, protocol, &request_id)
}

/// The response that ends HTTP on the connection.
fn switch(accept: HeaderValue, protocol: Option<HeaderValue>, request_id: &str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

fn failure(error: RouteError, connection: &Connection, request_id: &str) -> Response<ResponseBody> {
    refusal(error.status(), error.message(&connection.id, request_id))
}

fn refusal(status: u16, body: String) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
