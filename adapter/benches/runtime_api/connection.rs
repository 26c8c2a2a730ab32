//! The connections of one process: serves its polls, checks its responses, and ends after the last event.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::pending,
    rc::Rc,
    time::Duration,
};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{net::TcpListener, sync::Notify, task::JoinSet, time::Instant};

use super::{Failure, Load, Meter};

/// The figures at the start and at the end of the measured events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) first_poll: Instant,
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
}

/// The events of one process, shared by its connections.
#[derive(Debug)]
pub(crate) struct Feed {
    event: Bytes,
    warm_up: u64,
    total: u64,
    polls: Cell<u64>,
    meter: RefCell<Option<Meter>>,
    first_poll: Cell<Option<Instant>>,
    begin: Cell<Duration>,
    result: RefCell<Option<Result<Figures, Failure>>>,
    done: Notify,
}

impl Feed {
    pub(crate) fn new(load: Load<'_>) -> Self {
        Self {
            event: load.event.clone(),
            warm_up: load.warm_up,
            total: load.warm_up + load.invocations,
            polls: Cell::new(0),
            meter: RefCell::new(None),
            first_poll: Cell::new(None),
            begin: Cell::new(Duration::ZERO),
            result: RefCell::new(None),
            done: Notify::new(),
        }
    }

    pub(crate) fn set_meter(&self, meter: Meter) {
        *self.meter.borrow_mut() = Some(meter);
    }

    /// Waits until the process polls after the last event.
    pub(crate) async fn figures(&self) -> Result<Figures, Failure> {
        loop {
            if let Some(result) = self.result.borrow_mut().take() {
                return result;
            }
            self.done.notified().await;
        }
    }

    /// The next event, or `None` after the last.
    fn next(&self) -> Option<Response<Full<Bytes>>> {
        let poll = self.polls.replace(self.polls.get() + 1);
        if poll == 0 {
            self.first_poll.set(Some(Instant::now()));
        }
        if poll == self.warm_up {
            match self.cpu() {
                Ok(begin) => self.begin.set(begin),
                Err(failure) => self.finish(Err(failure)),
            }
        }
        if poll == self.total {
            let first_poll = self.first_poll.get().ok_or_else(|| Failure::from("never polled"));
            self.finish(
                self.cpu().and_then(|end| Ok(Figures { first_poll: first_poll?, begin: self.begin.get(), end })),
            );
            return None;
        }
        let mut invocation = Response::new(Full::new(self.event.clone()));
        let headers = invocation.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:bench:live"),
            ("lambda-runtime-trace-id", "Root=1-68cbf1a2-4f1e2d3c5b6a798801234567;Parent=53995c3f42cd8ad8;Sampled=0"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(invocation)
    }

    fn cpu(&self) -> Result<Duration, Failure> {
        let meter = self.meter.borrow();
        Ok(meter.as_ref().ok_or("polled before the meter was set")?.cpu()?)
    }

    fn finish(&self, result: Result<Figures, Failure>) {
        self.result.borrow_mut().get_or_insert(result);
        self.done.notify_one();
    }
}

/// The part of a response that shows whether the application was called.
#[derive(Debug, Deserialize)]
struct GatewayResponse {
    #[serde(rename = "statusCode")]
    status: u16,
}

/// Serves a process until the task is aborted, which closes the connections.
pub(crate) async fn serve(listener: TcpListener, feed: Rc<Feed>) -> Result<Infallible, Failure> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let feed = Rc::clone(&feed);
        let service = service_fn(move |request| respond(Rc::clone(&feed), request));
        connections.spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(feed: Rc<Feed>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Failure> {
    if request.method() == Method::GET {
        return match feed.next() {
            Some(event) => Ok(event),
            None => pending().await,
        };
    }
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let is_good = path.ends_with("/response") && serde_json::from_slice::<GatewayResponse>(&body)?.status == 200;
    if !is_good {
        feed.finish(Err(format!("{path}: {}", String::from_utf8_lossy(&body)).into()));
    }
    let mut accepted = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}\n")));
    *accepted.status_mut() = StatusCode::ACCEPTED;
    Ok(accepted)
}
