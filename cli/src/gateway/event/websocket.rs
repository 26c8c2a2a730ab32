//! Events of a WebSocket API.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>
//! and <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde::Serialize;

use super::{
    header::{Headers, Rule},
    query::{Last, Query},
};
use crate::gateway::{
    arrival::{Arrival, Stamp},
    date,
    websocket::{CONNECT, Connection, DISCONNECT, WebSocketApi},
};

/// What of the handshake does not reach the function: it is of the connection to the gateway.
const DROPPED: &[&str] = &["connection", "content-length", "keep-alive", "te", "transfer-encoding", "upgrade"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Last<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<&'a BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Last<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<&'a BTreeMap<String, Vec<String>>>,
    request_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    event_type: &'static str,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: u64,
    request_time_epoch: u64,
    identity: Identity<'a>,
    request_id: &'a str,
    domain_name: String,
    connection_id: &'a str,
    api_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    source_ip: IpAddr,
}

impl<'a> Context<'a> {
    fn new(api: &'a WebSocketApi, connection: &'a Connection, stamp: &'a Stamp, event_type: &'static str) -> Self {
        Self {
            route_key: CONNECT,
            message_id: None,
            disconnect_status_code: None,
            event_type,
            extended_request_id: &stamp.extended_request_id,
            request_time: date::format(stamp.epoch_millis()),
            message_direction: "IN",
            disconnect_reason: None,
            stage: &api.stage,
            connected_at: millis(connection.connected_at),
            request_time_epoch: stamp.epoch_millis(),
            identity: Identity { user_agent: connection.user_agent.as_deref(), source_ip: connection.source_ip },
            // Both are the same here, unlike in events of a REST API.
            request_id: &stamp.extended_request_id,
            domain_name: api.domain_name(),
            connection_id: &connection.id,
            api_id: &api.api_id,
        }
    }
}

/// Builds the event of a handshake.
pub(crate) fn connect(
    api: &WebSocketApi,
    connection: &Connection,
    arrival: &Arrival,
    stamp: &Stamp,
) -> serde_json::Result<Bytes> {
    let headers = Headers::new(arrival, stamp, Rule { dropped: DROPPED, capitalized: true });
    let query = Query::decoded_at_semicolons(arrival.query());
    let has_query = !query.is_empty();
    written(&Event {
        headers: Some(headers.last()),
        multi_value_headers: Some(headers.all()),
        query_string_parameters: has_query.then(|| query.last()),
        multi_value_query_string_parameters: has_query.then(|| query.all()),
        request_context: Context::new(api, connection, stamp, "CONNECT"),
        body: None,
        is_base64_encoded: false,
    })
}

/// Builds the event of a message.
pub(crate) fn message(
    api: &WebSocketApi,
    connection: &Connection,
    route: &str,
    (message_id, body): (&str, &str),
    stamp: &Stamp,
) -> serde_json::Result<Bytes> {
    written(&Event {
        headers: None,
        multi_value_headers: None,
        query_string_parameters: None,
        multi_value_query_string_parameters: None,
        request_context: Context {
            route_key: route,
            message_id: Some(message_id),
            ..Context::new(api, connection, stamp, "MESSAGE")
        },
        body: Some(body),
        is_base64_encoded: false,
    })
}

/// Builds the event of a connection that has ended, with the code and the reason of its end.
pub(crate) fn disconnect(
    api: &WebSocketApi,
    connection: &Connection,
    (code, reason): (u16, &str),
    stamp: &Stamp,
) -> serde_json::Result<Bytes> {
    let mut headers = Headers::default();
    headers.set("Host", api.domain_name());
    for name in ["x-api-key", "X-Forwarded-For", "x-restapi"] {
        headers.set(name, String::new());
    }
    written(&Event {
        headers: Some(headers.last()),
        multi_value_headers: Some(headers.all()),
        query_string_parameters: None,
        multi_value_query_string_parameters: None,
        request_context: Context {
            route_key: DISCONNECT,
            disconnect_status_code: Some(code),
            disconnect_reason: Some(reason),
            ..Context::new(api, connection, stamp, "DISCONNECT")
        },
        body: None,
        is_base64_encoded: false,
    })
}

fn written(event: &Event<'_>) -> serde_json::Result<Bytes> {
    serde_json::to_vec(event).map(Bytes::from)
}

fn millis(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::sample;

    fn parsed(event: serde_json::Result<Bytes>) -> Value {
        serde_json::from_slice(&event.unwrap()).unwrap()
    }

    fn context(key: &str, kind: &str) -> Value {
        json!({
            "routeKey": key,
            "eventType": kind,
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "12/Mar/2020:19:03:58 +0000",
            "messageDirection": "IN",
            "stage": "dev",
            "connectedAt": 1_584_039_838_000_u64,
            "requestTimeEpoch": 1_584_039_838_390_u64,
            "identity": { "userAgent": "wscat", "sourceIp": "127.0.0.1" },
            "requestId": "JKJaXmPLvHcESHA=",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "connectionId": "L0SM9cOFvHcCIhw=",
            "apiId": "a1b2c3d4e5",
        })
    }

    #[test]
    fn a_handshake_is_the_whole_document() {
        let mut arrival = sample::get("/dev?room=lobby&room=b");
        arrival.headers.extend(sample::headers(&[
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ]));
        let api = sample::websocket(&["$connect"]);
        let event = parsed(connect(&api, &sample::connection(), &arrival, &sample::stamp()));
        let expected = json!({
            "headers": {
                "Host": "127.0.0.1:3000",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
                "X-Amzn-Trace-Id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "X-Forwarded-For": "127.0.0.1",
                "X-Forwarded-Port": "3000",
                "X-Forwarded-Proto": "http",
            },
            "multiValueHeaders": {
                "Host": ["127.0.0.1:3000"],
                "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ=="],
                "Sec-WebSocket-Version": ["13"],
                "X-Amzn-Trace-Id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
                "X-Forwarded-For": ["127.0.0.1"],
                "X-Forwarded-Port": ["3000"],
                "X-Forwarded-Proto": ["http"],
            },
            "queryStringParameters": { "room": "b" },
            "multiValueQueryStringParameters": { "room": ["lobby", "b"] },
            "requestContext": context("$connect", "CONNECT"),
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn a_message_is_the_whole_document() {
        let api = sample::websocket(&["send"]);
        let body = r#"{"action":"send"}"#;
        let event = parsed(message(&api, &sample::connection(), "send", ("id=", body), &sample::stamp()));
        let mut context = context("send", "MESSAGE");
        context["messageId"] = json!("id=");
        assert_eq!(event, json!({ "requestContext": context, "body": body, "isBase64Encoded": false }));
    }

    #[test]
    fn a_disconnect_has_the_code_and_the_reason() {
        let api = sample::websocket(&["$disconnect"]);
        let event = parsed(disconnect(&api, &sample::connection(), (1001, "Going away"), &sample::stamp()));
        let host = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
        let mut context = context("$disconnect", "DISCONNECT");
        context["disconnectStatusCode"] = json!(1001);
        context["disconnectReason"] = json!("Going away");
        let expected = json!({
            "headers": { "Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" },
            "multiValueHeaders": { "Host": [host], "x-api-key": [""], "X-Forwarded-For": [""], "x-restapi": [""] },
            "requestContext": context,
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }
}
