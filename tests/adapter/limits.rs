//! Answers that are larger than the gateway takes.

use std::convert::Infallible;

use axum_core::body::Body;
use zappa_rs_adapter::InvocationResult;

use crate::{
    exchange::{Exchange, Told, invocation, response},
    log::Log,
    sample::Sample,
};

/// What Lambda takes as an answer, in bytes of JSON.
const LAMBDA: usize = 6_291_556;
/// What a load balancer takes.
const ALB: usize = 1_048_576;

/// The gateways that take buffered answers, and how much.
const LIMITS: &[(&str, usize)] = &[
    ("rest-get", LAMBDA),
    ("http-get", LAMBDA),
    ("url-get", LAMBDA),
    ("lattice-v1", LAMBDA),
    ("lattice-v2", LAMBDA),
    ("alb-single", ALB),
    ("alb-multi", ALB),
];

async fn answer(sample: &str, body: impl Into<Body>) -> InvocationResult {
    Exchange::new(Sample::named(sample)).outcome(response(200, &[("content-type", "text/plain")], body)).await.1
}

fn buffered(answer: InvocationResult) -> bytes::Bytes {
    match answer {
        InvocationResult::Buffered(bytes) => bytes,
        other => panic!("not a buffered answer: {other:?}"),
    }
}

#[tokio::test]
async fn answer_of_exactly_the_limit_goes_through() {
    for &(sample, limit) in LIMITS {
        let around = buffered(answer(sample, "a").await).len() - 1;
        let largest = buffered(answer(sample, "a".repeat(limit - around)).await);
        assert_eq!(largest.len(), limit, "{sample}");
        let told = Told::new(answer(sample, "a".repeat(limit - around + 1)).await);
        assert_eq!(told.status(), 500, "{sample}");
    }
}

#[tokio::test]
async fn limit_counts_bytes_of_json_not_of_the_body() {
    // Every quote takes two bytes of JSON, every three binary bytes take four.
    let told = Told::new(answer("http-get", "\"".repeat(LAMBDA / 2)).await);
    assert_eq!(told.status(), 500);
    let binary = response(200, &[("content-type", "image/png")], vec![0xff_u8; 4_800_000]);
    let told = Exchange::new(Sample::named("http-get")).told(binary).await;
    assert_eq!(told.status(), 500);
    let binary = response(200, &[("content-type", "image/png")], vec![0xff_u8; 4_600_000]);
    let told = Exchange::new(Sample::named("http-get")).told(binary).await;
    assert_eq!((told.status(), told.body().len()), (200, 4_600_000));
}

#[tokio::test]
async fn too_large_answer_is_a_500_that_says_so_and_a_log_line_with_size_and_way_out() {
    for &(sample, limit) in LIMITS {
        let log = Log::listen();
        let told = Told::new(answer(sample, "a".repeat(limit + 1000)).await);
        assert_eq!(told.status(), 500, "{sample}");
        let body: serde_json::Value = serde_json::from_slice(&told.body()).expect("a JSON body");
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
        let told = Told::new(answer(sample, Body::from_stream(endless)).await);
        assert_eq!(told.status(), 500, "{sample}");
    }
}
