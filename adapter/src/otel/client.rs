//! The HTTP client of the exporter, which keeps why a request failed: the exporter itself only says "network error".

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, hyper::HyperClient};

use crate::error::{BoxError, Error};

/// A client whose clones share the last failure.
#[derive(Clone, Debug)]
pub(super) struct Client {
    inner: HyperClient<HttpsConnector<HttpConnector>>,
    failure: Arc<Mutex<Option<String>>>,
}

impl Client {
    pub(super) fn new(timeout: Duration) -> Result<Self, BoxError> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { inner: HyperClient::new(connector, timeout, None), failure: Arc::default() })
    }

    /// Takes the reason of the last request that failed.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl HttpClient for Client {
    fn send_bytes<'client, 'future>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'client: 'future,
        Self: 'future,
    {
        Box::pin(async move {
            let target = request.uri().to_string();
            let failure = match self.inner.send_bytes(request).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => (format!("{target} responded with {}", response.status()), Ok(response)),
                Err(error) => (format!("{target}: {}", Error::chain_of(&*error)), Err(error)),
            };
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.0);
            failure.1
        })
    }
}
