//! The client that puts a response at CloudFormation's presigned URL.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::BoxError;

const ATTEMPTS: u32 = 5;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// An attempt that failed.
struct Failure {
    error: BoxError,
    is_final: bool,
}

/// Puts `body` at `url`, several times if it fails, up to `end`.
///
/// # Errors
/// The last attempt failed. The error does not contain the URL, which is a secret.
pub(super) async fn put(url: &str, body: Bytes, end: Option<Instant>) -> Result<(), BoxError> {
    let url = url.parse().ok().filter(|url: &Uri| url.scheme().is_some());
    let url = url.ok_or("`ResponseURL` is not a valid URL")?;
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let mut backoff = FIRST_BACKOFF;
    let mut attempt = 1;
    loop {
        let timeout = Instant::now() + ATTEMPT_TIMEOUT;
        let timeout = end.map_or(timeout, |end| end.min(timeout));
        let result = timeout_at(timeout, attempt_put(&client, &url, body.clone())).await;
        let failure = match result {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(_) => Failure { error: "no answer in time".into(), is_final: false },
        };
        let is_late = end.is_some_and(|end| Instant::now() + backoff >= end);
        if failure.is_final || is_late || attempt == ATTEMPTS {
            return Err(failure.error);
        }
        sleep(backoff).await;
        backoff *= 2;
        attempt += 1;
    }
}

async fn attempt_put(
    client: &Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: &Uri,
    body: Bytes,
) -> Result<(), Failure> {
    let failure = |error: BoxError| Failure { error, is_final: false };
    let request = Request::put(url)
        // The URL's signature is of an empty type.
        .header(CONTENT_TYPE, HeaderValue::from_static(""))
        .header(USER_AGENT, concat!("zappa-rs/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(body))
        .map_err(|error| Failure { error: error.into(), is_final: true })?;
    let response = client.request(request).await.map_err(|error| failure(error.into()))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    // The reason of S3, such as an expired signature.
    let body = Limited::new(response.into_body(), 10_000).collect().await.map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code);
    let is_transient = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    let is_final = status.is_client_error() && !is_transient;
    Err(Failure { error: format!("status {status} {code}").trim_end().into(), is_final })
}
