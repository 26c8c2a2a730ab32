//! CORS headers of responses: added behind a REST API by the variable that a deploy sets, and by nobody else.

use axum_core::body::Body;
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use zappa_rs_adapter::{
    InvocationResult,
    contract::{
        STREAMS_REST,
        variable::{CORS, STREAMING},
    },
};

use crate::{
    exchange::{Exchange, GatewayResponse, response},
    sample::{GATEWAYS, Sample},
};

const POLICY: &str = "https://shop.example.com http://localhost:5173; credentials; expose=etag";

/// A REST API's event with this `Origin`.
fn from(origin: &str) -> Sample {
    Sample::named("rest-get").with("/multiValueHeaders/Origin", json!([origin])).with("/headers/Origin", origin)
}

async fn answered(event: Sample, app: Response<Body>) -> GatewayResponse {
    Exchange::new(event).with_variables(&[(CORS, POLICY)]).gateway_response(app).await
}

#[tokio::test]
async fn an_allowed_origin_may_read_the_response() {
    let output = answered(from("http://localhost:5173"), response(200, &[("vary", "accept")], "ok")).await;
    assert_eq!(output.value("access-control-allow-origin").as_deref(), Some("http://localhost:5173"));
    assert_eq!(output.value("access-control-allow-credentials").as_deref(), Some("true"));
    assert_eq!(output.value("access-control-expose-headers").as_deref(), Some("etag"));
    assert_eq!(output.values("vary"), ["accept", "Origin"]);
    assert_eq!(output.body(), b"ok");
}

#[tokio::test]
async fn another_origin_gets_the_response_without_permission_to_read_it() {
    for event in
        [from("https://evil.example"), from("https://shop.example.com.evil.example"), Sample::named("rest-get")]
    {
        let output = answered(event, response(200, &[], "ok")).await;
        assert_eq!(output.value("access-control-allow-origin"), None);
        assert_eq!(output.value("access-control-allow-credentials"), None);
        assert_eq!(output.value("vary").as_deref(), Some("Origin"));
    }
}

#[tokio::test]
async fn an_application_that_decides_itself_is_not_overridden() {
    let own = response(200, &[("access-control-allow-origin", "https://own.example"), ("vary", "origin")], "ok");
    let output = answered(from("https://shop.example.com"), own).await;
    assert_eq!(output.values("access-control-allow-origin"), ["https://own.example"]);
    assert_eq!(output.values("vary"), ["origin"]);
    assert_eq!(output.value("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn errors_of_the_adapter_can_be_read_too() {
    let body = Body::from("x".repeat(7 * 1024 * 1024));
    let output = answered(from("https://shop.example.com"), Response::new(body)).await;
    assert_eq!(output.status(), u64::from(StatusCode::INTERNAL_SERVER_ERROR.as_u16()));
    assert_eq!(output.value("access-control-allow-origin").as_deref(), Some("https://shop.example.com"));
}

#[tokio::test]
async fn a_stream_has_the_headers_in_its_prelude() {
    let exchange =
        Exchange::new(from("https://shop.example.com")).with_variables(&[(CORS, POLICY), (STREAMING, STREAMS_REST)]);
    let (_, InvocationResult::Streaming(stream)) = exchange.outcome(response(200, &[], "ok")).await else { panic!() };
    let Ok(bytes) = stream.collect().await;
    let bytes = bytes.to_bytes();
    let end = bytes.windows(8).position(|window| window == [0; 8]).unwrap();
    let prelude: Value = serde_json::from_slice(&bytes[..end]).unwrap();
    assert_eq!(prelude["multiValueHeaders"]["access-control-allow-origin"], json!(["https://shop.example.com"]));
}

#[tokio::test]
async fn other_gateways_add_their_own_and_without_the_variable_there_are_none() {
    for sample in GATEWAYS.iter().filter(|sample| !sample.starts_with("rest")) {
        let output = answered(Sample::named(sample), response(200, &[], "ok")).await;
        assert!(output.values("access-control-allow-origin").is_empty(), "{sample}");
        assert!(output.values("vary").is_empty(), "{sample}");
    }
    let output = Exchange::new(from("https://shop.example.com")).gateway_response(response(200, &[], "ok")).await;
    assert!(!output.0.to_string().contains("ccess-control"), "{}", output.0);
}
