//! One request on its way through the cloud: arrival, event, instance, answer.
//!
//! What an event and an answer look like is decided next door; here they are carried.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header::CONTENT_TYPE};
use hyper::{body::Incoming, ext::ReasonPhrase};

use super::{
    body::{self, AnswerBody, ReadFault},
    credentials::CredentialSource,
    description::Description,
    instances::Instances,
    invocation::{FunctionFailure, Invocation, Outcome, Streamed},
    invoke_api,
    line::Line,
    running::Running,
    sharing, stamp,
    stream::{self, Beginning, Flow},
};
use crate::{
    gateway::{
        Gateway, GatewayKind,
        arrival::{Arrival, Stamp},
        event, limit,
        refusal::Refusal,
        response::{self, StatusDescription, Warning},
    },
    lambda,
    progress::Progress,
};

/// How long Lambda gives a process from its start to its first question.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// A gateway and its function, running.
pub(crate) struct Cloud {
    gateway: Gateway,
    pub(super) instances: Arc<Instances>,
    pub(super) progress: Arc<dyn Progress>,
}

impl Cloud {
    /// Brings a description to life. No process is started before a request needs one.
    pub(crate) fn new(
        description: Description,
        credentials: Arc<dyn CredentialSource>,
        progress: Arc<dyn Progress>,
    ) -> Arc<Self> {
        Self::with_init_limit(description, credentials, progress, INIT_LIMIT)
    }

    pub(crate) fn with_init_limit(
        description: Description,
        credentials: Arc<dyn CredentialSource>,
        progress: Arc<dyn Progress>,
        init_limit: Duration,
    ) -> Arc<Self> {
        let Description { gateway, function } = description;
        let instances = Instances::new(function, init_limit, credentials, Arc::clone(&progress));
        Arc::new(Self { gateway, instances, progress })
    }

    /// What answers from now on: another function, whose instances replace those of this one, behind its own gateway.
    pub(crate) fn replaced(&self, description: Description) -> Arc<Self> {
        let Description { gateway, function } = description;
        self.instances.replace(function);
        Arc::new(Self { gateway, instances: Arc::clone(&self.instances), progress: Arc::clone(&self.progress) })
    }

    /// Ends all processes.
    pub(crate) async fn stop(&self) {
        self.instances.stop().await;
    }

    /// Answers a request, whatever it asks for.
    pub(crate) async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<AnswerBody> {
        if let Some(function) = invoke_api::function_of(&request) {
            return invoke_api::answer(self, &function, request).await;
        }
        let line = Line::new(Arc::clone(&self.progress), request.method().as_str(), request.uri().path());
        let stamp = stamp::now();
        let arrival = match self.arrival(request, client, &stamp).await {
            Ok(arrival) => arrival,
            Err(refusal) => return refused(line, refusal, None),
        };
        if arrival.asks_for_websocket() {
            self.warn_of_upgrade();
        }
        let payload = match event::build(&self.gateway, &arrival, &stamp) {
            Ok(payload) => payload,
            Err(refusal) => return refused(line, refusal, None),
        };
        let invocation = Invocation { request_id: stamp.request_id.clone(), trace_id: stamp.trace_id.clone(), payload };
        let ended = self.ended(invocation);
        let ended = if self.gateway.streaming {
            Ok(ended.await)
        } else {
            tokio::time::timeout(self.gateway.timeout, ended).await
        };
        match ended {
            Err(_) => refused(line, Refusal::timeout(&self.gateway, &stamp), None),
            Ok(Err(failure)) => self.failed(line, &stamp, &failure, None),
            Ok(Ok((running, Outcome::Failed(failure)))) => self.failed(line, &stamp, &failure, Some(&running)),
            Ok(Ok((running, Outcome::Answered(payload)))) if self.gateway.streaming => {
                let hint = "the process answered whole, this gateway asked for a stream: is `ZAPPA_STREAMING` read?";
                self.progress.warning("the client gets the function's response uninterpreted", Some(hint));
                bare(line, payload, &running)
            }
            Ok(Ok((running, Outcome::Answered(payload)))) => {
                match response::parse(&self.gateway, &arrival, &stamp, &payload) {
                    Ok(response) if response.status().is_server_error() => {
                        self.explain(&running, &payload);
                        whole(line, response, Some(&running))
                    }
                    Ok(response) => whole(line, response, Some(&running)),
                    Err(refusal) => refused(line, refusal, Some(&running)),
                }
            }
            Ok(Ok((running, Outcome::Streamed(streamed)))) => {
                self.streamed(line, &stamp, &arrival.method, running, streamed).await
            }
        }
    }

    /// Invokes and waits. A stream that nobody wants is gathered here, where the gateway's timeout counts.
    async fn ended(&self, invocation: Invocation) -> Result<(Running, Outcome), FunctionFailure> {
        let request_id = invocation.request_id.clone();
        let mut running = self.instances.invoke(invocation).await?;
        let outcome =
            (&mut running.answer).await.unwrap_or_else(|_| Outcome::Failed(FunctionFailure::exited(&request_id, None)));
        match outcome {
            Outcome::Streamed(mut streamed) if !self.gateway.streaming => {
                let outcome = match stream::gathered(&mut streamed, lambda::MAX_PAYLOAD).await {
                    Ok(payload) => Outcome::Answered(payload),
                    Err(reason) => Outcome::Failed(FunctionFailure::reported(Bytes::from(
                        serde_json::json!({ "errorMessage": reason }).to_string(),
                    ))),
                };
                Ok((running, outcome))
            }
            outcome => Ok((running, outcome)),
        }
    }

