//! Response status and headers, in the form that each gateway reads.

use std::collections::BTreeSet;

use axum_core::body::Body;
use http::{HeaderValue, Response};
use serde_json::Value;

use crate::{
    exchange::{Exchange, GatewayResponse, response},
    sample::{GATEWAYS, Sample},
};

async fn gateway_response(sample: &str, headers: &[(&str, &str)]) -> GatewayResponse {
    Exchange::new(Sample::named(sample)).gateway_response(response(200, headers, "body")).await
}

fn keys(output: &GatewayResponse) -> BTreeSet<&str> {
    output.0.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn assert_keys(output: &GatewayResponse, known: &[&str]) {
    let unknown: Vec<_> = keys(output).into_iter().filter(|key| !known.contains(key)).collect();
    assert!(unknown.is_empty(), "keys that the gateway does not know: {unknown:?}");
}

const MANY: &[(&str, &str)] = &[
    ("content-type", "text/plain"),
    ("x-list", "a"),
    ("x-list", "b, c"),
    ("x-list", "a"),
    ("set-cookie", "a=1; Path=/"),
    ("set-cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
    ("set-cookie", "a=3"),
];

#[tokio::test]
async fn rest_responds_in_multi_value_headers() {
    let event = Sample::named("rest-custom-domain");
    let output = Exchange::new(event).gateway_response(response(200, MANY, "body")).await;
    let map = output.0["multiValueHeaders"].as_object().expect("a map");
    assert_eq!(map["x-list"], serde_json::json!(["a", "b, c", "a"]));
    assert_eq!(
        map["set-cookie"],
        serde_json::json!(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3"])
    );
    assert_eq!(map["content-type"], serde_json::json!(["text/plain"]));
    assert!(output.0.get("headers").is_none_or(|headers| headers.as_object().is_some_and(|map| map.is_empty())));
}

#[tokio::test]
async fn rest_response_has_no_key_that_the_gateway_does_not_know() {
    for body in ["body", ""] {
        let output = Exchange::new(Sample::named("rest-get")).gateway_response(response(200, MANY, body)).await;
        assert_keys(&output, &["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);
    }
}

#[tokio::test]
async fn payload_2_sends_cookies_apart_and_joins_the_rest() {
    for sample in ["http-get", "url-get"] {
        let output = gateway_response(sample, MANY).await;
        assert_keys(&output, &["statusCode", "headers", "cookies", "body", "isBase64Encoded"]);
        assert_eq!(output.0["headers"]["x-list"], "a, b, c, a", "{sample}");
        assert_eq!(output.0["headers"]["content-type"], "text/plain", "{sample}");
        let cookies = serde_json::json!(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3"]);
        assert_eq!(output.0["cookies"], cookies, "{sample}");
        let headers = output.0["headers"].as_object().expect("a map");
        assert!(!headers.keys().any(|key| key.eq_ignore_ascii_case("set-cookie")), "{sample}: a cookie twice");
    }
}

#[tokio::test]
async fn alb_responds_in_the_mode_of_the_event() {
    let multi = gateway_response("alb-multi", MANY).await;
    assert_keys(&multi, &["statusCode", "statusDescription", "multiValueHeaders", "body", "isBase64Encoded"]);
    assert_eq!(multi.values("x-list"), ["a", "b, c", "a"]);
    assert_eq!(multi.values("set-cookie").len(), 3);
    let single = gateway_response("alb-single", MANY).await;
    assert_keys(&single, &["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"]);
    assert_eq!(single.values("x-list"), ["a, b, c, a"]);
}

#[tokio::test]
async fn alb_response_always_has_its_map() {
    // A load balancer in multi-value mode responds with 502 to a response without that map.
    for (sample, map) in
        [("alb-multi", "multiValueHeaders"), ("alb-single", "headers"), ("alb-health-check", "headers")]
    {
        let output = Exchange::new(Sample::named(sample)).gateway_response(Response::new(Body::empty())).await;
        assert!(output.0[map].is_object(), "{sample}: {}", output.0);
    }
}

#[tokio::test]
async fn alb_has_a_status_description() {
    for sample in ["alb-single", "alb-multi"] {
        for (status, description) in [(200, "200 OK"), (404, "404 Not Found"), (503, "503 Service Unavailable")] {
            let output = Exchange::new(Sample::named(sample)).gateway_response(response(status, &[], "")).await;
            assert_eq!(output.0["statusDescription"], description, "{sample}");
        }
        let odd = Exchange::new(Sample::named(sample)).gateway_response(response(599, &[], "")).await;
        let description = odd.0["statusDescription"].as_str().expect("a text");
        assert!(description.starts_with("599"), "{sample}: {description}");
    }
}

#[tokio::test]
async fn single_value_mode_carries_several_cookies_under_names_that_differ_in_case() {
    for sample in ["alb-single", "alb-health-check"] {
        let output = Exchange::new(Sample::named(sample)).gateway_response(response(200, MANY, "body")).await;
        let headers = output.0["headers"].as_object().expect("a map");
        let mut cookies: Vec<&Value> =
            headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value).collect();
        cookies.sort_by_key(|cookie| cookie.to_string());
        assert_eq!(cookies, ["a=1; Path=/", "a=3", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"], "{sample}");
    }
}

#[tokio::test]
async fn single_value_mode_carries_many_cookies() {
    let cookies: Vec<String> = (0..40).map(|i| format!("c{i}={i}")).collect();
    let headers: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", cookie.as_str())).collect();
    let mut values = gateway_response("alb-single", &headers).await.values("set-cookie");
    let mut expected = cookies.clone();
    values.sort();
    expected.sort();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn lattice_responds_with_every_value() {
    for sample in ["lattice-v1", "lattice-v2"] {
        let output = gateway_response(sample, MANY).await;
        assert_eq!(output.values("set-cookie").len(), 3, "{sample}: {}", output.0);
        assert_eq!(output.values("content-type"), ["text/plain"], "{sample}");
        assert!(output.0["isBase64Encoded"].is_boolean(), "{sample}: the service demands it");
    }
}

#[tokio::test]
async fn headers_outside_ascii_reach_the_gateway() {
    for sample in GATEWAYS {
        let mut app_response = response(200, &[("x-utf-8", "Ärger"), ("x-after", "here")], "body");
        app_response.headers_mut().insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let output = Exchange::new(Sample::named(sample)).gateway_response(app_response).await;
        assert_eq!(output.status(), 200, "{sample}");
        assert_eq!(output.value("x-after").as_deref(), Some("here"), "{sample}");
        assert_eq!(output.value("x-utf-8").as_deref(), Some("Ärger"), "{sample}");
        assert_eq!(output.value("x-latin").as_deref(), Some("café"), "{sample}");
    }
}

#[tokio::test]
async fn header_values_are_escaped_for_json() {
    let value = r#"W/"a\b", "c""#;
    for sample in GATEWAYS {
        assert_eq!(
            gateway_response(sample, &[("etag", value)]).await.value("etag").as_deref(),
            Some(value),
            "{sample}"
        );
        assert_eq!(
            gateway_response(sample, &[("x-tab", "a\tb")]).await.value("x-tab").as_deref(),
            Some("a\tb"),
            "{sample}"
        );
    }
}

#[tokio::test]
async fn hop_by_hop_headers_are_dropped() {
    for sample in GATEWAYS {
        let headers = [
            ("connection", "close"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("x-other", "stays"),
        ];
        let output = gateway_response(sample, &headers).await;
        for name in ["connection", "transfer-encoding", "keep-alive"] {
            assert_eq!(output.values(name), [""; 0], "{sample} {name}");
        }
        assert_eq!(output.value("x-other").as_deref(), Some("stays"), "{sample}");
    }
}

#[tokio::test]
async fn headers_that_connection_names_are_dropped() {
    for sample in GATEWAYS {
        let headers = [
            ("connection", "close, X-Hop"),
            ("connection", "x-other-hop,, bad name"),
            ("x-hop", "1"),
            ("x-other-hop", "2"),
            ("x-other", "stays"),
            ("x-hop-2", "stays"),
        ];
        let output = gateway_response(sample, &headers).await;
        for name in ["connection", "x-hop", "x-other-hop"] {
            assert_eq!(output.values(name), [""; 0], "{sample} {name}");
        }
        assert_eq!(
            (output.value("x-other").as_deref(), output.value("x-hop-2").as_deref()),
            (Some("stays"), Some("stays")),
            "{sample}"
        );
    }
}

/// The `content-length` that the client gets where the app sends one, by method and status.
pub(crate) const LENGTHS: &[(&str, u16, &str, Option<&str>)] = &[
    ("GET", 200, "4", None),
    ("POST", 201, "4", None),
    ("HEAD", 200, "12", Some("12")),
    ("HEAD", 200, "0", Some("0")),
    ("GET", 204, "0", None),
    ("GET", 204, "12", None),
    ("HEAD", 204, "0", None),
    ("HEAD", 204, "12", None),
    ("GET", 304, "0", None),
    ("GET", 304, "12", None),
    ("HEAD", 304, "0", None),
    ("HEAD", 304, "12", Some("12")),
];

#[tokio::test]
async fn length_is_sent_only_where_a_body_is_described_and_not_sent() {
    for sample in GATEWAYS.iter().filter(|sample| !sample.starts_with("websocket")) {
        for (method, status, length, expected) in LENGTHS {
            let event = Sample::named(sample).with_method(method);
            let output =
                Exchange::new(event).gateway_response(response(*status, &[("content-length", length)], "body")).await;
            assert_eq!(output.value("content-length").as_deref(), *expected, "{sample} {method} {status} {length}");
        }
    }
}

#[tokio::test]
async fn every_status_reaches_the_gateway() {
    for sample in GATEWAYS {
        for status in [200, 201, 206, 301, 400, 401, 418, 429, 500, 503, 599, 999] {
            let output = Exchange::new(Sample::named(sample)).gateway_response(response(status, &[], "")).await;
            assert_eq!(output.status(), u64::from(status), "{sample}");
        }
    }
}
