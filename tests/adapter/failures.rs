//! Failures of the application: an error response for the client, a log line with the cause, and the next event is
//! served.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::{Duration, SystemTime},
};

use axum_core::body::Body;
use futures_util::stream;
use http::{Request, Response};
use tower_service::Service;
use zappa_rs_adapter::{Adapter, BoxError, InvocationResult};

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, response},
    log::Log,
    sample::{GATEWAYS, RESPONDING, Sample},
};

/// Asserts an error response of the adapter: the status, and JSON with the request id.
fn assert_failure(output: &GatewayResponse, status: u64, sample: &str) {
    assert_eq!(output.status(), status, "{sample}: {}", output.0);
    let kind = output.value("content-type").expect("a type");
    assert!(kind.starts_with("application/json"), "{sample}: {kind}");
    let body: serde_json::Value = serde_json::from_slice(&output.body()).expect("a JSON body");
    assert!(body.to_string().contains(invocation().request_id()), "{sample}: {body}");
}

async fn gateway_response(adapter: &Adapter<impl App>, sample: &str) -> GatewayResponse {
    GatewayResponse::new(adapter.invoke(Sample::named(sample).into(), invocation()).await)
}

/// The bound of an application.
trait App:
    Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static
{
}
impl<S> App for S where
    S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

#[tokio::test]
async fn panic_is_a_500_and_the_next_event_is_served() {
    for sample in RESPONDING {
        let log = Log::listen();
        let fails = std::sync::Arc::new(AtomicBool::new(true));
        let adapter = Adapter::new(tower::service_fn(move |_: Request<Body>| {
            let fails = fails.swap(false, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                assert!(!fails, "the cause of the panic");
                Ok::<_, Infallible>(Response::new(Body::from("served")))
            }
        }));
        assert_failure(&gateway_response(&adapter, sample).await, 500, sample);
        assert!(log.has_error(&["the cause of the panic", invocation().request_id()]), "{sample}: {log:?}");
        let next = gateway_response(&adapter, sample).await;
        assert_eq!((next.status(), next.body()), (200, b"served".to_vec()), "{sample}");
    }
}

#[tokio::test]
async fn panic_before_the_first_await_is_a_500_too() {
    fn at_once(_: Request<Body>) -> std::future::Ready<Result<Response<Body>, Infallible>> {
        panic!("the cause of the panic")
    }
    let log = Log::listen();
    let adapter = Adapter::new(tower::service_fn(at_once));
    for sample in RESPONDING {
        assert_failure(&gateway_response(&adapter, sample).await, 500, sample);
    }
    assert!(log.has_error(&["the cause of the panic"]), "{log:?}");
}

