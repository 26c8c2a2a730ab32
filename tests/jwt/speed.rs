//! What the layer costs a request:
//! `cargo test --profile suite -p zappa-rs-adapter --features axum,jwt --test jwt -- --ignored --nocapture speed`.

use std::{
    convert::Infallible,
    hint::black_box,
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request, response::Response};
use serde_json::json;
use tower::{Service as _, ServiceBuilder, service_fn};
use zappa_rs_adapter::jwt::JwtLayer;

use super::{builder, claims, signer::Signer};

const REQUESTS: usize = 2_000;
const LIMIT: Duration = Duration::from_micros(100);

#[tokio::test]
#[ignore = "a measurement, which needs an optimized build and an idle machine"]
async fn a_token_by_rs256_takes_100_microseconds_at_most() {
    let signer = Signer::rsa("a", "RS256");
    let bearer = format!("Bearer {}", signer.sign(&claims(&json!({"scope": "read write", "username": "ada"}))));
    let layer = JwtLayer::new(builder(&[&signer]).scopes(["read"]).build().unwrap());
    let inner = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let mut service = ServiceBuilder::new().layer(layer).service(inner);
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let request = Request::get("/").header("authorization", &bearer).body(Body::empty()).unwrap();
        let begin = Instant::now();
        let response = black_box(service.call(black_box(request)).await.unwrap());
        times.push(begin.elapsed());
        assert_eq!(response.status(), 200);
    }
    times.sort_unstable();
    let (median, late) = (times[REQUESTS / 2], times[REQUESTS * 99 / 100]);
    println!("a request with a token by RS256: median {median:?}, 99th percentile {late:?}");
    assert!(median <= LIMIT, "{median:?}");
}
