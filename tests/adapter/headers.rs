//! Request headers: the application gets every value that the client sent.

use http::HeaderValue;
use serde_json::{Value, json};

use crate::{
    exchange::{AppRequest, Exchange, invocation},
    log::Log,
    sample::{REQUESTS, Sample},
};

async fn app_request(sample: Sample) -> AppRequest {
    Exchange::new(sample).app_request().await
}

#[tokio::test]
async fn rest_and_alb_keep_every_value_in_order() {
    for sample in ["rest-get", "alb-multi"] {
        let values = json!(["one", "two, three", "one", ""]);
        let request = app_request(Sample::named(sample).with("/multiValueHeaders/x-custom", values)).await;
        assert_eq!(request.values("x-custom"), ["one", "two, three", "one", ""], "{sample}");
    }
}

#[tokio::test]
async fn single_headers_only_fill_what_is_missing() {
    for sample in ["rest-get", "alb-multi"] {
        let event = Sample::named(sample)
            .with("/headers", json!({"X-Both": "single", "X-ALONE": "single"}))
            .with("/multiValueHeaders/x-both", json!(["multi"]));
        let request = app_request(event).await;
        assert_eq!(request.values("x-both"), ["multi"], "{sample}");
        assert_eq!(request.values("x-alone"), ["single"], "{sample}");
    }
}

#[tokio::test]
async fn single_headers_serve_where_the_multi_value_map_is_missing() {
    for multi in [Value::Null, json!({})] {
        let event = Sample::named("rest-get").with("/multiValueHeaders", multi);
        assert_eq!(app_request(event).await.values("accept"), ["application/json"]);
    }
    let event = Sample::named("rest-get").without("/multiValueHeaders");
    assert_eq!(app_request(event).await.values("accept"), ["application/json"]);
    assert_eq!(app_request(Sample::named("alb-single")).await.values("accept"), ["application/json"]);
}

#[tokio::test]
async fn rest_sample_arrives_whole() {
    let request = app_request(Sample::named("rest-multi-headers")).await;
    assert_eq!(request.values("accept"), ["text/html", "application/json;q=0.9"]);
    assert_eq!(request.values("cookie"), ["session=abc123; theme=dark"]);
    assert_eq!(request.values("x-custom"), ["one", "two, three", "one"]);
    assert_eq!(request.values("cloudfront-viewer-country"), ["DE"]);
    assert_eq!(request.values("x-forwarded-for"), ["203.0.113.45, 198.51.100.70"]);
}

#[tokio::test]
async fn payload_2_never_splits_a_comma() {
    for sample in ["http-get", "url-get"] {
        let dates = "Mon, 29 Sep 2025 02:44:49 GMT,b, \"c,d\"";
        let request = app_request(Sample::named(sample).with("/headers/x-list", dates)).await;
        assert_eq!(request.values("x-list"), [dates], "{sample}");
    }
}

#[tokio::test]
async fn cookies_become_exactly_one_header() {
    let http_request = app_request(Sample::named("http-cookies")).await;
    assert_eq!(http_request.values("cookie"), ["session=abc123; theme=dark; note=a=b"]);
    assert_eq!(app_request(Sample::named("url-post")).await.values("cookie"), ["session=abc123"]);
    for sample in ["rest-get", "alb-multi"] {
        let request =
            app_request(Sample::named(sample).with("/multiValueHeaders/cookie", json!(["a=1", "b=2; c=3"]))).await;
        assert_eq!(request.values("cookie"), ["a=1; b=2; c=3"], "{sample}");
    }
}

#[tokio::test]
async fn payload_2_cookies_are_not_doubled_by_a_cookie_header() {
    let request =
        app_request(Sample::named("http-cookies").with("/headers/cookie", "session=abc123; theme=dark; note=a=b"))
            .await;
    assert_eq!(request.values("cookie"), ["session=abc123; theme=dark; note=a=b"]);
}

