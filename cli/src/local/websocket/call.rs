//! One invocation for a route, with its line in the terminal.

use bytes::Bytes;

use crate::{
    gateway::{
        arrival::Stamp,
        response::{WebSocketResponse, parse_websocket},
        websocket::{RouteError, WebSocketApi},
    },
    local::{
        cloud::Cloud,
        invocation::{FunctionFailure, Invocation},
        line::Line,
    },
    progress::Usage,
};

/// Invokes the function and parses its response.
pub(super) async fn call(
    cloud: &Cloud,
    api: &WebSocketApi,
    line: Line,
    event: serde_json::Result<Bytes>,
    stamp: Stamp,
) -> Result<WebSocketResponse, RouteError> {
    let fail = |reason: &str, hint: Option<&str>| {
        line.failure(reason, hint);
        Err(RouteError::Function)
    };
    let mut usage = None;
    let result = match event {
        Err(error) => fail(&format!("the event cannot be written: {error}"), None),
        Ok(payload) => {
            let Stamp { request_id, trace_id, .. } = stamp;
            let invocation = Invocation { request_id, trace_id, payload };
            match tokio::time::timeout(api.timeout, invoke(cloud, invocation, &mut usage)).await {
                Err(_) => {
                    let seconds = api.timeout.as_secs();
                    line.failure(&format!("the function did not respond within the API's {seconds} seconds"), None);
                    Err(RouteError::Timeout)
                }
                Ok(Err(failure)) => {
                    let document = String::from_utf8_lossy(&failure.payload);
                    fail(&format!("the function failed: {document}"), failure.hint.as_deref())
                }
                Ok(Ok(payload)) => parse_websocket(&payload).or_else(|reason| fail(&reason, None)),
            }
        }
    };
    let status = result.as_ref().map_or_else(|error| error.status(), |response| response.status.as_u16());
    line.end(status, usage.as_ref());
    result
}

async fn invoke(cloud: &Cloud, invocation: Invocation, usage: &mut Option<Usage>) -> Result<Bytes, FunctionFailure> {
    let mut running = cloud.instances.invoke(invocation).await?;
    let result = running.result().await;
    *usage = Some(running.usage());
    result
}