    async fn arrival(&self, request: Request<Incoming>, client: SocketAddr, stamp: &Stamp) -> Result<Arrival, Refusal> {
        let (head, mut incoming) = request.into_parts();
        let body = match body::whole(&mut incoming, limit::request_body(self.gateway.kind)).await {
            Ok(body) => body,
            Err(ReadFault::TooLarge) => {
                // A client that is still writing would not read the answer if the connection closed under it.
                body::drain(&mut incoming, 4 * limit::request_body(self.gateway.kind)).await;
                return Err(Refusal::body_too_large(&self.gateway, stamp));
            }
            Err(ReadFault::Broken) => return Err(Refusal::cut_off(&self.gateway, stamp)),
        };
        let mut arrival = Arrival {
            method: head.method,
            target: head.uri.to_string(),
            headers: head.headers,
            body,
            client,
            protocol: if head.version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
            scheme: "http",
        };
        event::resolve_host(&mut arrival);
        if let Some(name) = &self.gateway.host {
            event::replace_host(&mut arrival, name);
        }
        Ok(arrival)
    }

    async fn streamed(
        &self,
        line: Line,
        stamp: &Stamp,
        method: &Method,
        running: Running,
        mut streamed: Streamed,
    ) -> Response<AnswerBody> {
        match stream::beginning(&mut streamed).await {
            Beginning::Prelude { json, rest } => match response::prelude(&self.gateway, method, stamp, &json) {
                Ok(head) if has_no_body(method, head.status) => {
                    whole(line, Response::from_parts(head, Bytes::new()), Some(&running))
                }
                Ok(head) => {
                    let flow = Flow::new(rest, streamed, running, head.status.as_u16(), line);
                    Response::from_parts(head, AnswerBody::Stream(Box::new(flow)))
                }
                Err(refusal) => refused(line, refusal, Some(&running)),
            },
            Beginning::Bare(_) if self.gateway.kind == GatewayKind::FunctionUrl && *method == Method::HEAD => {
                bare(line, Bytes::new(), &running)
            }
            Beginning::Bare(first) if self.gateway.kind == GatewayKind::FunctionUrl => {
                let flow = Flow::new(first, streamed, running, 200, line);
                let mut response = Response::new(AnswerBody::Stream(Box::new(flow)));
                let kind = HeaderValue::from_static("application/octet-stream");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            Beginning::Bare(_) => self.malformed(line, stamp, "the stream has no prelude", &running),
            Beginning::Cut(reason) => self.malformed(line, stamp, &reason, &running),
        }
    }

    /// Warns that the upgrade which the client asks for never reaches the application.
    fn warn_of_upgrade(&self) {
        let noun = match self.gateway.kind {
            GatewayKind::Rest => "a REST API",
            GatewayKind::Http => "an HTTP API",
            GatewayKind::FunctionUrl => "a Function URL",
            GatewayKind::Alb => "a load balancer before Lambda",
        };
        let hint = "use a WebSocket API of API Gateway, or server-sent events with `--streaming` behind a REST API or \
                    a Function URL";
        self.progress.warning(&format!("{noun} does not pass WebSocket upgrades to the application"), Some(hint));
    }

    /// Says why the application's own 5xx may be one that Lambda would not see.
    fn explain(&self, running: &Running, payload: &Bytes) {
        if !self.instances.has_others() {
            return;
        }
        if let Some(hint) = sharing::hint(&[&running.log(), payload], true) {
            self.progress.warning("the app's response reports that something is in use", Some(hint));
        }
    }

    fn malformed(&self, line: Line, stamp: &Stamp, reason: &str, running: &Running) -> Response<AnswerBody> {
        let document = serde_json::json!({ "errorMessage": reason }).to_string();
        let refusal = Refusal::function_error(&self.gateway, stamp, document.as_bytes());
        refused(line, refusal, Some(running))
    }

    fn failed(
        &self,
        line: Line,
        stamp: &Stamp,
        failure: &FunctionFailure,
        running: Option<&Running>,
    ) -> Response<AnswerBody> {
        let refusal = Refusal::function_error(&self.gateway, stamp, &failure.payload);
        line.failure(&refusal.reason, failure.hint.as_deref());
        whole(line, refusal.response, running)
    }
}

/// Whether the answer ends with its head: the server would never ask a stream behind it for anything.
fn has_no_body(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

fn refused(line: Line, refusal: Refusal, running: Option<&Running>) -> Response<AnswerBody> {
    line.failure(&refusal.reason, None);
    whole(line, refusal.response, running)
}

fn whole(line: Line, response: Response<Bytes>, running: Option<&Running>) -> Response<AnswerBody> {
    let mut response = response.map(AnswerBody::from);
    if let Some(Warning(warning)) = response.extensions_mut().remove::<Warning>() {
        line.warning(&warning);
    }
    line.end(response.status().as_u16(), running.map(Running::usage).as_ref());
    if let Some(StatusDescription(text)) = response.extensions_mut().remove::<StatusDescription>() {
        // A phrase that HTTP cannot hold is left to the server, which knows the usual one.
        if let Ok(phrase) = ReasonPhrase::try_from(text.into_bytes()) {
            response.extensions_mut().insert(phrase);
        }
    }
    response
}

fn bare(line: Line, payload: Bytes, running: &Running) -> Response<AnswerBody> {
    let mut response = Response::new(payload);
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    whole(line, response, Some(running))
}

#[cfg(test)]
#[cfg(unix)]
#[path = "cloud_test.rs"]
mod tests;
