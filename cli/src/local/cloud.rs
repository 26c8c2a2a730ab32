//! One request on its way through the cloud: arrival, event, instance, response.
//!
//! `gateway` decides what an event and a response look like; here they are passed on.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header::CONTENT_TYPE};
use hyper::body::Incoming;

use super::{
    access::{Authorizers, Guard},
    async_queue::AsyncQueue,
    body::{self, ReadError, ResponseBody},
    credentials::CredentialSource,
    description::{Description, Events, QueueSource, Schedule, StreamSource},
    emulator::Emulator,
    ended::{reject, respond_buffered, respond_uninterpreted},
    further::{FurtherFunctions, Target},
    instances::Instances,
    invocation::{FunctionFailure, Invocation, Outcome, Streamed},
    invoke_api,
    line::Line,
    running::Running,
    sharing, stamp,
    stream::{self, Beginning, Flow},
    websocket::{self, Registry},
};
use crate::{
    gateway::{
        CorsRequest, Gateway, GatewayKind,
        access::Caller,
        arrival::{Arrival, Stamp},
        event, limit,
        refusal::Refusal,
        response,
        websocket::WebSocketApi,
    },
    lambda,
    progress::Progress,
};

/// Lambda's init timeout: from a process's start to its first poll.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// A gateway and its function, running.
pub(crate) struct Cloud {
    gateway: Gateway,
    /// `None` where the gateway asks nothing of requests.
    guard: Option<Guard>,
    authorizers: Authorizers,
    credentials: Arc<dyn CredentialSource>,
    events: Events,
    websocket: Option<Arc<WebSocketApi>>,
    pub(super) connections: Arc<Registry>,
    pub(super) instances: Arc<Instances>,
    pub(super) queue: Arc<AsyncQueue>,
    pub(super) further: FurtherFunctions,
    pub(super) progress: Arc<dyn Progress>,
}

impl Cloud {
    /// Creates the cloud of a description. No process is started before a request needs one.
    pub(crate) fn new(
        description: Description,
        credentials: Arc<dyn CredentialSource>,
        emulator: Option<Arc<dyn Emulator>>,
        progress: Arc<dyn Progress>,
    ) -> Arc<Self> {
        Self::with_init_limit(description, credentials, emulator, progress, INIT_LIMIT)
    }

    pub(crate) fn with_init_limit(
        description: Description,
        credentials: Arc<dyn CredentialSource>,
        emulator: Option<Arc<dyn Emulator>>,
        progress: Arc<dyn Progress>,
        init_limit: Duration,
    ) -> Arc<Self> {
        let Description { gateway, function, further, events, websocket, signers, token_keys } = description;
        let guard = Guard::new(&gateway, signers, token_keys.as_ref(), &credentials);
        let instances = Instances::new(function, init_limit, Arc::clone(&credentials), Arc::clone(&progress));
        let queue = AsyncQueue::new(
            Arc::clone(&instances),
            events.asynchronous.clone(),
            emulator.clone(),
            Arc::clone(&progress),
        );
        let further = FurtherFunctions::new(emulator).replace(further, &instances);
        Arc::new(Self {
            authorizers: Authorizers::default(),
            guard,
            credentials,
            gateway,
            events,
            websocket: websocket.map(Arc::new),
            connections: Registry::new(),
            instances,
            queue,
            further,
            progress,
        })
    }

    /// Replaces the function, whose instances end, and its gateway; returns the cloud that serves from now on.
    pub(crate) fn replace(&self, description: Description) -> Arc<Self> {
        let Description { gateway, function, further, events, websocket, signers, token_keys } = description;
        self.instances.replace(function);
        self.queue.replace(events.asynchronous.clone());
        Arc::new(Self {
            authorizers: Authorizers::default(),
            guard: Guard::new(&gateway, signers, token_keys.as_ref(), &self.credentials),
            credentials: Arc::clone(&self.credentials),
            gateway,
            events,
            websocket: websocket.map(Arc::new),
            connections: Arc::clone(&self.connections),
            instances: Arc::clone(&self.instances),
            queue: Arc::clone(&self.queue),
            further: self.further.replace(further, &self.instances),
            progress: Arc::clone(&self.progress),
        })
    }

    /// The schedules, which the clock fires.
    pub(super) fn schedules(&self) -> &[Schedule] {
        &self.events.schedules
    }

    /// The queues, which an emulator may have.
    pub(super) fn sources(&self) -> &[QueueSource] {
        &self.events.queues
    }

    /// The streams, which an emulator may have.
    pub(super) fn streams(&self) -> &[StreamSource] {
        &self.events.streams
    }

