//! Sample gateways, requests and stamps for tests.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{
    access::AccessTable,
    arrival::{Arrival, Stamp},
    websocket::{Connection, WebSocketApi},
    {Gateway, GatewayKind, Route, Routes},
};

/// Every kind of gateway.
pub(crate) const KINDS: [GatewayKind; 4] =
    [GatewayKind::Rest, GatewayKind::Http, GatewayKind::FunctionUrl, GatewayKind::Alb];

/// A gateway with nothing special set.
pub(crate) fn gateway(kind: GatewayKind) -> Gateway {
    let stage = if kind == GatewayKind::Rest { "dev" } else { "$default" };
    Gateway {
        kind,
        api_id: "a1b2c3d4e5".into(),
        stage: stage.into(),
        base_path: None,
        host: None,
        binary_media_types: Vec::new(),
        streaming: false,
        multi_value_headers: false,
        routes: Routes::default(),
        stage_variables: BTreeMap::new(),
        compression: None,
        cors: None,
        access: AccessTable::default(),
        timeout: Duration::from_secs(29),
        region: "us-east-1".into(),
        account_id: "123456789012".into(),
    }
}

/// A WebSocket API with routes and no responses.
pub(crate) fn websocket(routes: &[&str]) -> WebSocketApi {
    WebSocketApi {
        api_id: "a1b2c3d4e5".into(),
        stage: "dev".into(),
        region: "us-east-1".into(),
        routes: routes.iter().map(|route| (*route).to_owned()).collect(),
        responses: Vec::new(),
        selection: "$request.body.action".into(),
        timeout: Duration::from_secs(29),
    }
}

/// A connection of 12 March 2020.
pub(crate) fn connection() -> Connection {
    Connection {
        id: "L0SM9cOFvHcCIhw=".into(),
        connected_at: UNIX_EPOCH + Duration::from_secs(1_584_039_838),
        source_ip: [127, 0, 0, 1].into(),
        user_agent: Some("wscat".into()),
    }
}

/// The route that `METHOD /path` names; `ANY` is any method.
pub(crate) fn route(key: &str) -> Route {
    let (method, path) = key.split_once(' ').unwrap();
    Route { method: (method != "ANY").then(|| method.into()), path: path.into() }
}

/// A bare GET.
pub(crate) fn get(target: &str) -> Arrival {
    Arrival {
        method: Method::GET,
        target: target.into(),
        headers: headers(&[("host", "127.0.0.1:3000")]),
        body: Bytes::new(),
        client: "127.0.0.1:50000".parse().unwrap(),
        protocol: "HTTP/1.1",
        scheme: "http",
    }
}

/// A POST with a body and perhaps its type.
pub(crate) fn post(target: &str, content_type: Option<&str>, body: &[u8]) -> Arrival {
    let mut arrival = get(target);
    arrival.method = Method::POST;
    arrival.body = Bytes::copy_from_slice(body);
    arrival.headers.insert("content-length", body.len().into());
    if let Some(content_type) = content_type {
        arrival.headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
    }
    arrival
}

/// A header map, repeated names kept.
pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let parse = |&(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    let mut map = HeaderMap::new();
    for (name, value) in pairs.iter().map(parse) {
        map.append(name, value);
    }
    map
}

/// A stamp of 12 March 2020.
pub(crate) fn stamp() -> Stamp {
    Stamp {
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into(),
        extended_request_id: "JKJaXmPLvHcESHA=".into(),
        trace_id: "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e".into(),
        time: UNIX_EPOCH + Duration::from_millis(1_584_039_838_390),
    }
}
