//! Streamed responses, of the gateways that support them.

use std::{
    convert::Infallible,
    io,
    pin::pin,
    time::{Duration, SystemTime},
};

use axum_core::body::Body;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use zappa_rs_adapter::{
    Adapter, InvocationResult,
    contract::{STREAMS_FUNCTION_URL, STREAMS_REST, variable::STREAMING},
};

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, options, response},
    log::Log,
    response_headers::LENGTHS,
    sample::{GATEWAYS, Sample},
};

/// The two gateways that stream, each with its value of the variable.
const STREAMS: &[(&str, &str)] = &[("url-get", STREAMS_FUNCTION_URL), ("rest-get", STREAMS_REST)];

/// A streamed response, read to its end.
struct Streamed {
    prelude: Value,
    body: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl Streamed {
    async fn read(result: InvocationResult) -> Self {
        let InvocationResult::Streaming(body) = result else { panic!("not a streamed response: {result:?}") };
        let Ok(collected) = body.collect().await;
        let trailers = collected.trailers().cloned();
        let bytes = collected.to_bytes();
        let at = bytes.windows(8).position(|window| window == [0; 8]).expect("eight NULs");
        let prelude = serde_json::from_slice(&bytes[..at]).expect("a prelude is JSON");
        Self { prelude, body: bytes[at + 8..].to_vec(), trailers }
    }

    /// The type and description of the error in the trailers.
    fn error(&self) -> (String, Value) {
        let trailers = self.trailers.as_ref().expect("trailers");
        let kind = trailers["lambda-runtime-function-error-type"].to_str().unwrap().to_owned();
        let body =
            base64_simd::STANDARD.decode_to_vec(trailers["lambda-runtime-function-error-body"].as_bytes()).unwrap();
        (kind, serde_json::from_slice(&body).expect("an error is JSON"))
    }
}

async fn invoke(event: Sample, word: &str, response: Response<Body>) -> InvocationResult {
    Exchange::new(event).with_variables(&[(STREAMING, word)]).outcome(response).await.1
}

async fn streamed(sample: &str, word: &str, response: Response<Body>) -> Streamed {
    Streamed::read(invoke(Sample::named(sample), word, response).await).await
}

#[tokio::test]
async fn function_url_prelude_has_joined_headers_and_cookies() {
    let headers = [
        ("content-type", "text/plain"),
        ("x-list", "a"),
        ("x-list", "b"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ];
    let streamed = streamed("url-get", STREAMS_FUNCTION_URL, response(201, &headers, "hello")).await;
    assert_eq!(
        streamed.prelude,
        json!({"statusCode": 201, "headers": {"content-type": "text/plain", "x-list": "a, b"}, "cookies": ["a=1", "b=2"]})
    );
    assert_eq!(streamed.body, b"hello");
    assert!(streamed.trailers.is_none());
}

#[tokio::test]
async fn rest_prelude_has_multi_value_headers() {
    let headers = [
        ("content-type", "text/plain"),
        ("x-list", "a"),
        ("x-list", "b"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ];
    let streamed = streamed("rest-custom-domain", STREAMS_REST, response(201, &headers, "hello")).await;
    assert_eq!(
        streamed.prelude,
        json!({"statusCode": 201, "multiValueHeaders": {"content-type": ["text/plain"], "x-list": ["a", "b"], "set-cookie": ["a=1", "b=2"]}})
    );
    assert_eq!(streamed.body, b"hello");
}

#[tokio::test]
async fn only_the_gateways_that_deploy_named_stream() {
    for sample in GATEWAYS {
        for (word, streams) in [
            ("", None),
            (STREAMS_FUNCTION_URL, Some("url-get")),
            (STREAMS_REST, Some("rest-get")),
            ("off", None),
            ("other", None),
        ] {
            let result = invoke(Sample::named(sample), word, response(200, &[], "body")).await;
            assert_eq!(matches!(result, InvocationResult::Streaming(_)), streams == Some(*sample), "{sample} {word:?}");
        }
    }
    let both = format!("{STREAMS_REST},{STREAMS_FUNCTION_URL}");
    for (sample, _) in STREAMS {
        assert!(
            matches!(
                invoke(Sample::named(sample), &both, response(200, &[], "")).await,
                InvocationResult::Streaming(_)
            ),
            "{sample}"
        );
    }
    for sample in ["http-get", "alb-single", "alb-multi", "lattice-v2", "websocket-message"] {
        assert!(
            matches!(invoke(Sample::named(sample), &both, response(200, &[], "")).await, InvocationResult::Buffered(_)),
            "{sample}"
        );
    }
}

#[tokio::test]
async fn bytes_are_streamed_as_they_are() {
    let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
    for (sample, word) in STREAMS {
        for kind in ["text/plain", "application/octet-stream"] {
            let streamed = streamed(sample, word, response(200, &[("content-type", kind)], bytes.clone())).await;
            assert_eq!(streamed.body, bytes, "{sample}");
        }
    }
}

#[tokio::test]
async fn eight_nuls_stand_between_prelude_and_body_even_without_a_body() {
    for (sample, word) in STREAMS {
        let InvocationResult::Streaming(body) = invoke(Sample::named(sample), word, response(200, &[], "")).await
        else {
            panic!()
        };
        let bytes = body.collect().await.unwrap().to_bytes();
        assert!(bytes.ends_with(b"}\0\0\0\0\0\0\0\0"), "{sample}: {bytes:?}");
    }
}

#[tokio::test]
async fn first_bytes_leave_before_the_last_are_written() {
    for (sample, word) in STREAMS {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
        let pieces = stream::unfold(receiver, |mut receiver| async {
            let piece = receiver.recv().await?;
            Some((Ok::<_, Infallible>(piece), receiver))
        });
        let result = invoke(Sample::named(sample), word, response(200, &[], Body::from_stream(pieces))).await;
        let InvocationResult::Streaming(body) = result else { panic!("{sample}") };
        let mut body = pin!(body);
        let mut next = async || body.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
        assert!(next().await.unwrap().ends_with(&[0; 8]), "{sample}: the prelude leaves before any byte is written");
        assert!(next().now_or_never().is_none(), "{sample}: nothing is written yet");
        for piece in ["first", "second"] {
            sender.send(piece).unwrap();
            assert_eq!(next().await.unwrap(), piece, "{sample}");
            assert!(next().now_or_never().is_none(), "{sample}");
        }
        drop(sender);
        assert!(next().await.is_none(), "{sample}");
    }
}

#[tokio::test]
async fn error_in_mid_stream_ends_with_trailers_and_never_as_bytes() {
    for (sample, word) in STREAMS {
        let log = Log::listen();
        let pieces = [Ok("first"), Err(io::Error::other("the disk is gone")), Ok("never")];
        let streamed = streamed(sample, word, response(200, &[], Body::from_stream(stream::iter(pieces)))).await;
        assert_eq!(streamed.prelude["statusCode"], 200);
        assert_eq!(streamed.body, b"first", "{sample}");
        let (kind, error) = streamed.error();
        assert!(!kind.is_empty());
        assert_eq!(error["errorType"], kind, "{sample}");
        assert!(error["errorMessage"].as_str().unwrap().contains("the disk is gone"), "{sample}: {error}");
        assert!(log.has_error(&["the disk is gone", invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn panic_in_mid_stream_ends_with_trailers() {
    for (sample, word) in STREAMS {
        let pieces = stream::iter([Ok::<_, Infallible>("first")]).chain(stream::poll_fn(|_| panic!("in the body")));
        let streamed = streamed(sample, word, response(200, &[], Body::from_stream(pieces))).await;
        assert_eq!(streamed.body, b"first", "{sample}");
        assert!(streamed.error().1["errorMessage"].as_str().unwrap().contains("in the body"), "{sample}");
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_in_mid_stream_ends_with_trailers() {
    for (sample, word) in STREAMS {
        let pieces = stream::iter([Ok::<_, Infallible>("first")]).chain(stream::pending());
        let adapter = Adapter::new(tower::service_fn({
            let body = std::sync::Arc::new(std::sync::Mutex::new(Some(Body::from_stream(pieces))));
            move |_: Request<Body>| {
                let body = body.lock().unwrap().take().unwrap();
                async { Ok::<_, Infallible>(Response::new(body)) }
            }
        }));
        let adapter = adapter.with_options(options(&[(STREAMING, word)]));
        let invocation = invocation().with_deadline(SystemTime::now() + Duration::from_secs(3));
        let started = tokio::time::Instant::now();
        let streamed = Streamed::read(adapter.invoke(Sample::named(sample).into(), invocation).await).await;
        assert_eq!(streamed.body, b"first", "{sample}");
        assert!(!streamed.error().0.is_empty());
        assert!(started.elapsed() < Duration::from_secs(3), "{sample}");
    }
}

#[tokio::test]
async fn failure_before_the_status_is_an_ordinary_response() {
    for (sample, word) in STREAMS {
        let adapter = Adapter::new(tower::service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, _>(io::Error::other("no database"))
        }));
        let adapter = adapter.with_options(options(&[(STREAMING, word)]));
        let streamed = Streamed::read(adapter.invoke(Sample::named(sample).into(), invocation()).await).await;
        assert_eq!(streamed.prelude["statusCode"], 500, "{sample}");
        assert!(streamed.trailers.is_none(), "{sample}: the response is whole");
        let body: Value = serde_json::from_slice(&streamed.body).expect("a JSON body");
        assert!(body.to_string().contains(invocation().request_id()), "{sample}: {body}");
    }
}

#[tokio::test]
async fn rejected_request_is_an_ordinary_response() {
    for (sample, word) in STREAMS {
        let event = Sample::named(sample).with("/body", "*").with("/isBase64Encoded", true);
        let streamed = Streamed::read(invoke(event, word, response(200, &[], "")).await).await;
        assert_eq!(streamed.prelude["statusCode"], 400, "{sample}");
    }
}

#[tokio::test]
async fn head_no_content_and_not_modified_stream_no_body() {
    for (sample, word) in STREAMS {
        for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
            let event = Sample::named(sample).with_method(method);
            let result = invoke(event, word, response(status, &[("etag", "\"1\"")], "must not be sent")).await;
            let streamed = Streamed::read(result).await;
            assert_eq!(
                (streamed.prelude["statusCode"].as_u64(), &*streamed.body),
                (Some(u64::from(status)), &b""[..]),
                "{sample}"
            );
        }
    }
}

#[tokio::test]
async fn length_of_the_prelude_follows_the_rules_of_buffered_responses() {
    for (sample, word) in STREAMS {
        for (method, status, length, expected) in LENGTHS {
            let event = Sample::named(sample).with_method(method);
            let result = invoke(event, word, response(*status, &[("content-length", length)], "body")).await;
            let prelude = Streamed::read(result).await.prelude;
            assert_eq!(
                GatewayResponse(prelude).value("content-length").as_deref(),
                *expected,
                "{sample} {method} {status} {length}"
            );
        }
    }
}

#[tokio::test]
async fn hop_by_hop_headers_are_dropped_from_the_prelude() {
    for (sample, word) in STREAMS {
        let headers = [
            ("connection", "close, x-named"),
            ("x-named", "1"),
            ("trailer", "x-checksum"),
            ("proxy-connection", "close"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("x-other", "stays"),
        ];
        let prelude = streamed(sample, word, response(200, &headers, "")).await.prelude.to_string();
        assert!(
            !["connection", "transfer-encoding", "keep-alive", "x-named", "trailer", "upgrade"]
                .iter()
                .any(|name| prelude.contains(name)),
            "{prelude}"
        );
        assert!(prelude.contains("x-other"), "{prelude}");
    }
}

#[tokio::test]
async fn location_gets_the_prefix_back_in_the_prelude() {
    let streamed = streamed("rest-get", STREAMS_REST, response(303, &[("location", "/login")], "")).await;
    assert_eq!(streamed.prelude["multiValueHeaders"]["location"], json!(["/dev/login"]));
}

#[tokio::test]
async fn streams_are_not_limited_by_the_size_of_a_buffered_response() {
    let piece = vec![b'a'; 1 << 20];
    for (sample, word) in STREAMS {
        let pieces = stream::iter(std::iter::repeat_n(piece.clone(), 20).map(Ok::<_, Infallible>));
        let streamed = streamed(sample, word, response(200, &[], Body::from_stream(pieces))).await;
        assert_eq!(streamed.body.len(), 20 << 20, "{sample}");
        assert!(streamed.trailers.is_none(), "{sample}");
    }
}

#[tokio::test]
async fn trailers_of_the_application_are_not_taken_for_an_error() {
    let trailers =
        HeaderMap::from_iter([(http::HeaderName::from_static("x-checksum"), http::HeaderValue::from_static("1"))]);
    for (sample, word) in STREAMS {
        let body = Body::new(
            http_body_util::Full::new(bytes::Bytes::from("whole"))
                .with_trailers(std::future::ready(Some(Ok(trailers.clone())))),
        );
        let streamed = streamed(sample, word, response(200, &[], body)).await;
        assert_eq!(streamed.body, b"whole", "{sample}");
        assert!(
            streamed.trailers.is_none_or(|trailers| !trailers.contains_key("lambda-runtime-function-error-type")),
            "{sample}"
        );
    }
}
