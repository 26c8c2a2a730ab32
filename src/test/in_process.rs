//! Invocations of an app in this process, by the adapter that also runs on Lambda.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::json;
use zappa_rs_adapter::{Adapter, HttpService, Invocation, InvocationResult};

use super::{
    ClientError,
    client::Payload,
    runtime_api::{ERROR_TYPE, broken},
};

type Invoking = Pin<Box<dyn Future<Output = Result<Payload, ClientError>> + Send>>;

/// An app without the type of its service.
pub(super) trait InProcess: Send + Sync {
    fn invoke(&self, event: Bytes, invocation: Invocation) -> Invoking;
}

impl<S: HttpService> InProcess for Adapter<S> {
    fn invoke(&self, event: Bytes, invocation: Invocation) -> Invoking {
        let result = Self::invoke(self, event, invocation);
        Box::pin(async move {
            match result.await {
                InvocationResult::Buffered(bytes) => Ok(Payload { bytes, is_stream: false }),
                InvocationResult::Streaming(body) => {
                    // A stream that breaks ends with trailers and is no error of its own.
                    let collected = body.collect().await.unwrap_or_else(|never| match never {});
                    if let Some(name) = collected.trailers().and_then(|trailers| trailers.get(ERROR_TYPE)) {
                        return Err(broken(name));
                    }
                    Ok(Payload { bytes: collected.to_bytes(), is_stream: true })
                }
                InvocationResult::Failed(error) => {
                    let document = json!({"errorType": error.name(), "errorMessage": error.chain()});
                    Err(ClientError::function(document.to_string().as_bytes()))
                }
                _ => Err(ClientError::function(b"the result is of an unknown kind")),
            }
        })
    }
}
