//! The HTTP client of messages to Slack.

use axum::http::{Request, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use zappa_rs::BoxError;

/// The client. It connects with the first message, so that an app without Slack reads no certificates.
#[derive(Debug, Default)]
pub(crate) struct Messenger {
    client: tokio::sync::OnceCell<Client<HttpsConnector<HttpConnector>, Full<axum::body::Bytes>>>,
}

impl Messenger {
    /// Posts a message as JSON.
    pub(crate) async fn post(&self, url: &str, message: &Value) -> Result<(), BoxError> {
        let client = self.client.get_or_try_init(|| async {
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
                .https_or_http()
                .enable_http1()
                .build();
            Ok::<_, std::io::Error>(Client::builder(TokioExecutor::new()).build(connector))
        });
        let request = Request::post(url).header(CONTENT_TYPE, "application/json");
        let response = client.await?.request(request.body(message.to_string().into())?).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("Slack responded with {status} to a message").into()),
        }
    }
}