#[tokio::test]
async fn no_cookies_means_no_cookie_header() {
    for cookies in [json!([]), Value::Null] {
        assert_eq!(app_request(Sample::named("http-cookies").with("/cookies", cookies)).await.value("cookie"), None);
    }
}

#[tokio::test]
async fn lattice_keeps_every_value() {
    assert_eq!(app_request(Sample::named("lattice-v2")).await.values("x-custom"), ["one", "two"]);
    assert_eq!(app_request(Sample::named("lattice-v1")).await.values("x-custom"), ["one, two"]);
}

#[tokio::test]
async fn host_falls_back_to_the_domain_name() {
    let rest = Sample::named("rest-get").without("/headers/Host").without("/multiValueHeaders/Host");
    assert_eq!(
        app_request(rest).await.value("host").as_deref(),
        Some("a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com")
    );
    assert_eq!(
        app_request(Sample::named("rest-null-maps")).await.value("host").as_deref(),
        Some("a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com")
    );
    let http = Sample::named("http-get").without("/headers/host");
    assert_eq!(
        app_request(http).await.value("host").as_deref(),
        Some("f6g7h8i9j0.execute-api.eu-central-1.amazonaws.com")
    );
    let message = app_request(Sample::named("websocket-message")).await;
    assert_eq!(message.value("host").as_deref(), Some("w1s2a3p4i5.execute-api.eu-central-1.amazonaws.com"));
}

