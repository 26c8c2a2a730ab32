//! Response bodies: the client gets the bytes that the application sent, encoded as text or base64.

use axum_core::body::Body;
use http::Response;
use zappa_rs_adapter::InvocationResult;

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, response},
    log::Log,
    sample::{GATEWAYS, Sample},
};

async fn gateway_response(sample: &str, app_response: Response<Body>) -> GatewayResponse {
    Exchange::new(Sample::named(sample)).gateway_response(app_response).await
}

/// Whether the adapter encodes a body as base64; the decoded bytes must be right in both cases. A WebSocket API, which has no
/// base64, is not asked.
async fn is_base64(headers: &[(&str, &str)], body: &[u8]) -> bool {
    let mut encodings = Vec::new();
    for sample in GATEWAYS.iter().filter(|sample| !sample.starts_with("websocket")) {
        let output = gateway_response(sample, response(200, headers, body.to_vec())).await;
        assert_eq!(output.body(), body, "{sample} {headers:?}");
        encodings.push(output.is_base64());
    }
    assert!(encodings.windows(2).all(|pair| pair[0] == pair[1]), "gateways disagree: {encodings:?}");
    encodings[0]
}

#[tokio::test]
async fn textual_types_go_as_text() {
    for kind in [
        "text/plain",
        "text/html; charset=utf-8",
        "TEXT/HTML",
        "Text/Css; Charset=UTF-8",
        "application/json",
        "Application/JSON",
        "application/problem+json",
        "application/xml",
        "image/svg+xml",
        "application/javascript",
        "application/x-www-form-urlencoded",
    ] {
        assert!(
            !is_base64(&[("content-type", kind)], "héllo \"x\" \u{0}\u{1f}\u{7f}\u{feff}🦀".as_bytes()).await,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn absent_type_goes_as_text_where_it_is_utf_8() {
    assert!(!is_base64(&[], "héllo".as_bytes()).await);
    assert!(is_base64(&[], b"\xff\xfe").await);
}

#[tokio::test]
async fn other_types_go_as_base64() {
    for kind in [
        "application/octet-stream",
        "image/png",
        "application/zip",
        "audio/mpeg",
        "video/mp4",
        "font/woff2",
        "application/pdf",
    ] {
        assert!(is_base64(&[("content-type", kind)], b"plain ascii").await, "{kind}");
    }
}

#[tokio::test]
async fn a_message_of_a_websocket_api_is_text_whatever_its_type() {
    let body = "{\"text\":\"héllo\"}";
    for sample in ["websocket-message", "websocket-connect", "websocket-disconnect"] {
        for headers in [
            &[("content-type", "application/octet-stream")][..],
            &[("content-type", "image/png")],
            &[("content-type", "text/plain"), ("content-encoding", "gzip")],
            &[],
        ] {
            let output = gateway_response(sample, response(200, headers, body)).await;
            assert!(!output.is_base64(), "{sample} {headers:?}");
            assert_eq!(output.0["body"], body, "{sample} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_message_of_a_websocket_api_that_is_not_utf_8_fails_and_says_so() {
    for headers in [&[("content-type", "application/octet-stream")][..], &[("content-type", "text/plain")], &[]] {
        let log = Log::listen();
        let exchange = Exchange::new(Sample::named("websocket-message"));
        let (_, result) = exchange.outcome(response(200, headers, &b"caf\xe9"[..])).await;
        let InvocationResult::Failed(error) = result else { panic!("not a failure: {result:?}") };
        let message = error.chain();
        let reason = "4 bytes, is not UTF-8, and a WebSocket API sends text only";
        assert!(message.contains(reason), "{message}");
        assert!(log.has_error(&[reason, invocation().request_id()]), "{log:?}");
    }
    // Of a handshake only status and subprotocol reach the client, such as when a layer compresses what it says.
    let output =
        gateway_response("websocket-connect", response(200, &[("content-encoding", "gzip")], &b"\x1f\x8b"[..])).await;
    assert_eq!((output.status(), output.is_base64()), (200, true));
}

#[tokio::test]
async fn textual_type_that_is_not_utf_8_goes_as_base64() {
    for body in [&b"caf\xe9"[..], b"\xed\xa0\x80", b"\xc0\x80", b"ok \xf0\x9f\xa6"] {
        assert!(is_base64(&[("content-type", "text/plain")], body).await);
        assert!(is_base64(&[("content-type", "text/plain; charset=iso-8859-1")], body).await);
    }
}

#[tokio::test]
async fn encoded_content_goes_as_base64() {
    for coding in ["gzip", "br", "zstd", "deflate"] {
        assert!(is_base64(&[("content-type", "text/plain"), ("content-encoding", coding)], b"\x1f\x8b\x08\x00").await);
        assert!(is_base64(&[("content-type", "text/plain"), ("content-encoding", coding)], b"looks like text").await);
    }
}

#[tokio::test]
async fn charset_is_never_converted() {
    let utf_16: Vec<u8> = "héllo".encode_utf16().flat_map(u16::to_le_bytes).collect();
    is_base64(&[("content-type", "text/plain; charset=utf-16le")], &utf_16).await;
    let latin = b"caf\xe9";
    for sample in GATEWAYS.iter().filter(|sample| !sample.starts_with("websocket")) {
        let output = gateway_response(
            sample,
            response(200, &[("content-type", "text/html; charset=ISO-8859-1")], latin.to_vec()),
        )
        .await;
        assert_eq!(output.value("content-type").as_deref(), Some("text/html; charset=ISO-8859-1"), "{sample}");
    }
}

#[tokio::test]
async fn byte_order_mark_stays() {
    assert!(!is_base64(&[("content-type", "text/csv")], "\u{feff}a;b".as_bytes()).await);
}

#[tokio::test]
async fn every_byte_survives() {
    let all: Vec<u8> = (0..=255).collect();
    assert!(is_base64(&[("content-type", "text/plain")], &all).await);
    assert!(is_base64(&[("content-type", "application/octet-stream")], &all).await);
}

#[tokio::test]
async fn every_character_of_json_survives() {
    let text: String = (0..=0x2100_u32).chain(0x1_f980..0x1_f990).filter_map(char::from_u32).collect();
    assert!(!is_base64(&[("content-type", "application/json")], text.as_bytes()).await);
}

#[tokio::test]
async fn empty_body_is_not_base64() {
    for headers in [&[][..], &[("content-type", "image/png")]] {
        for sample in GATEWAYS {
            assert_eq!(gateway_response(sample, response(200, headers, "")).await.body(), b"", "{sample}");
        }
    }
}

#[tokio::test]
async fn body_in_pieces_is_joined_before_it_is_judged() {
    let crab = "🦀".as_bytes();
    for sample in GATEWAYS {
        let pieces =
            [&crab[..1], &crab[1..3], &crab[3..]].map(|piece| Ok::<_, std::convert::Infallible>(piece.to_vec()));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let output = gateway_response(sample, response(200, &[("content-type", "text/plain")], body)).await;
        assert_eq!((output.body().as_slice(), output.is_base64()), (crab, false), "{sample}");
    }
}

#[tokio::test]
async fn head_sends_no_body_and_keeps_the_length() {
    for sample in ["rest-get", "http-get", "url-get", "alb-single", "alb-multi", "lattice-v1", "lattice-v2"] {
        let event = Sample::named(sample).with_method("HEAD");
        let headers = [("content-type", "text/plain"), ("content-length", "1234")];
        let output = Exchange::new(event).gateway_response(response(200, &headers, "must not be sent")).await;
        assert_eq!(output.body(), b"", "{sample}");
        assert_eq!(output.value("content-length").as_deref(), Some("1234"), "{sample}");
    }
}

#[tokio::test]
async fn no_content_and_not_modified_send_no_body() {
    for status in [204, 304] {
        for sample in GATEWAYS {
            let output = gateway_response(sample, response(status, &[("etag", "\"1\"")], "must not be sent")).await;
            assert_eq!(output.body(), b"", "{sample} {status}");
            assert_eq!(output.status(), u64::from(status), "{sample}");
            assert_eq!(output.value("etag").as_deref(), Some("\"1\""), "{sample} {status}");
        }
    }
}
