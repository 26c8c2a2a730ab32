//! One event through the adapter and a service that remembers what it was asked.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, Once},
};

use axum::extract::ConnectInfo;
use axum_core::body::Body;
use base64_simd::STANDARD;
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::BodyExt;
use serde_json::Value;
use tracing::subscriber::NoSubscriber;
use zappa_rs_adapter::{Adapter, Invocation, InvocationResult, Options};

/// The request as the application saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// All values of a header, in order.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let values = self.head.headers.get_all(name);
        values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    /// The value of a header that stands there once.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        assert!(values.len() <= 1, "{name} stands there {} times", values.len());
        values.pop()
    }

    /// Who asked, as axum's handlers learn it.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.head.extensions.get::<ConnectInfo<SocketAddr>>().expect("every request has a peer").0
    }
}

/// An answer of the adapter's, read as the gateway reads it.
#[derive(Clone, Debug)]
pub(crate) struct Told(pub(crate) Value);

impl Told {
    pub(crate) fn new(answer: InvocationResult) -> Self {
        match answer {
            InvocationResult::Buffered(bytes) => Self(serde_json::from_slice(&bytes).expect("an answer is JSON")),
            other => panic!("not a buffered answer: {other:?}"),
        }
    }

    pub(crate) fn status(&self) -> u64 {
        self.0["statusCode"].as_u64().expect("a status is a number")
    }

    /// The bytes that the gateway sends to the client.
    pub(crate) fn body(&self) -> Vec<u8> {
        let text = self.0.get("body").and_then(Value::as_str).unwrap_or_default();
        match self.is_base64() {
            true => STANDARD.decode_to_vec(text).expect("base64 by the letter"),
            false => text.as_bytes().to_vec(),
        }
    }

    pub(crate) fn is_base64(&self) -> bool {
        self.0.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default()
    }

    /// All values of a header, from whichever map the gateway reads.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for map in ["headers", "multiValueHeaders"] {
            for (key, value) in self.0.get(map).and_then(Value::as_object).into_iter().flatten() {
                if key.eq_ignore_ascii_case(name) {
                    values.extend(value.as_str().map(str::to_owned));
                    let many = value.as_array().into_iter().flatten();
                    values.extend(many.map(|one| one.as_str().expect("a value is text").to_owned()));
                }
            }
        }
        if name.eq_ignore_ascii_case("set-cookie") {
            let cookies = self.0.get("cookies").and_then(Value::as_array).into_iter().flatten();
            values.extend(cookies.map(|cookie| cookie.as_str().expect("a cookie is text").to_owned()));
        }
        values
    }

    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        assert!(values.len() <= 1, "{name} stands there {} times: {}", values.len(), self.0);
        values.pop()
    }
}

/// An event, and under which circumstances it comes.
pub(crate) struct Exchange {
    event: Bytes,
    options: Options,
    invocation: Invocation,
}

impl Exchange {
    pub(crate) fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), options: Options::default(), invocation: invocation() }
    }

    /// As deployed with these variables.
    pub(crate) fn with_variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.options = options(variables);
        self
    }

    pub(crate) fn with_invocation(mut self, invocation: Invocation) -> Self {
        self.invocation = invocation;
        self
    }

    /// What came to the application, if it was asked, and what the adapter said.
    pub(crate) async fn outcome(self, response: Response<Body>) -> (Option<Seen>, InvocationResult) {
        let seen = Arc::new(Mutex::new(None));
        let response = Arc::new(Mutex::new(Some(response)));
        let slot = Arc::clone(&seen);
        let service = tower::service_fn(move |request: Request<Body>| {
            let (slot, response) = (Arc::clone(&slot), Arc::clone(&response));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.expect("a request body does not fail").to_bytes();
                let earlier = slot.lock().unwrap().replace(Seen { head, body });
                assert!(earlier.is_none(), "one event is one request");
                Ok::<_, Infallible>(response.lock().unwrap().take().expect("one event is one request"))
            }
        });
        let answer = Adapter::new(service).with_options(self.options).invoke(self.event, self.invocation).await;
        let seen = seen.lock().unwrap().take();
        (seen, answer)
    }

    /// What the application saw; a panic with the answer if it was not asked.
    pub(crate) async fn seen(self) -> Seen {
        let (seen, answer) = self.outcome(Response::new(Body::empty())).await;
        seen.unwrap_or_else(|| panic!("the application was not asked: {answer:?}"))
    }

    /// What the gateway is told when the application says this.
    pub(crate) async fn told(self, response: Response<Body>) -> Told {
        let (seen, answer) = self.outcome(response).await;
        assert!(seen.is_some(), "the application was not asked: {answer:?}");
        Told::new(answer)
    }

    /// The answer of an adapter that must not have asked the application.
    pub(crate) async fn unasked(self) -> InvocationResult {
        let (seen, answer) = self.outcome(Response::new(Body::from("asked"))).await;
        assert!(seen.is_none(), "the application was asked: {seen:?}");
        answer
    }
}

/// The options that a function with these variables has.
pub(crate) fn options(variables: &[(&str, &str)]) -> Options {
    Options::from_variables(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

/// An invocation like any other.
///
/// Where no test listens nothing is logged: without any subscriber the adapter writes to stderr, past the test report.
pub(crate) fn invocation() -> Invocation {
    static SILENCE: Once = Once::new();
    SILENCE.call_once(|| tracing::subscriber::set_global_default(NoSubscriber::default()).expect("nobody set another"));
    Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
}

/// An answer with headers, some of which may repeat.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let builder = headers.iter().fold(Response::builder().status(status), |builder, (name, value)| {
        builder.header(*name, http::HeaderValue::from_bytes(value.as_bytes()).expect("a value HTTP can hold"))
    });
    builder.body(body.into()).expect("a response")
}
