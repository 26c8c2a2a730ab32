//! The status and the headers of an answer, in the shape that each gateway reads.

use std::collections::BTreeSet;

use axum_core::body::Body;
use http::{HeaderValue, Response};
use serde_json::Value;

use crate::{
    exchange::{Exchange, Told, response},
    sample::{GATEWAYS, Sample},
};

async fn told(sample: &str, headers: &[(&str, &str)]) -> Told {
    Exchange::new(Sample::named(sample)).told(response(200, headers, "body")).await
}

fn keys(told: &Told) -> BTreeSet<&str> {
    told.0.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn assert_keys(told: &Told, known: &[&str]) {
    let unknown: Vec<_> = keys(told).into_iter().filter(|key| !known.contains(key)).collect();
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
async fn rest_answers_in_multi_value_headers() {
    let event = Sample::named("rest-custom-domain");
    let told = Exchange::new(event).told(response(200, MANY, "body")).await;
    let map = told.0["multiValueHeaders"].as_object().expect("a map");
    assert_eq!(map["x-list"], serde_json::json!(["a", "b, c", "a"]));
    assert_eq!(
        map["set-cookie"],
        serde_json::json!(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3"])
    );
    assert_eq!(map["content-type"], serde_json::json!(["text/plain"]));
    assert!(told.0.get("headers").is_none_or(|headers| headers.as_object().is_some_and(|map| map.is_empty())));
}

#[tokio::test]
async fn rest_answer_has_no_key_that_the_gateway_does_not_know() {
    for body in ["body", ""] {
        let told = Exchange::new(Sample::named("rest-get")).told(response(200, MANY, body)).await;
        assert_keys(&told, &["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);
    }
}

#[tokio::test]
async fn payload_2_sends_cookies_apart_and_joins_the_rest() {
    for sample in ["http-get", "url-get"] {
        let told = told(sample, MANY).await;
        assert_keys(&told, &["statusCode", "headers", "cookies", "body", "isBase64Encoded"]);
        assert_eq!(told.0["headers"]["x-list"], "a, b, c, a", "{sample}");
        assert_eq!(told.0["headers"]["content-type"], "text/plain", "{sample}");
        let cookies = serde_json::json!(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3"]);
        assert_eq!(told.0["cookies"], cookies, "{sample}");
        let headers = told.0["headers"].as_object().expect("a map");
        assert!(!headers.keys().any(|key| key.eq_ignore_ascii_case("set-cookie")), "{sample}: a cookie twice");
    }
}

#[tokio::test]
async fn alb_answers_in_the_mode_of_the_event() {
    let multi = told("alb-multi", MANY).await;
    assert_keys(&multi, &["statusCode", "statusDescription", "multiValueHeaders", "body", "isBase64Encoded"]);
    assert_eq!(multi.values("x-list"), ["a", "b, c", "a"]);
    assert_eq!(multi.values("set-cookie").len(), 3);
    let single = told("alb-single", MANY).await;
    assert_keys(&single, &["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"]);
    assert_eq!(single.values("x-list"), ["a, b, c, a"]);
}

#[tokio::test]
async fn alb_answer_always_has_its_map() {
    // A load balancer in multi-value mode answers 502 to an answer without that map.
    for (sample, map) in
        [("alb-multi", "multiValueHeaders"), ("alb-single", "headers"), ("alb-health-check", "headers")]
    {
        let told = Exchange::new(Sample::named(sample)).told(Response::new(Body::empty())).await;
        assert!(told.0[map].is_object(), "{sample}: {}", told.0);
    }
}

#[tokio::test]
async fn alb_has_a_status_description() {
    for sample in ["alb-single", "alb-multi"] {
        for (status, description) in [(200, "200 OK"), (404, "404 Not Found"), (503, "503 Service Unavailable")] {
            let told = Exchange::new(Sample::named(sample)).told(response(status, &[], "")).await;
            assert_eq!(told.0["statusDescription"], description, "{sample}");
        }
        let odd = Exchange::new(Sample::named(sample)).told(response(599, &[], "")).await;
        let description = odd.0["statusDescription"].as_str().expect("a text");
        assert!(description.starts_with("599"), "{sample}: {description}");
    }
}

#[tokio::test]
async fn single_value_mode_carries_several_cookies_under_names_that_differ_in_case() {
    for sample in ["alb-single", "alb-health-check"] {
        let told = Exchange::new(Sample::named(sample)).told(response(200, MANY, "body")).await;
        let headers = told.0["headers"].as_object().expect("a map");
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
    let mut values = told("alb-single", &headers).await.values("set-cookie");
    let mut expected = cookies.clone();
    values.sort();
    expected.sort();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn lattice_answers_with_every_value() {
    for sample in ["lattice-v1", "lattice-v2"] {
        let told = told(sample, MANY).await;
        assert_eq!(told.values("set-cookie").len(), 3, "{sample}: {}", told.0);
        assert_eq!(told.values("content-type"), ["text/plain"], "{sample}");
        assert!(told.0["isBase64Encoded"].is_boolean(), "{sample}: the service demands it");
    }
}

#[tokio::test]
async fn headers_outside_ascii_reach_the_gateway() {
    for sample in GATEWAYS {
        let mut answer = response(200, &[("x-utf-8", "Ärger"), ("x-after", "here")], "body");
        answer.headers_mut().insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let told = Exchange::new(Sample::named(sample)).told(answer).await;
        assert_eq!(told.status(), 200, "{sample}");
        assert_eq!(told.value("x-after").as_deref(), Some("here"), "{sample}");
        assert_eq!(told.value("x-utf-8").as_deref(), Some("Ärger"), "{sample}");
        assert_eq!(told.value("x-latin").as_deref(), Some("café"), "{sample}");
    }
}

#[tokio::test]
async fn header_values_are_escaped_for_json() {
    let value = r#"W/"a\b", "c""#;
    for sample in GATEWAYS {
        assert_eq!(told(sample, &[("etag", value)]).await.value("etag").as_deref(), Some(value), "{sample}");
        assert_eq!(told(sample, &[("x-tab", "a\tb")]).await.value("x-tab").as_deref(), Some("a\tb"), "{sample}");
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
        let told = told(sample, &headers).await;
        for name in ["connection", "transfer-encoding", "keep-alive"] {
            assert_eq!(told.values(name), [""; 0], "{sample} {name}");
        }
        assert_eq!(told.value("x-other").as_deref(), Some("stays"), "{sample}");
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
        let told = told(sample, &headers).await;
        for name in ["connection", "x-hop", "x-other-hop"] {
            assert_eq!(told.values(name), [""; 0], "{sample} {name}");
        }
        assert_eq!(
            (told.value("x-other").as_deref(), told.value("x-hop-2").as_deref()),
            (Some("stays"), Some("stays")),
            "{sample}"
        );
    }
}

/// The app's length where the app gives one, by method and status.
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
            let told = Exchange::new(event).told(response(*status, &[("content-length", length)], "body")).await;
            assert_eq!(told.value("content-length").as_deref(), *expected, "{sample} {method} {status} {length}");
        }
    }
}

#[tokio::test]
async fn every_status_reaches_the_gateway() {
    for sample in GATEWAYS {
        for status in [200, 201, 206, 301, 400, 401, 418, 429, 500, 503, 599, 999] {
            let told = Exchange::new(Sample::named(sample)).told(response(status, &[], "")).await;
            assert_eq!(told.status(), u64::from(status), "{sample}");
        }
    }
}
