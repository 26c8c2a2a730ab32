//! A Lambda Runtime API for one process: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::JoinSet,
};
use zappa_rs_adapter::Invocation;

use super::{ClientError, client::Payload};

/// The trailer, or header of an error, with the type of the error.
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

type Outcome = Result<Payload, ClientError>;

/// The events that wait for the process, and the callers that wait for its results.
#[derive(Default)]
pub(super) struct RuntimeApi {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Bytes, Invocation)>,
    callers: HashMap<String, oneshot::Sender<Outcome>>,
    /// Why there are no more results, once the process has ended.
    end: Option<String>,
}

impl RuntimeApi {
    /// Queues an event; the receiver gets the result.
    pub(super) fn queue(&self, event: Bytes, invocation: Invocation) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        if let Some(reason) = &state.end {
            // The receiver is in scope, so this cannot fail.
            let _ = sender.send(Err(ClientError::exit(reason.clone())));
            return receiver;
        }
        state.callers.insert(invocation.request_id().to_owned(), sender);
        state.queue.push_back((event, invocation));
        drop(state);
        self.arrived.notify_one();
        receiver
    }

    /// Fails all that wait, and all that come.
    pub(super) fn end(&self, reason: &str) {
        let mut state = self.state();
        state.end.get_or_insert_with(|| reason.to_owned());
        state.queue.clear();
        for (_, caller) in state.callers.drain() {
            let _ = caller.send(Err(ClientError::exit(reason.to_owned())));
        }
    }

    /// Serves the process until the task is aborted.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let api = Arc::clone(&self);
            let service = service_fn(move |request| {
                let api = Arc::clone(&api);
                async move { Ok::<_, Infallible>(api.respond(request).await) }
            });
            connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let steps: Vec<&str> = path.trim_start_matches('/').split('/').skip(1).collect();
        match (request.method(), steps.as_slice()) {
            (&Method::GET, ["runtime", "invocation", "next"]) => self.next().await,
            (&Method::POST, ["runtime", "invocation", id, kind @ ("response" | "error")]) => {
                self.receive(id, kind, request).await;
                accepted()
            }
            (&Method::POST, ["runtime", "init", "error"]) => {
                let document = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                self.end(&format!("the init phase failed: {}", String::from_utf8_lossy(&document)));
                accepted()
            }
            (&Method::POST, ["extension", "register"]) => {
                let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
                let id = HeaderValue::from_static("00000000-0000-4000-8000-000000000000");
                response.headers_mut().insert("lambda-extension-identifier", id);
                response
            }
            // The extension of `on_shutdown` registers for no event.
            (&Method::GET, ["extension", "event", "next"]) => std::future::pending().await,
            _ => {
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }

    /// Responds to a poll with the next event.
    async fn next(&self) -> Response<Full<Bytes>> {
        let (event, invocation) = loop {
            let arrived = self.arrived.notified();
            if let Some(next) = self.state().queue.pop_front() {
                break next;
            }
            arrived.await;
        };
        let deadline = invocation.deadline().unwrap_or_else(SystemTime::now);
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", invocation.request_id())
            .header("lambda-runtime-deadline-ms", deadline.to_string())
            .header("lambda-runtime-invoked-function-arn", invocation.function_arn())
            .body(Full::new(event));
        response.expect("the headers are ASCII")
    }

    /// Hands a posted result to its caller.
    async fn receive(&self, id: &str, kind: &str, request: Request<Incoming>) {
        let is_stream = request.headers().get(RESPONSE_MODE).is_some_and(|mode| mode == "streaming");
        let outcome = match request.into_body().collect().await {
            Ok(body) => match body.trailers().and_then(|trailers| trailers.get(ERROR_TYPE)).cloned() {
                Some(name) => Err(broken(&name)),
                None if kind == "error" => Err(ClientError::function(&body.to_bytes())),
                None => Ok(Payload { bytes: body.to_bytes(), is_stream }),
            },
            Err(error) => Err(ClientError::output("whole", error)),
        };
        let caller = self.state().callers.remove(id);
        if let Some(caller) = caller {
            // The caller may have given up.
            let _ = caller.send(outcome);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a stream that ended with the trailers of an error.
pub(super) fn broken(name: &HeaderValue) -> ClientError {
    let name = String::from_utf8_lossy(name.as_bytes());
    let document = json!({"errorType": name, "errorMessage": "the response's stream ended early"});
    ClientError::function(document.to_string().as_bytes())
}

fn accepted() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}\n")));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}
