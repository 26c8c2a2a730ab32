//! Fetching the keys of an issuer over HTTP: bounded in size and time, and without redirects.

use std::{error::Error as _, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Uri,
    header::{ACCEPT, CACHE_CONTROL, USER_AGENT},
};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::time::timeout;

use super::{
    key_set::{KeySet, MAX_DOCUMENT},
    source::{Source, key_set_url},
};

/// The time for all of it: clients wait, and API Gateway waits for 29 seconds at most.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long keys are used if the issuer does not say it, as API Gateway does:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-keys.html>.
const DEFAULT_AGE: Duration = Duration::from_secs(60 * 60);
/// An issuer that forbids caching is asked every few minutes all the same, and not for every request.
const MIN_AGE: Duration = Duration::from_secs(5 * 60);
/// A key that an issuer withdraws is used no longer than this.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Keys as an issuer publishes them now.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) keys: KeySet,
    /// How long they may be used.
    pub(super) age: Duration,
}

/// Fetches the keys.
///
/// # Errors
/// The issuer did not respond in time, or not with keys. The text names the address.
pub(super) async fn fetch(source: &Source) -> Result<Fetched, String> {
    let fetch = async {
        let client = client()?;
        let url = match source {
            Source::KeySet(url) => url.clone(),
            Source::Discovery { issuer, url } => {
                let (_, document) = get(&client, url).await?;
                key_set_url(&document, issuer, url).map_err(|error| format!("{url}: {error}"))?
            }
        };
        let (headers, document) = get(&client, &url).await?;
        let keys = KeySet::from_json(&document).map_err(|error| format!("{url}: {error}"))?;
        Ok(Fetched { keys, age: age(&headers) })
    };
    let (Source::KeySet(url) | Source::Discovery { url, .. }) = source;
    let late = |_| Err(format!("{url}: no response within {} seconds", TIMEOUT.as_secs()));
    timeout(TIMEOUT, fetch).await.unwrap_or_else(late)
}

fn client() -> Result<HttpClient, String> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| format!("the system has no root certificates: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    // A connection would be broken by the next fetch, an hour later.
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

/// Gets a document. A redirect is an error: nobody but the issuer decides where its keys are.
async fn get(client: &HttpClient, url: &Uri) -> Result<(HeaderMap, Bytes), String> {
    let request = Request::get(url)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("zappa-rs/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("{url}: {error}"))?;
    let response = client.request(request).await.map_err(|error| format!("{url}: {}", chain(&error)))?;
    if !response.status().is_success() {
        return Err(format!("{url}: status {}", response.status()));
    }
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_DOCUMENT).collect().await;
    let body = body.map_err(|error| format!("{url}: the response broke off or is too long: {error}"))?;
    Ok((parts.headers, body.to_bytes()))
}

/// The error and its causes: hyper's own text is only "client error (Connect)".
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(fault) = certificate_fault(cause) {
            return format!(
                "its certificate is not trusted ({fault}); trusted are those of the system, or of `SSL_CERT_FILE` and \
                 `SSL_CERT_DIR`"
            );
        }
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What is wrong with the certificate of the issuer, if that is the cause. An error of the standard library does not name as
/// its source what it was made of, and the connector has one in another.
fn certificate_fault<'a>(mut cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::CertificateError> {
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    match cause.downcast_ref()? {
        rustls::Error::InvalidCertificate(fault) => Some(fault),
        _ => None,
    }
}

/// How long a response may be used by its `Cache-Control`.
fn age(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    let mut age = None;
    for directive in values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase()) {
        if directive == "no-store" || directive == "no-cache" {
            return MIN_AGE;
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            age = seconds.trim_matches('"').parse().ok().map(Duration::from_secs);
        }
    }
    age.unwrap_or(DEFAULT_AGE).clamp(MIN_AGE, MAX_AGE)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn keys_are_used_as_long_as_the_issuer_says_within_bounds() {
        for (values, expected) in [
            (&[][..], DEFAULT_AGE),
            (&["public, max-age=7200"], Duration::from_secs(7200)),
            (&["public", "Max-Age=\"600\""], Duration::from_secs(600)),
            (&["max-age=0"], MIN_AGE),
            (&["max-age=99999999"], MAX_AGE),
            (&["max-age=99999999999999999999999"], DEFAULT_AGE),
            (&["max-age=x"], DEFAULT_AGE),
            (&["s-maxage=1"], DEFAULT_AGE),
            (&["no-store, max-age=7200"], MIN_AGE),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
            }
            assert_eq!(age(&headers), expected, "{values:?}");
        }
    }
}
