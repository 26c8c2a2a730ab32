//! Connections to AWS: pooled, by the environment's proxies, and no answer without an end.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
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

/// Shorter than servers wait before they close a connection that nobody uses.
const IDLE: Duration = Duration::from_secs(15);
/// Many times the longest answer that AWS has for us: a document of 1 MB, in a page of something.
const LONGEST_ANSWER: usize = 64 << 20;

/// One pool of connections for each set of timeouts, shared by all services and regions.
///
/// `trusted` are the certificates that count in place of the system's. The SDK's own client with a choosable TLS library does not look at the environment's proxies.
pub(super) fn http_client(trusted: Option<TlsContext>) -> SharedHttpClient {
    let made = Mutex::new(BTreeMap::<_, SharedHttpConnector>::new());
    http_client_fn(move |settings, components| {
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let new = || SharedHttpConnector::new(Bounded(connector(settings, components, trusted.as_ref())));
        made.entry(timeouts).or_insert_with(new).clone()
    })
}

fn connector(
    settings: &HttpConnectorSettings,
    components: &RuntimeComponents,
    trusted: Option<&TlsContext>,
) -> Connector {
    let mut builder = Connector::builder()
        .connector_settings(settings.clone())
        .proxy_config(ProxyConfig::from_env())
        .pool_idle_timeout(IDLE)
        .enable_tcp_nodelay(true);
    builder.set_sleep_impl(components.sleep_impl());
    let mut builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    if let Some(trusted) = trusted {
        builder.set_tls_context(trusted.clone());
    }
    builder.build()
}

/// Reads no more of an answer than AWS could mean.
#[derive(Debug)]
struct Bounded(Connector);

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            Ok(answer.await?.map(|body| SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    #[tokio::test]
    async fn an_answer_without_an_end_is_an_error() {
        let (region, _) = region("eu-west-1", vec![Canned::xml(200, " ".repeat(LONGEST_ANSWER + 1))]).await;
        let error = region.find_stack("shop-dev").await.unwrap_err();
        let said = format!("{:#}", anyhow::Error::from(error));
        assert!(said.contains("the answer cannot be understood"), "{said}");
    }
}