#[tokio::test]
async fn host_that_is_no_authority_falls_back_to_the_domain_name() {
    for host in ["", "bad host", "a/b", "a?b", "a@b@c", "[::1", "h:port", "é"] {
        let request = app_request(Sample::named("http-get").with("/headers/host", host)).await;
        assert_eq!(
            request.value("host").as_deref(),
            Some("f6g7h8i9j0.execute-api.eu-central-1.amazonaws.com"),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn host_that_is_an_authority_stays() {
    for host in ["api.example.com", "api.example.com:8443", "192.0.2.7", "[2001:db8::7]:443"] {
        assert_eq!(
            app_request(Sample::named("http-get").with("/headers/host", host)).await.value("host").as_deref(),
            Some(host)
        );
    }
}

#[tokio::test]
async fn the_domain_in_front_of_a_function_url_is_the_host_again() {
    const DOMAIN: &[(&str, &str)] = &[("ZAPPA_DOMAIN", "api.example.com")];
    let own = app_request(Sample::named("url-get")).await.value("host").unwrap();
    let asked = |sample: &str, forwarded: &str| {
        Sample::named(sample).with("/headers/x-forwarded-host", json!(forwarded)).with("/headers/host", json!(own))
    };
    let host = async |event: Sample, variables: &[(&str, &str)]| {
        Exchange::new(event).with_variables(variables).app_request().await.value("host").unwrap()
    };
    assert_eq!(host(asked("url-get", "api.example.com"), DOMAIN).await, "api.example.com");
    // Anybody can send the header to the Function URL: another name is not believed, and none without a domain.
    assert_eq!(host(asked("url-get", "evil.example"), DOMAIN).await, own);
    assert_eq!(host(asked("url-get", "api.example.com"), &[]).await, own);
    assert_eq!(host(Sample::named("url-get"), DOMAIN).await, own);
    // No other gateway is behind that distribution.
    assert_eq!(host(asked("http-get", "api.example.com"), DOMAIN).await, own);
}

#[tokio::test]
async fn no_host_at_all_is_no_failure() {
    assert_eq!(app_request(Sample::named("alb-no-headers")).await.path(), "/");
    assert_eq!(
        app_request(Sample::named("alb-single").with("/headers/host", "bad host")).await.path(),
        "/caf%C3%A9/a%20b"
    );
}

#[tokio::test]
async fn transfer_encoding_is_dropped() {
    let event = Sample::named("http-post-base64").with("/headers/transfer-encoding", "chunked");
    assert_eq!(app_request(event).await.value("transfer-encoding"), None);
    let event =
        Sample::named("rest-post-json").with("/multiValueHeaders/Transfer-Encoding", json!(["gzip", "chunked"]));
    assert_eq!(app_request(event).await.values("transfer-encoding"), [""; 0]);
}

#[tokio::test]
async fn content_length_is_the_decoded_length() {
    for (sample, length) in [
        ("rest-post-binary", "256"),
        ("rest-post-json", "66"),
        ("http-post-base64", "9"),
        ("url-post", "23"),
        ("alb-post-binary", "3"),
        ("lattice-v1", "3"),
    ] {
        let request = app_request(Sample::named(sample)).await;
        assert_eq!(request.value("content-length").as_deref(), Some(length), "{sample}");
        assert_eq!(request.body.len().to_string(), length, "{sample}");
    }
}

#[tokio::test]
async fn content_length_that_lies_is_corrected() {
    for wrong in ["999999", "0", "-1", "x"] {
        let event = Sample::named("http-post-base64").with("/headers/content-length", wrong);
        assert_eq!(app_request(event).await.value("content-length").as_deref(), Some("9"), "{wrong}");
        let event = Sample::named("rest-post-binary").with("/multiValueHeaders/Content-Length", json!([wrong, wrong]));
        assert_eq!(app_request(event).await.value("content-length").as_deref(), Some("256"), "{wrong}");
    }
}

#[tokio::test]
async fn trace_id_comes_from_the_invocation() {
    let fresh = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    for sample in REQUESTS {
        let invocation = invocation().with_trace_id(fresh);
        let request = Exchange::new(Sample::named(sample)).with_invocation(invocation).app_request().await;
        assert_eq!(request.value("x-amzn-trace-id").as_deref(), Some(fresh), "{sample}");
    }
}

#[tokio::test]
async fn trace_id_of_the_event_stays_where_the_invocation_has_none() {
    let request = app_request(Sample::named("http-get")).await;
    assert_eq!(request.value("x-amzn-trace-id").as_deref(), Some("Root=1-68d9f2a1-4f6b0c3e1d2a59780b1c2d3e"));
}

#[tokio::test]
async fn header_that_http_cannot_hold_is_dropped_with_a_warning() {
    for (name, value) in [
        ("bad name", "x"),
        ("", "x"),
        ("x-é", "x"),
        ("a:b", "x"),
        ("x-feed", "a\r\nevil: 1"),
        ("x-nul", "a\u{0}b"),
        ("x-del", "\u{7f}"),
    ] {
        for sample in ["rest-get", "http-get", "alb-single", "alb-multi", "lattice-v2"] {
            let log = Log::listen();
            let event = Sample::named(sample);
            let map = match event.0.get("multiValueHeaders") {
                Some(_) => "/multiValueHeaders",
                None => "/headers",
            };
            let value =
                if map == "/multiValueHeaders" || sample == "lattice-v2" { json!([value]) } else { json!(value) };
            let mut event = event;
            event.0.pointer_mut(map).and_then(Value::as_object_mut).unwrap().insert(name.to_owned(), value);
            let request = app_request(event).await;
            assert_eq!(request.values("evil"), [""; 0]);
            assert!(request.head.headers.contains_key("user-agent"), "the others stay: {sample} {name:?}");
            assert!(!request.head.headers.keys().any(|key| key.as_str() == name), "{sample} {name:?}");
            assert!(log.has_warning(), "{sample} {name:?}: {log:?}");
        }
    }
}

#[tokio::test]
async fn header_value_outside_ascii_arrives_as_its_bytes() {
    for sample in ["rest-get", "http-get", "alb-multi"] {
        let map = if sample == "http-get" { "/headers/x-name" } else { "/multiValueHeaders/x-name" };
        let value = if sample == "http-get" { json!("Ärger") } else { json!(["Ärger"]) };
        let request = app_request(Sample::named(sample).with(map, value)).await;
        assert_eq!(request.head.headers.get("x-name").map(HeaderValue::as_bytes), Some("Ärger".as_bytes()), "{sample}");
    }
}