    /// What an event of a further function goes to, by its name in the settings, or of the one behind the gateway.
    pub(super) fn target(&self, function: Option<&str>) -> Target {
        let main = || Target { instances: Arc::clone(&self.instances), queue: Arc::clone(&self.queue) };
        function.and_then(|name| self.further.get(name).cloned()).unwrap_or_else(main)
    }

    /// Takes no further asynchronous invocation, and names those that are given up.
    pub(crate) fn close_queue(&self) {
        self.queue.close();
        self.further.close_queues();
    }

    /// Stops all processes.
    pub(crate) async fn stop(&self) {
        self.close_queue();
        self.connections.stop().await;
        tokio::join!(self.instances.stop(), self.further.stop());
    }

    /// Responds to a request, of a client or of the Invoke API.
    pub(crate) async fn respond(
        self: &Arc<Self>,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<ResponseBody> {
        if let Some(function) = invoke_api::function_of(&request) {
            return invoke_api::respond(self, &function, request).await;
        }
        if let Some(api) = &self.websocket {
            if let Some(id) = websocket::connection_of(api, request.uri().path()) {
                return websocket::manage(self, &id, request).await;
            }
            if websocket::is_handshake(&request) {
                return websocket::shake_hands(self, api, request, client).await;
            }
        }
        if self.gateway.cors.is_none() {
            return self.pass_on(request, client, None).await;
        }
        let asked = CorsRequest::new(self.gateway.kind, request.method(), request.headers());
        let mut response = self.pass_on(request, client, Some(&asked)).await;
        if let Some(warning) = asked.complete(&self.gateway, response.headers_mut()) {
            self.progress.warning(warning, None);
        }
        response
    }

    /// Passes a request of a client to the function, unless the gateway answers it.
    async fn pass_on(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        asked: Option<&CorsRequest>,
    ) -> Response<ResponseBody> {
        let line = Line::new(Arc::clone(&self.progress), request.method().as_str(), request.uri().path());
        let stamp = stamp::now();
        let mut arrival = match self.arrival(request, client, &stamp).await {
            Ok(arrival) => arrival,
            Err(refusal) => return reject(line, refusal, None),
        };
        if arrival.asks_for_websocket() {
            self.warn_of_upgrade();
        }
        // It never has a key or a token.
        let preflight = asked.and_then(|asked| asked.preflight(&self.gateway, &stamp));
        let caller = match self.guard.as_ref().filter(|_| preflight.is_none()) {
            Some(guard) => guard.check(&self.gateway, &arrival, &stamp).await,
            None => Ok(Caller::default()),
        };
        // A signature is of the name that the client knows.
        if let Some(name) = &self.gateway.host {
            event::replace_host(&mut arrival, name);
        }
        let built = caller.and_then(|caller| event::build_for(&self.gateway, &arrival, &stamp, &caller));
        let payload = match built {
            Ok(payload) => payload,
            Err(refusal) => return reject(line, refusal, None),
        };
        let asked = (&arrival, &stamp);
        let payload = match preflight.is_none() && self.guard.is_some() {
            true => self.authorizers.authorize(&self.gateway, &self.further, asked, payload).await,
            false => Ok(payload),
        };
        let payload = match payload {
            Ok(payload) => payload,
            Err(refusal) => return reject(line, refusal, None),
        };
        if let Some(response) = preflight {
            return respond_buffered(line, response, None);
        }
        let invocation = Invocation { request_id: stamp.request_id.clone(), trace_id: stamp.trace_id.clone(), payload };
        let outcome = self.invoke(invocation);
        let outcome = if self.gateway.streaming {
            Ok(outcome.await)
        } else {
            tokio::time::timeout(self.gateway.timeout, outcome).await
        };
        match outcome {
            Err(_) => reject(line, Refusal::timeout(&self.gateway, &stamp), None),
            Ok(Err(failure)) => self.respond_failed(line, &stamp, &failure, None),
            Ok(Ok((running, Outcome::Failed(failure)))) => self.respond_failed(line, &stamp, &failure, Some(&running)),
            Ok(Ok((running, Outcome::Buffered(payload)))) if self.gateway.streaming => {
                let hint =
                    "the process sent a buffered response, this gateway expects a stream: is `ZAPPA_STREAMING` read?";
                self.progress.warning("the client gets the function's response uninterpreted", Some(hint));
                respond_uninterpreted(line, payload, &running)
            }
            Ok(Ok((running, Outcome::Buffered(payload)))) => {
                match response::parse(&self.gateway, &arrival, &stamp, &payload) {
                    Ok(response) if response.status().is_server_error() => {
                        self.explain(&running, &payload);
                        respond_buffered(line, response, Some(&running))
                    }
                    Ok(response) => respond_buffered(line, response, Some(&running)),
                    Err(refusal) => reject(line, refusal, Some(&running)),
                }
            }
            Ok(Ok((running, Outcome::Streamed(streamed)))) => {
                self.stream(line, &stamp, &arrival.method, running, streamed).await
            }
        }
    }

    /// Invokes and waits. A stream behind a buffering gateway is collected here, where the gateway's timeout counts.
    async fn invoke(&self, invocation: Invocation) -> Result<(Running, Outcome), FunctionFailure> {
        let request_id = invocation.request_id.clone();
        let mut running = self.instances.invoke(invocation).await?;
        let outcome = (&mut running.outcome)
            .await
            .unwrap_or_else(|_| Outcome::Failed(FunctionFailure::exited(&request_id, None)));
        match outcome {
            Outcome::Streamed(mut streamed) if !self.gateway.streaming => {
                let outcome = match stream::collect(&mut streamed, lambda::MAX_PAYLOAD).await {
                    Ok(payload) => Outcome::Buffered(payload),
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
        let body = match body::collect(&mut incoming, limit::request_body(self.gateway.kind)).await {
            Ok(body) => body,
            Err(ReadError::TooLarge) => {
                // A client that is still writing would not read the response if the connection closed under it.
                body::drain(&mut incoming, 4 * limit::request_body(self.gateway.kind)).await;
                return Err(Refusal::body_too_large(&self.gateway, stamp));
            }
            Err(ReadError::Broken) => return Err(Refusal::cut_off(&self.gateway, stamp)),
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
        Ok(arrival)
    }

    async fn stream(
        &self,
        line: Line,
        stamp: &Stamp,
        method: &Method,
        running: Running,
        mut streamed: Streamed,
    ) -> Response<ResponseBody> {
        match stream::read_beginning(&mut streamed).await {
            Beginning::Prelude { json, rest } => match response::prelude(&self.gateway, method, stamp, &json) {
                Ok(head) if has_no_body(method, head.status) => {
                    respond_buffered(line, Response::from_parts(head, Bytes::new()), Some(&running))
                }
                Ok(head) => {
                    let flow = Flow::new(rest, streamed, running, head.status.as_u16(), line);
                    Response::from_parts(head, ResponseBody::Stream(Box::new(flow)))
                }
                Err(refusal) => reject(line, refusal, Some(&running)),
            },
            Beginning::Bare(_) if self.gateway.kind == GatewayKind::FunctionUrl && *method == Method::HEAD => {
                respond_uninterpreted(line, Bytes::new(), &running)
            }
            Beginning::Bare(first) if self.gateway.kind == GatewayKind::FunctionUrl => {
                let flow = Flow::new(first, streamed, running, 200, line);
                let mut response = Response::new(ResponseBody::Stream(Box::new(flow)));
                let kind = HeaderValue::from_static("application/octet-stream");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            Beginning::Bare(_) => self.respond_malformed(line, stamp, "the stream has no prelude", &running),
            Beginning::Cut(reason) => self.respond_malformed(line, stamp, &reason, &running),
        }
    }

    /// Warns that the upgrade which the client requests never reaches the application.
    fn warn_of_upgrade(&self) {
        let noun = match self.gateway.kind {
            GatewayKind::Rest => "a REST API",
            GatewayKind::Http => "an HTTP API",
            GatewayKind::FunctionUrl => "a Function URL",
            GatewayKind::Alb => "a load balancer before Lambda",
        };
        let hint = "use a WebSocket API of API Gateway (`[stage.NAME.websocket]`), or server-sent events with `--streaming` behind a REST API or \
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

    fn respond_malformed(&self, line: Line, stamp: &Stamp, reason: &str, running: &Running) -> Response<ResponseBody> {
        let document = serde_json::json!({ "errorMessage": reason }).to_string();
        let refusal = Refusal::function_error(&self.gateway, stamp, document.as_bytes());
        reject(line, refusal, Some(running))
    }

    fn respond_failed(
        &self,
        line: Line,
        stamp: &Stamp,
        failure: &FunctionFailure,
        running: Option<&Running>,
    ) -> Response<ResponseBody> {
        let refusal = Refusal::function_error(&self.gateway, stamp, &failure.payload);
        line.failure(&refusal.reason, failure.hint_for_http());
        respond_buffered(line, refusal.response, running)
    }
}

/// Whether the response ends with its head: the server would never poll a stream behind it.
fn has_no_body(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
#[cfg(unix)]
#[path = "cloud_test.rs"]
mod tests;
