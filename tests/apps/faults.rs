//! A test application of faulty and unusual routes.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, DefaultBodyLimit, OriginalUri, Path, Query, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
    routing::{any, get},
};
use base64_simd::STANDARD as BASE64;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use std::{
    future::{pending, poll_fn},
    io,
    net::SocketAddr,
    time::Duration,
};
use tokio::time::sleep;

/// A size above Lambda's limit for a response.
const SEVEN_MEGABYTES: usize = 7 * 1024 * 1024;

/// The request as the application got it.
#[derive(Serialize)]
struct Echo {
    method: String,
    uri: String,
    original_uri: String,
    client: Option<SocketAddr>,
    /// The headers in the order of the header map; values as base64, since they may not be text.
    headers: Vec<(String, String)>,
    body: String,
    trailers: Vec<(String, String)>,
}

async fn echo(request: Request) -> Result<Json<Echo>, StatusCode> {
    let (head, body) = request.into_parts();
    let collected = body.collect().await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let trailers = collected.trailers().map(pairs).unwrap_or_default();
    let original = head.extensions.get::<OriginalUri>().map_or(&head.uri, |OriginalUri(uri)| uri);
    Ok(Json(Echo {
        method: head.method.to_string(),
        uri: head.uri.to_string(),
        original_uri: original.to_string(),
        client: head.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(client)| *client),
        headers: pairs(&head.headers),
        body: BASE64.encode_to_string(collected.to_bytes()),
        trailers,
    }))
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let encoded = |value: &HeaderValue| BASE64.encode_to_string(value.as_bytes());
    headers.iter().map(|(name, value)| (name.to_string(), encoded(value))).collect()
}

/// A header value in Latin-1, which HTTP allowed for decades.
async fn latin1() -> impl IntoResponse {
    let value = HeaderValue::from_bytes(b"caf\xe9").expect("bytes above 0x7f are allowed");
    ([(HeaderName::from_static("x-place"), value)], "café")
}

async fn panic() -> &'static str {
    panic!("a handler that cannot go on")
}

/// A body in pieces, each sent after the one before was read.
fn body(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Response {
    Body::from_stream(pieces).into_response()
}

fn broken() -> io::Error {
    io::Error::other("the source of this body has dried up")
}

async fn panic_in_body() -> Response {
    body(stream::once(poll_fn(|_| panic!("a body that cannot go on"))))
}

async fn error_in_body() -> Response {
    body(stream::iter([Err(broken())]))
}

/// A body of two pieces, with a pause so that each is sent alone.
async fn error_mid_stream() -> Response {
    let pieces = [Ok(Bytes::from("one\n")), Ok(Bytes::from("two\n")), Err(broken())];
    let paced = stream::iter(pieces).then(|piece| async {
        sleep(Duration::from_millis(50)).await;
        piece
    });
    body(paced)
}

async fn seven_megabytes() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain")], vec![b'x'; SEVEN_MEGABYTES])
}

#[derive(Deserialize)]
struct Pause {
    ms: u64,
}

/// Responds late, to test timeouts.
async fn slow(Query(pause): Query<Pause>) -> String {
    sleep(Duration::from_millis(pause.ms)).await;
    format!("slept {} ms\n", pause.ms)
}

async fn never() -> StatusCode {
    pending().await
}

/// Binary bytes without a content type.
async fn binary() -> Response {
    Response::new(Body::from((0..=255).collect::<Vec<u8>>()))
}

async fn cookies() -> impl IntoResponse {
    let cookie = |n: u32| (header::SET_COOKIE, format!("c{n}=v{n}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"));
    (AppendHeaders((1..=12).map(cookie).collect::<Vec<_>>()), "twelve")
}

async fn repeated() -> impl IntoResponse {
    (AppendHeaders([("x-list", "a"), ("x-list", "b, c"), ("x-list", "d")]), "three")
}

/// A body of known length, also for `HEAD` requests.
async fn sized() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain"), (header::ETAG, "\"sized\"")], "twelve bytes")
}

async fn status(Path(code): Path<u16>) -> Response {
    let Ok(code) = StatusCode::from_u16(code) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    (code, [(header::ETAG, "\"status\"")]).into_response()
}

/// Nine header values of 1 000 bytes: just below a gateway's limit of 10 240 bytes.
async fn big_headers() -> impl IntoResponse {
    let big = |n: u32| (format!("x-big-{n}"), "v".repeat(1000));
    (AppendHeaders((0..9).map(big).collect::<Vec<_>>()), "big")
}

/// A body in an encoding other than UTF-8, which must not be converted.
async fn charset() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=iso-8859-1")], b"caf\xe9".as_slice())
}

/// A body with a byte order mark, which decoders often drop.
async fn byte_order_mark() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "\u{feff}marked")
}

/// Hop-by-hop headers, which must not be forwarded.
async fn hop_by_hop() -> impl IntoResponse {
    ([(header::CONNECTION, "close"), (HeaderName::from_static("keep-alive"), "timeout=5")], "hop")
}

async fn redirect() -> impl IntoResponse {
    (StatusCode::FOUND, [(header::LOCATION, "/sized?from=here"), (header::CONTENT_LOCATION, "/redirect")])
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let app = Router::new()
        .route("/big-headers", get(big_headers))
        .route("/binary", get(binary))
        .route("/byte-order-mark", get(byte_order_mark))
        .route("/charset", get(charset))
        .route("/cookies", get(cookies))
        .route("/error-in-body", get(error_in_body))
        .route("/error-mid-stream", get(error_mid_stream))
        .route("/hop-by-hop", get(hop_by_hop))
        .route("/latin1", get(latin1))
        .route("/never", get(never))
        .route("/panic", get(panic))
        .route("/panic-in-body", get(panic_in_body))
        .route("/redirect", get(redirect))
        .route("/repeated", get(repeated))
        .route("/seven-megabytes", get(seven_megabytes))
        .route("/sized", get(sized))
        .route("/slow", get(slow))
        .route("/status/{code}", get(status))
        .fallback(any(echo))
        .layer(DefaultBodyLimit::disable());
    zappa_rs::run(app).await
}
