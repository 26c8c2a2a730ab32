//! One event through the adapter and a service that records its request.

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

/// The request that the application got.
#[derive(Clone, Debug)]
pub(crate) struct AppRequest {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

impl AppRequest {
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

    /// The value of a header that occurs once.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        assert!(values.len() <= 1, "{name} occurs {} times", values.len());
        values.pop()
    }

    /// The client's address in axum's `ConnectInfo`.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.head.extensions.get::<ConnectInfo<SocketAddr>>().expect("every request has a peer").0
    }
}

/// The adapter's response, read as the gateway reads it.
#[derive(Clone, Debug)]
pub(crate) struct GatewayResponse(pub(crate) Value);

impl GatewayResponse {
    pub(crate) fn new(result: InvocationResult) -> Self {
        match result {
            InvocationResult::Buffered(bytes) => Self(serde_json::from_slice(&bytes).expect("a response is JSON")),
            other => panic!("not a buffered response: {other:?}"),
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

    /// All values of a header, from all maps that gateways read.
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
        assert!(values.len() <= 1, "{name} occurs {} times: {}", values.len(), self.0);
        values.pop()
    }
}

/// An event with its options and invocation.
pub(crate) struct Exchange {
    event: Bytes,
    options: Options,
    invocation: Invocation,
}

impl Exchange {
    pub(crate) fn new(event: impl Into<Bytes>) -> Self {
        Self { event: event.into(), options: Options::default(), invocation: invocation() }
    }

    /// Sets the function's environment variables.
    pub(crate) fn with_variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.options = options(variables);
        self
    }

    pub(crate) fn with_invocation(mut self, invocation: Invocation) -> Self {
        self.invocation = invocation;
        self
    }

    /// Invokes the adapter: returns the application's request, if it was called, and the result.
    pub(crate) async fn outcome(self, response: Response<Body>) -> (Option<AppRequest>, InvocationResult) {
        let recorded = Arc::new(Mutex::new(None));
        let response = Arc::new(Mutex::new(Some(response)));
        let slot = Arc::clone(&recorded);
        let service = tower::service_fn(move |request: Request<Body>| {
            let (slot, response) = (Arc::clone(&slot), Arc::clone(&response));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.expect("a request body does not fail").to_bytes();
                let earlier = slot.lock().unwrap().replace(AppRequest { head, body });
                assert!(earlier.is_none(), "one event is one request");
                Ok::<_, Infallible>(response.lock().unwrap().take().expect("one event is one request"))
            }
        });
        let result = Adapter::new(service).with_options(self.options).invoke(self.event, self.invocation).await;
        let request = recorded.lock().unwrap().take();
        (request, result)
    }

    /// Returns the application's request; panics if the application was not called.
    pub(crate) async fn app_request(self) -> AppRequest {
        let (request, result) = self.outcome(Response::new(Body::empty())).await;
        request.unwrap_or_else(|| panic!("the application was not called: {result:?}"))
    }

    /// Returns the gateway's response for a response of the application.
    pub(crate) async fn gateway_response(self, response: Response<Body>) -> GatewayResponse {
        let (request, result) = self.outcome(response).await;
        assert!(request.is_some(), "the application was not called: {result:?}");
        GatewayResponse::new(result)
    }

    /// Returns the result; panics if the application was called.
    pub(crate) async fn result_without_app(self) -> InvocationResult {
        let (request, result) = self.outcome(Response::new(Body::from("called"))).await;
        assert!(request.is_none(), "the application was called: {request:?}");
        result
    }
}

/// The options of a function with these variables.
pub(crate) fn options(variables: &[(&str, &str)]) -> Options {
    Options::from_variables(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

/// An invocation, and a silent log unless a test records it: without a subscriber the adapter writes to stderr, which
/// the test report does not capture.
pub(crate) fn invocation() -> Invocation {
    static SILENCE: Once = Once::new();
    SILENCE.call_once(|| {
        tracing::subscriber::set_global_default(NoSubscriber::default()).expect("no other subscriber is set");
    });
    Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
}

/// A response with headers, which may repeat.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let builder = headers.iter().fold(Response::builder().status(status), |builder, (name, value)| {
        builder.header(*name, http::HeaderValue::from_bytes(value.as_bytes()).expect("a valid value"))
    });
    builder.body(body.into()).expect("a response")
}