#[tokio::test]
async fn panic_with_any_payload_is_a_500() {
    let adapter = Adapter::new(tower::service_fn(|_: Request<Body>| async {
        std::panic::panic_any(42_u8);
        #[expect(unreachable_code, reason = "gives the future its type")]
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    assert_failure(&gateway_response(&adapter, "rest-get").await, 500, "rest-get");
}

#[tokio::test]
async fn panic_message_is_not_sent_to_the_client() {
    let adapter = Adapter::new(tower::service_fn(|_: Request<Body>| async {
        if true {
            panic!("password is hunter2");
        }
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let output = gateway_response(&adapter, "http-get").await;
    assert!(!output.0.to_string().contains("hunter2"), "{}", output.0);
}

#[tokio::test]
async fn panic_in_the_body_is_a_500() {
    for sample in RESPONDING {
        let body = Body::from_stream(stream::poll_fn(|_| -> Poll<Option<Result<Vec<u8>, Infallible>>> {
            panic!("in the body")
        }));
        let output = Exchange::new(Sample::named(sample)).gateway_response(response(200, &[], body)).await;
        assert_failure(&output, 500, sample);
    }
}

#[tokio::test]
async fn body_that_errors_after_the_status_is_a_500() {
    for sample in RESPONDING {
        let log = Log::listen();
        let pieces = [Ok(b"first".to_vec()), Err(io::Error::other("the disk is gone"))];
        let app_response = response(200, &[("x-half", "done")], Body::from_stream(stream::iter(pieces)));
        let output = Exchange::new(Sample::named(sample)).gateway_response(app_response).await;
        assert_failure(&output, 500, sample);
        assert_eq!(output.value("x-half"), None, "{sample}: the headers are those of the response that failed");
        assert!(log.has_error(&["the disk is gone", invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn error_of_the_service_is_a_500() {
    for sample in RESPONDING {
        let log = Log::listen();
        let adapter = Adapter::new(tower::service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, _>(io::Error::other("no database"))
        }));
        assert_failure(&gateway_response(&adapter, sample).await, 500, sample);
        assert!(log.has_error(&["no database", invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn service_that_is_never_ready_is_a_500() {
    #[derive(Clone)]
    struct Closed;
    impl Service<Request<Body>> for Closed {
        type Response = Response<Body>;
        type Error = io::Error;
        type Future = std::future::Ready<Result<Self::Response, io::Error>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), io::Error>> {
            Poll::Ready(Err(io::Error::other("closed for good")))
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            panic!("called although it was not ready")
        }
    }
    let log = Log::listen();
    assert_failure(&gateway_response(&Adapter::new(Closed), "rest-get").await, 500, "rest-get");
    assert!(log.has_error(&["closed for good"]), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn handler_that_runs_into_the_deadline_is_a_504() {
    for sample in RESPONDING {
        let log = Log::listen();
        let adapter =
            Adapter::new(tower::service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>()));
        let deadline = SystemTime::now() + Duration::from_secs(3);
        let started = tokio::time::Instant::now();
        let result = adapter.invoke(Sample::named(sample).into(), invocation().with_deadline(deadline)).await;
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(3), "{sample}: Lambda would have ended the process, {waited:?}");
        assert!(waited > Duration::from_secs(2), "{sample}: given up too early, {waited:?}");
        assert_failure(&GatewayResponse::new(result), 504, sample);
        assert!(log.has_error(&[invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn body_that_runs_into_the_deadline_is_a_504() {
    for sample in RESPONDING {
        let first = stream::iter([Ok::<_, Infallible>(b"first".to_vec())]);
        let endless = futures_util::StreamExt::chain(first, stream::pending());
        let exchange = Exchange::new(Sample::named(sample));
        let deadline = SystemTime::now() + Duration::from_secs(3);
        let exchange = exchange.with_invocation(invocation().with_deadline(deadline));
        let output = exchange.gateway_response(response(200, &[], Body::from_stream(endless))).await;
        assert_failure(&output, 504, sample);
    }
}

#[tokio::test]
async fn bad_request_has_the_request_id() {
    for sample in RESPONDING {
        let flag = if *sample == "lattice-v1" { "/is_base64_encoded" } else { "/isBase64Encoded" };
        let event = Sample::named(sample).with("/body", "*").with(flag, true);
        assert_failure(&GatewayResponse::new(Exchange::new(event).result_without_app().await), 400, sample);
    }
}

/// Its status would be dropped, and the client would learn of nothing.
#[tokio::test]
async fn failure_on_a_message_of_a_websocket_api_fails_the_invocation() {
    let adapter = Adapter::new(tower::service_fn(|_: Request<Body>| async {
        if true {
            panic!("the cause of the panic");
        }
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    for sample in ["websocket-message", "websocket-disconnect"] {
        let log = Log::listen();
        match adapter.invoke(Sample::named(sample).into(), invocation()).await {
            InvocationResult::Failed(error) => assert_eq!(error.name(), "ZappaRs.App"),
            other => panic!("{sample}: {other:?}"),
        }
        assert!(log.has_error(&["the cause of the panic", invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn status_of_the_application_is_no_failure() {
    let log = Log::listen();
    for sample in GATEWAYS {
        let output = Exchange::new(Sample::named(sample)).gateway_response(response(500, &[], "its own")).await;
        assert_eq!((output.status(), output.body()), (500, b"its own".to_vec()), "{sample}");
    }
    assert!(!log.text().contains("ERROR"), "{log:?}");
}
