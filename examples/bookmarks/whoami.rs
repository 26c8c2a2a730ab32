//! The facts of a request as the server sees them, in the response.

use axum::{
    Json,
    body::Bytes,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Uri},
};
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// The headers that are echoed. `authorization` and `cookie` are secrets, and a proxy on the way adds others at will.
const ECHOED: [&str; 6] =
    ["accept", "accept-language", "content-type", "user-agent", "x-forwarded-proto", "x-greeting"];

#[derive(Serialize)]
pub(crate) struct Echo {
    method: String,
    path: String,
    query: Option<String>,
    client: IpAddr,
    headers: Vec<(&'static str, String)>,
    body_length: usize,
}

pub(crate) async fn echo(
    method: Method,
    uri: Uri,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Echo> {
    let echoed = ECHOED.into_iter().flat_map(|name| {
        let values = headers.get_all(name).into_iter();
        values.map(move |value| (name, String::from_utf8_lossy(value.as_bytes()).into_owned()))
    });
    Json(Echo {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        client: client.ip(),
        headers: echoed.collect(),
        body_length: body.len(),
    })
}
