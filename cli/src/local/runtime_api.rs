//! The Lambda Runtime API of one instance, over HTTP/1.1 on a loopback port of its own.
//!
//! It speaks the protocol; the pool decides which instance gets which event.

use std::{
    convert::Infallible,
    future::pending,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::{
    body::{self, ReadError},
    extension_api,
    instance::Instance,
    instances::Instances,
    invocation::{Chunk, FunctionFailure, Outcome, StreamError, Streamed},
    reply::{JSON, Reply, accepted, conflict_reply, error_reply},
    web_page,
};
use crate::lambda;

/// The bytes that are drained of a rejected response before the connection is closed.
const DRAIN_LIMIT: usize = 256 << 20;
/// The chunks of a streamed response that wait for a slow client.
const CHUNKS: usize = 16;

const RUNTIME: &str = "/2018-06-01/runtime/";
const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

#[derive(Clone)]
pub(super) struct Api {
    instances: Arc<Instances>,
    pub(super) instance: Arc<Instance>,
    pub(super) function_name: Arc<str>,
    timeout: Duration,
}

/// Serves until it is aborted, its connections with it.
pub(crate) async fn serve(
    listener: TcpListener,
    instances: Arc<Instances>,
    instance: Arc<Instance>,
    function_name: Arc<str>,
) {
    let timeout = instances.function().timeout;
    let api = Api { instances, instance, function_name, timeout };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // Out of file descriptors, or gone before it was taken: the process will try again.
                let Ok((stream, _)) = accepted else { continue };
                // Only a socket that is closed already refuses this.
                let _ = stream.set_nodelay(true);
                let api = api.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let api = api.clone();
                        async move { Ok::<_, Infallible>(api.respond(request).await) }
                    });
                    // A broken connection is noticed where a request or response was expected on it.
                    let _ = http1::Builder::new()
                        .auto_date_header(false)
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Api {
    async fn respond(&self, request: Request<Incoming>) -> Reply {
        if let Some(reason) = web_page::refusal(&request) {
            return error_reply(StatusCode::FORBIDDEN, "AccessDenied", reason);
        }
        let is_post = request.method() == Method::POST;
        let path = request.uri().path();
        let Some(rest) = path.strip_prefix(RUNTIME) else {
            return extension_api::respond(self, request).await;
        };
        if request.method() == Method::GET && rest == "invocation/next" {
            return self.next().await;
        }
        if is_post && rest == "init/error" {
            return self.init_error(request).await;
        }
        match rest.strip_prefix("invocation/").and_then(|rest| rest.split_once('/')) {
            Some((id, "response")) if is_post => {
                let id = id.to_owned();
                self.response(&id, request).await
            }
            Some((id, "error")) if is_post => {
                let id = id.to_owned();
                self.error(&id, request).await
            }
            _ => error_reply(StatusCode::NOT_FOUND, "NotFound", "no such resource in the Runtime API"),
        }
    }

    async fn next(&self) -> Reply {
        let before = match self.instance.ask() {
            Ok(before) => before,
            Err(conflict) => return conflict_reply(conflict),
        };
        let (sender, event) = oneshot::channel();
        self.instances.offer(&self.instance, before, sender);
        let Ok(invocation) = event.await else {
            // The instance is being stopped; its process learns it from a signal, not from a response that Lambda never
            // sends.
            return pending().await;
        };
        let deadline = deadline_ms(self.timeout);
        self.instance.extensions.send_invoke(|| {
            let event = json!({
                "eventType": "INVOKE",
                "deadlineMs": deadline,
                "requestId": invocation.request_id,
                "invokedFunctionArn": self.instances.arn().to_str().unwrap_or_default(),
                "tracing": { "type": "X-Amzn-Trace-Id", "value": invocation.trace_id },
            });
            Bytes::from(event.to_string())
        });
        let mut reply = Response::new(Full::new(invocation.payload));
        let headers = reply.headers_mut();
        headers.reserve(6);
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(DEADLINE, HeaderValue::from(deadline));
        headers.insert(ARN, self.instances.arn());
        for (name, value) in [(REQUEST_ID, invocation.request_id), (TRACE_ID, invocation.trace_id)] {
            if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
                headers.insert(name, value);
            }
        }
        reply
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Reply {
        if let Err(conflict) = self.instance.check(id) {
            return conflict_reply(conflict);
        }
        if request.headers().get(&RESPONSE_MODE).is_some_and(|mode| mode == "streaming") {
            return self.stream(id, request).await;
        }
        let mut incoming = request.into_body();
        match body::collect(&mut incoming, lambda::MAX_PAYLOAD).await {
            Ok(payload) => self.settle(id, Outcome::Buffered(payload), accepted()),
            Err(ReadError::TooLarge) => {
                body::drain(&mut incoming, DRAIN_LIMIT).await;
                let failure = FunctionFailure::too_large(lambda::MAX_PAYLOAD);
                let reply = error_reply(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLarge",
                    &format!("Exceeded maximum allowed payload size ({} bytes).", lambda::MAX_PAYLOAD),
                );
                self.settle(id, Outcome::Failed(failure), reply)
            }
            Err(ReadError::Broken) => {
                error_reply(StatusCode::BAD_REQUEST, "TruncatedResponse", "the response was cut off")
            }
        }
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Reply {
        if let Err(conflict) = self.instance.check(id) {
            return conflict_reply(conflict);
        }
        let document = document(request).await;
        self.settle(id, Outcome::Failed(FunctionFailure::reported(document)), accepted())
    }

    async fn init_error(&self, request: Request<Incoming>) -> Reply {
        self.instance.set_init_error(document(request).await);
        accepted()
    }

    /// Sends the outcome to the caller that waits for it.
    fn settle(&self, id: &str, outcome: Outcome, reply: Reply) -> Reply {
        match self.instance.begin_response(id) {
            Ok(responder) => {
                self.instances.note_response(&self.instance, id);
                // The client may be gone; Lambda finishes the invocation all the same.
                let _ = responder.send(outcome);
                reply
            }
            Err(conflict) => conflict_reply(conflict),
        }
    }

    async fn stream(&self, id: &str, request: Request<Incoming>) -> Reply {
        let responder = match self.instance.begin_response(id) {
            Ok(responder) => responder,
            Err(conflict) => return conflict_reply(conflict),
        };
        // Also when this future is dropped with its connection, the instance has responded.
        let _guard = ResponseGuard { api: self, request_id: id };
        let (head, mut incoming) = request.into_parts();
        let (sender, chunks) = mpsc::channel(CHUNKS);
        let content_type = head.headers.get(CONTENT_TYPE).cloned();
        let _ = responder.send(Outcome::Streamed(Streamed { content_type, chunks }));
        let mut sent = 0;
        while let Some(frame) = incoming.frame().await {
            let chunk = match frame {
                Err(_) => Chunk::Error(StreamError::Broken),
                Ok(frame) => match frame.into_data() {
                    Ok(data) => {
                        sent += data.len();
                        if sent > lambda::MAX_STREAM {
                            Chunk::Error(StreamError::TooLarge(lambda::MAX_STREAM))
                        } else {
                            Chunk::Data(data)
                        }
                    }
                    Err(frame) => match frame.into_trailers().ok().and_then(|trailers| trailer_error(&trailers)) {
                        Some(error) => Chunk::Error(error),
                        None => continue,
                    },
                },
            };
            let is_end = matches!(chunk, Chunk::Error(_));
            // A client that went away ends nothing: Lambda lets the function finish.
            let _ = sender.send(chunk).await;
            if is_end {
                body::drain(&mut incoming, DRAIN_LIMIT).await;
                return accepted();
            }
        }
        let _ = sender.send(Chunk::End).await;
        accepted()
    }
}

struct ResponseGuard<'a> {
    api: &'a Api,
    request_id: &'a str,
}

impl Drop for ResponseGuard<'_> {
    fn drop(&mut self) {
        self.api.instances.note_response(&self.api.instance, self.request_id);
    }
}

/// Reads the error that the trailers report.
fn trailer_error(trailers: &HeaderMap) -> Option<StreamError> {
    let kind = trailers.get(&ERROR_TYPE)?.to_str().unwrap_or("unknown").to_owned();
    let body = trailers.get(&ERROR_BODY).map(HeaderValue::as_bytes).unwrap_or_default();
    let decoded = base64_simd::STANDARD.decode_to_vec(body).ok();
    let document: Option<serde_json::Value> = decoded.and_then(|json| serde_json::from_slice(&json).ok());
    let message = document.as_ref().and_then(|document| document.get("errorMessage")?.as_str());
    Some(StreamError::Reported(match message {
        Some(message) => format!("{kind}: {message}"),
        None => kind,
    }))
}

async fn document(request: Request<Incoming>) -> Bytes {
    body::collect(&mut request.into_body(), lambda::MAX_PAYLOAD).await.unwrap_or_default()
}

fn deadline_ms(timeout: Duration) -> u64 {
    let deadline = SystemTime::now() + timeout;
    let since = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
