//! Request bodies: the application gets the bytes that the client sent.

use serde_json::{Value, json};

use crate::{
    exchange::{Exchange, GatewayResponse},
    sample::{GATEWAYS, Sample},
};

/// The key of the body's encoding.
fn flag(sample: &str) -> &'static str {
    if sample == "lattice-v1" { "/is_base64_encoded" } else { "/isBase64Encoded" }
}

fn with_body(sample: &str, body: impl Into<Value>, is_base64: bool) -> Sample {
    Sample::named(sample).with("/body", body).with(flag(sample), is_base64)
}

async fn body(event: Sample) -> Vec<u8> {
    Exchange::new(event).app_request().await.body.to_vec()
}

#[tokio::test]
async fn text_arrives_byte_for_byte() {
    for text in [
        "{\"a\":1}",
        "é ü 日本 🦀",
        "\u{feff}mark",
        "nul \u{0} tab \t quote \" slash / back \\",
        "line\r\nline\n",
        "\u{7f}\u{80}\u{ffff}",
    ] {
        for sample in GATEWAYS {
            assert_eq!(body(with_body(sample, text, false)).await, text.as_bytes(), "{sample} {text:?}");
        }
    }
}

#[tokio::test]
async fn escapes_of_the_event_are_undone() {
    let event = r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"POST"}},
        "body":"\u00e9\ud83e\udd80\/\\\"\b\f\n\r\t\u0000","isBase64Encoded":false}"#;
    let request = Exchange::new(event).app_request().await;
    assert_eq!(request.body, "é🦀/\\\"\u{8}\u{c}\n\r\t\0".as_bytes());
}

#[tokio::test]
async fn base64_is_decoded_whatever_the_method() {
    for sample in ["rest-get", "http-get", "url-get", "alb-single", "alb-multi", "lattice-v1", "lattice-v2"] {
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH", "PROPFIND"] {
            let request = Exchange::new(with_body(sample, "AP/+", true).with_method(method)).app_request().await;
            assert_eq!(request.body, [0_u8, 0xff, 0xfe].as_slice(), "{sample} {method}");
            assert_eq!(request.head.method, method, "{sample}");
        }
    }
}

#[tokio::test]
async fn every_byte_survives_base64() {
    assert_eq!(body(Sample::named("rest-post-binary")).await, (0..=255).collect::<Vec<u8>>());
}

#[tokio::test]
async fn base64_is_read_with_tolerance() {
    for (written, bytes) in [
        ("AP/+AA==", &[0, 0xff, 0xfe, 0][..]),
        ("AP/+AA", &[0, 0xff, 0xfe, 0]),
        ("AP/+AA=", &[0, 0xff, 0xfe, 0]),
        ("AP_-AA==", &[0, 0xff, 0xfe, 0]),
        ("AP_-AA", &[0, 0xff, 0xfe, 0]),
        ("AP/+\r\nAA==", &[0, 0xff, 0xfe, 0]),
        ("AP/+\nAA==\n", &[0, 0xff, 0xfe, 0]),
        ("A\nP\n/\n+", &[0, 0xff, 0xfe]),
    ] {
        for sample in GATEWAYS {
            assert_eq!(body(with_body(sample, written, true)).await, bytes, "{sample} {written:?}");
        }
    }
}

#[tokio::test]
async fn other_base64_is_a_400_and_never_reaches_the_app() {
    for written in ["A", "*", "AP/+!", "A===", "====", "AA==AA==", "AP/é", "AP/+A\u{0}"] {
        for sample in GATEWAYS {
            let result = Exchange::new(with_body(sample, written, true)).result_without_app().await;
            let output = GatewayResponse::new(result);
            assert_eq!(output.status(), 400, "{sample} {written:?}");
        }
    }
}

#[tokio::test]
async fn null_empty_and_absent_are_an_empty_body() {
    for sample in GATEWAYS {
        for is_base64 in [true, false] {
            assert_eq!(body(with_body(sample, Value::Null, is_base64)).await, b"", "{sample}");
            assert_eq!(body(with_body(sample, "", is_base64)).await, b"", "{sample}");
            assert_eq!(body(with_body(sample, "x", is_base64).without("/body")).await, b"", "{sample}");
        }
    }
}

#[tokio::test]
async fn body_that_is_not_marked_is_text() {
    for sample in ["rest-get", "http-get", "alb-single", "lattice-v1"] {
        let event = with_body(sample, "QUJD", false);
        assert_eq!(body(event.clone().without(flag(sample))).await, b"QUJD", "{sample}");
        assert_eq!(body(event.with(flag(sample), json!(null))).await, b"QUJD", "{sample}");
    }
}

#[tokio::test]
async fn large_bodies_arrive_whole() {
    let bytes: Vec<u8> = (0..4_500_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let received = body(with_body("http-post-base64", base64_simd::STANDARD.encode_to_string(&bytes), true)).await;
    assert!(received == bytes, "4.5 MB of base64");
    let text = "line with \"escapes\"\n\u{e9}".repeat(200_000);
    let received = body(with_body("rest-post-json", text.clone(), false)).await;
    assert!(received == text.as_bytes(), "4.5 MB of text");
}

#[tokio::test]
async fn coding_of_a_body_that_a_rest_api_has_unpacked_is_not_claimed() {
    for (sample, is_base64, body, expected) in [
        ("rest-get", false, "text", None),
        ("rest-get", true, "dGV4dA==", Some("gzip")),
        ("http-get", false, "text", Some("gzip")),
        ("http-v1-get", false, "text", Some("gzip")),
        ("alb-multi", false, "text", Some("gzip")),
    ] {
        let map = if sample == "http-get" { "/headers" } else { "/multiValueHeaders" };
        let value = if sample == "http-get" { json!("gzip") } else { json!(["gzip"]) };
        let event = with_body(sample, body, is_base64).with(&format!("{map}/Content-Encoding"), value);
        let request = Exchange::new(event).app_request().await;
        assert_eq!(
            (&*request.body, request.value("content-encoding").as_deref()),
            (&b"text"[..], expected),
            "{sample}"
        );
    }
}
