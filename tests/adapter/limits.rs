//! Size limits of responses.

use std::convert::Infallible;

use axum_core::body::Body;
use zappa_rs_adapter::InvocationResult;

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, response},
    log::Log,
    sample::Sample,
};

/// Lambda's limit for a response, in bytes of JSON.
const LAMBDA: usize = 6_291_556;
/// A load balancer's limit.
const ALB: usize = 1_048_576;

/// The gateways, each with its limit for a buffered response.
const LIMITS: &[(&str, usize)] = &[
    ("rest-get", LAMBDA),
    ("http-get", LAMBDA),
    ("url-get", LAMBDA),
    ("lattice-v1", LAMBDA),
    ("lattice-v2", LAMBDA),
    ("alb-single", ALB),
    ("alb-multi", ALB),
];

async fn invoke(sample: &str, body: impl Into<Body>) -> InvocationResult {
    Exchange::new(Sample::named(sample)).outcome(response(200, &[("content-type", "text/plain")], body)).await.1
}

fn buffered(result: InvocationResult) -> bytes::Bytes {
    match result {
        InvocationResult::Buffered(bytes) => bytes,
        other => panic!("not a buffered response: {other:?}"),
    }
}

#[tokio::test]
async fn response_of_exactly_the_limit_goes_through() {
    for &(sample, limit) in LIMITS {
        let around = buffered(invoke(sample, "a").await).len() - 1;
        let largest = buffered(invoke(sample, "a".repeat(limit - around)).await);
        assert_eq!(largest.len(), limit, "{sample}");
        let output = GatewayResponse::new(invoke(sample, "a".repeat(limit - around + 1)).await);
        assert_eq!(output.status(), 500, "{sample}");
    }
}

#[tokio::test]
async fn limit_counts_bytes_of_json_not_of_the_body() {
    // In JSON a quote is two bytes, and three binary bytes are four.
    let output = GatewayResponse::new(invoke("http-get", "\"".repeat(LAMBDA / 2)).await);
    assert_eq!(output.status(), 500);
    let binary = response(200, &[("content-type", "image/png")], vec![0xff_u8; 4_800_000]);
    let output = Exchange::new(Sample::named("http-get")).gateway_response(binary).await;
    assert_eq!(output.status(), 500);
    let binary = response(200, &[("content-type", "image/png")], vec![0xff_u8; 4_600_000]);
    let output = Exchange::new(Sample::named("http-get")).gateway_response(binary).await;
    assert_eq!((output.status(), output.body().len()), (200, 4_600_000));
}

#[tokio::test]
async fn too_large_response_is_a_500_that_says_so_and_a_log_line_with_size_and_way_out() {
    for &(sample, limit) in LIMITS {
        let log = Log::listen();
        let output = GatewayResponse::new(invoke(sample, "a".repeat(limit + 1000)).await);
        assert_eq!(output.status(), 500, "{sample}");
        let body: serde_json::Value = serde_json::from_slice(&output.body()).expect("a JSON body");
        assert!(body.to_string().to_lowercase().contains("too large"), "{sample}: {body}");
        let id = invocation().request_id().to_owned();
        assert!(log.has_error(&["stream", &limit.to_string(), &id]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn endless_body_ends_at_the_limit() {
    for &(sample, _) in LIMITS {
        let piece = bytes::Bytes::from(vec![b'a'; 64 * 1024]);
        let endless = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()));
        let output = GatewayResponse::new(invoke(sample, Body::from_stream(endless)).await);
        assert_eq!(output.status(), 500, "{sample}");
    }
}
