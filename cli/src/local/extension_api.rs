//! The Lambda Extensions API on the same port: registering, and waiting for events.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::{
    body,
    reply::{Reply, error_reply, json_reply},
    runtime_api::Api,
    stamp,
};

const IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");
const NAME: HeaderName = HeaderName::from_static("lambda-extension-name");
/// What an extension may say about itself.
const LIMIT: usize = 64 << 10;

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    events: Vec<String>,
}

pub(super) async fn respond(api: &Api, request: Request<Incoming>) -> Reply {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/2020-01-01/extension/register") => register(api, request).await,
        (&Method::GET, "/2020-01-01/extension/event/next") => next(api, &request).await,
        (&Method::POST, "/2020-01-01/extension/init/error" | "/2020-01-01/extension/exit/error") => {
            let mut reply = json_reply(Bytes::from_static(b"{\"status\":\"OK\"}"));
            *reply.status_mut() = StatusCode::ACCEPTED;
            reply
        }
        _ => {
            error_reply(StatusCode::NOT_FOUND, "NotFound", "no such resource in the Runtime API or the Extensions API")
        }
    }
}

async fn register(api: &Api, request: Request<Incoming>) -> Reply {
    if !request.headers().contains_key(&NAME) {
        return error_reply(
            StatusCode::FORBIDDEN,
            "Extension.InvalidExtensionName",
            "the header Lambda-Extension-Name is missing",
        );
    }
    let body = body::collect(&mut request.into_body(), LIMIT).await.unwrap_or_default();
    let registration =
        if body.is_empty() { Ok(Registration { events: Vec::new() }) } else { serde_json::from_slice(&body) };
    let Ok(Registration { events }) = registration else {
        return error_reply(
            StatusCode::BAD_REQUEST,
            "InvalidRequestFormat",
            "the body is not a JSON object with `events`",
        );
    };
    if events.iter().any(|event| event == "SHUTDOWN") {
        // All extensions here live inside the runtime's process, and Lambda notifies those by SIGTERM alone.
        return error_reply(
            StatusCode::FORBIDDEN,
            "ShutdownEventNotSupportedForInternalExtension",
            "an extension inside the process cannot register for SHUTDOWN",
        );
    }
    let id = stamp::uuid();
    let reply = json!({
        "functionName": &*api.function_name,
        "functionVersion": "$LATEST",
        "handler": "bootstrap",
    });
    let mut reply = json_reply(Bytes::from(reply.to_string()));
    if let Ok(value) = HeaderValue::from_str(&id) {
        reply.headers_mut().insert(IDENTIFIER, value);
    }
    api.instance.extensions.register(id, events.iter().any(|event| event == "INVOKE"));
    reply
}

async fn next(api: &Api, request: &Request<Incoming>) -> Reply {
    let id = request.headers().get(&IDENTIFIER).and_then(|id| id.to_str().ok());
    let extension = id.and_then(|id| api.instance.extensions.find(id));
    let event = match extension {
        Some(extension) => extension.next().await,
        None => None,
    };
    match event {
        Some(event) => json_reply(event),
        None => error_reply(
            StatusCode::FORBIDDEN,
            "Extension.UnknownExtensionIdentifier",
            "no extension has registered with this identifier",
        ),
    }
}
