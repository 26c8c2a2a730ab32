//! Connections to AWS: pooled, by the environment's proxies, no answer without an end, and no long wait without a notice.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use super::{
    cause::is_refused,
    notice::Notices,
    proxy::{Proxies, endpoint, is_loopback},
    route::Route,
    timeout::READ_TIMEOUT,
};

/// Shorter than servers wait before they close a connection that nobody uses.
const IDLE: Duration = Duration::from_secs(15);
/// A longer body may take a while to be sent, and is answered only then.
const SMALL_BODY: u64 = 128 << 10;
/// Many times the longest answer that AWS has for us: a document of 1 MB, in a page of something.
const MAX_RESPONSE_BYTES: usize = 64 << 20;
/// The type of a stream of events.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// One pool of connections for each set of timeouts, shared by all services and regions.
///
/// `trusted` are the certificates that count in place of the system's. The SDK's own client with a choosable TLS library does not look at the environment's proxies.
pub(super) fn http_client(trusted: Option<TlsContext>, proxies: Proxies, notices: Notices) -> SharedHttpClient {
    let proxies = Arc::new(proxies);
    let made = Mutex::new(BTreeMap::<_, SharedHttpConnector>::new());
    http_client_fn(move |settings, components| {
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let new = || {
            SharedHttpConnector::new(Bounded {
                connector: connector(settings, components, trusted.as_ref(), !proxies.is_empty()),
                proxies: Arc::clone(&proxies),
                notices: settings.read_timeout().is_none_or(|timeout| timeout <= READ_TIMEOUT).then(|| notices.clone()),
            })
        };
        made.entry(timeouts).or_insert_with(new).clone()
    })
}

fn connector(
    settings: &HttpConnectorSettings,
    components: &RuntimeComponents,
    trusted: Option<&TlsContext>,
    has_proxies: bool,
) -> Connector {
    let mut builder = Connector::builder()
        .connector_settings(settings.clone())
        .proxy_config(if has_proxies { ProxyConfig::from_env() } else { ProxyConfig::disabled() })
        .pool_idle_timeout(IDLE)
        .enable_tcp_nodelay(true);
    builder.set_sleep_impl(components.sleep_impl());
    let mut builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    if let Some(trusted) = trusted {
        builder.set_tls_context(trusted.clone());
    }
    builder.build()
}

/// Reads no more of an answer than AWS could mean, and waits no longer than makes sense.
#[derive(Debug)]
struct Bounded {
    connector: Connector,
    proxies: Arc<Proxies>,
    /// `None`: the calls of this connector may take long.
    notices: Option<Notices>,
}

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let address = request.uri().parse::<http::Uri>().unwrap_or_default();
        let is_small = request.body().content_length().is_some_and(|length| length <= SMALL_BODY);
        let notices = self.notices.clone().filter(|_| is_small);
        let route = Route { endpoint: endpoint(&address), proxy: self.proxies.of(&address) };
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = match notices {
                Some(notices) => notices.watch(&route, answer).await,
                None => answer.await,
            };
            let answer = answer.map_err(|error| {
                let is_here = route.proxy.as_ref().map_or_else(|| is_loopback(&address), |proxy| proxy.is_loopback);
                // Another attempt changes nothing: what is to answer there is not running.
                let is_final = is_here && is_refused(&error);
                route.unanswered(error, is_final)
            })?;
            // It is read message by message, and lasts for hours.
            let is_stream = answer.headers().get("content-type").is_some_and(|kind| kind == EVENT_STREAM);
            if is_stream {
                return Ok(answer);
            }
            Ok(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, MAX_RESPONSE_BYTES))))
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_config::timeout::TimeoutConfig;
    use tokio::net::TcpListener;

    use super::*;
    use crate::{
        aws::{
            Aws, Error,
            canned::{Canned, region},
        },
        progress::{Progress, Served},
    };

    /// Notes warnings.
    #[derive(Debug, Default)]
    struct Warnings(Mutex<Vec<String>>);

    impl Warnings {
        fn all(&self) -> Vec<String> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }

    impl Progress for Warnings {
        fn step(&self, _: &str, _: &str) {}
        fn detail(&self, _: &str) {}
        fn warning(&self, sentence: &str, hint: Option<&str>) {
            assert!(hint.is_some_and(|hint| hint.contains("HTTPS_PROXY")));
            self.0.lock().unwrap().push(sentence.to_owned());
        }
        fn failure(&self, _: &str, _: Option<&str>) {}
        fn output(&self, _: &[u8]) {}
        fn request(&self, _: &Served<'_>) {}
        fn flush(&self) {}
    }

    /// Asks twice who the caller is at an address; the error, the warnings, and how many attempts failed.
    async fn asked(endpoint: &str) -> (Error, Vec<String>, u32) {
        let warnings = Arc::new(Warnings::default());
        let short = Duration::from_millis(50);
        let notices = Notices::new(Arc::clone(&warnings) as Arc<dyn Progress>).with_silence(short * 3 / 2);
        let timeouts = TimeoutConfig::builder().connect_timeout(short).read_timeout(short).build();
        let aws = Aws::served_with(endpoint, notices.clone(), timeouts);
        for _ in 0..2 {
            aws.in_region("eu-west-1").caller().await.unwrap_err();
        }
        let error = aws.in_region("eu-west-1").caller().await.unwrap_err();
        (error, warnings.all(), notices.failures(endpoint))
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_an_error() {
        let (region, _) = region("eu-west-1", vec![Canned::xml(200, " ".repeat(MAX_RESPONSE_BYTES + 1))]).await;
        let error = region.find_stack("shop-dev").await.unwrap_err();
        let said = format!("{:#}", anyhow::Error::from(error));
        assert!(said.contains("the response cannot be parsed"), "{said}");
    }

    #[tokio::test]
    async fn an_endpoint_that_does_not_answer_is_reported_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (error, warnings, _) = asked(&endpoint).await;
        assert!(matches!(error, Error::Unanswered { .. }), "{error}");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with(&format!("no answer from `{endpoint}` for ")), "{warnings:?}");
        assert!(warnings[0].contains("(one attempt failed: "), "{warnings:?}");
    }

    #[tokio::test]
    async fn a_refused_connection_to_this_machine_is_not_retried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let (error, warnings, failures) = asked(&endpoint).await;
        assert_eq!(error.to_string(), format!("sts:GetCallerIdentity in eu-west-1: no answer from `{endpoint}`"));
        assert!(error.hint().unwrap().contains(&format!("nothing listens at `{endpoint}`")), "{:?}", error.hint());
        assert_eq!((warnings, failures), (Vec::new(), 3));
    }
}
