//! The event loop: `lambda_runtime` polls for events and handles concurrency; the adapter handles the raw bytes.
//!
//! A layer takes the raw invocation, so that nothing is parsed or serialized twice, and posts the response itself, so
//! that a stream that breaks can end with trailers.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, TRAILER, USER_AGENT},
    uri::PathAndQuery,
};
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, service_fn, tower::layer::layer_fn};
use tokio::sync::watch;
use tower_service::Service;

use crate::{
    Adapter, BoxError, Error, HttpService, Invocation, InvocationResult, contract,
    error::Kind,
    log,
    runtime_client::{ApiBody, ApiResponse, RuntimeClient},
    stream::{ERROR_BODY, ERROR_TYPE},
    write,
};

/// The header by which the Runtime API detects late responses; it is sent back unchanged.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const EXTENSION_NAME: &str = "lambda-extension-name";
const EXTENSION_ID: &str = "lambda-extension-identifier";
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("zappa-rs/", env!("CARGO_PKG_VERSION")));
const STREAM_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");

const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// The log message of a second event loop.
const SECOND_RUN: &str = "`run` was called a second time in this process, which has one Lambda Runtime API: the second \
    application gets no event; serve all by one `run`";

/// Whether the process has started the event loop. It is never reset: workers of a dropped loop may keep polling, and
/// an instance that is shutting down should take no new event.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// Whether the process has registered its extension.
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

/// Runs the event loop until the Runtime API goes away, with up to `AWS_LAMBDA_MAX_CONCURRENCY` events at once if it is
/// set.
///
/// Once `shutdown` is ready, it ends as soon as no invocation is in flight.
///
/// # Errors
///
/// A variable that Lambda sets is missing or invalid, the Runtime API cannot be reached, or the process has called this
/// before: an event does not identify one of two loops. A second call is logged at once too.
pub async fn run<S: HttpService>(adapter: Adapter<S>, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    let client = Arc::new(client(|name| std::env::var(name).ok())?);
    if IS_RUNNING.swap(true, Ordering::Relaxed) {
        // A spawned task may drop the error, and the second application's routes would just be missing.
        log::process_error(SECOND_RUN);
        return Err(Error::new(Kind::SecondRun));
    }
    let placeholder = service_fn(|_: LambdaEvent<()>| std::future::ready(Ok::<_, BoxError>(())));
    let in_flight = InFlight::default();
    let service = layer_fn(|_| InvocationService {
        adapter: adapter.clone(),
        client: client.clone(),
        in_flight: in_flight.clone(),
    });
    let running = pin!(Runtime::new(placeholder).layer(service).run_concurrent());
    let stopping = pin!(async {
        shutdown.await;
        in_flight.wait_until_none().await;
    });
    match select(running, stopping).await {
        Either::Left((ended, _)) => ended.map_err(|error| Error::with_source(Kind::Runtime, error)),
        Either::Right(((), _)) => Ok(()),
    }
}

/// Registers an internal extension: Lambda sends SIGTERM before it ends an instance only if it has an extension.
///
/// Call it before [`run`], whose first poll ends the init phase. A second call in a process does nothing.
///
/// # Errors
///
/// The Extensions API is missing or rejects the registration. Then only the SIGTERM is missing.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
pub async fn register_extension() -> Result<(), BoxError> {
    let client = client(|name| std::env::var(name).ok())?;
    if IS_REGISTERED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let register = Request::post("/2020-01-01/extension/register")
        .header(EXTENSION_NAME, "zappa-rs-shutdown")
        .body(ApiBody::Buffered(Bytes::from_static(b"{\"events\":[]}")))?;
    let ApiResponse { status, headers, .. } = client.call(register).await?;
    let Some(id) = headers.get(EXTENSION_ID).filter(|_| status.is_success()) else {
        return Err(format!("the Extensions API responded with {status}").into());
    };
    let next = Request::get("/2020-01-01/extension/event/next")
        .header(EXTENSION_ID, id)
        .body(ApiBody::Buffered(Bytes::new()))?;
    // An extension is ready once it polls for events. It registered for none, so this call never returns.
    tokio::spawn(async move { client.call(next).await.map(drop) });
    Ok(())
}

/// The invocations in flight.
#[derive(Clone, Default)]
struct InFlight {
    // Each invocation holds a receiver, so that a dropped invocation counts as ended too.
    sender: Arc<watch::Sender<()>>,
}

impl InFlight {
    /// Waits until no invocation is in flight.
    async fn wait_until_none(&self) {
        self.sender.closed().await;
    }
}

/// Creates the client of the Runtime API from the environment variables. `lambda_runtime` panics if a variable is
/// missing; this returns an error that names it.
fn client(variable: impl Fn(&str) -> Option<String>) -> Result<RuntimeClient, Error> {
    let required = |name| variable(name).filter(|value| !value.is_empty()).ok_or(Error::new(Kind::Environment(name)));
    required("AWS_LAMBDA_FUNCTION_NAME")?;
    required("AWS_LAMBDA_FUNCTION_VERSION")?;
    let invalid = |name| Error::new(Kind::Environment(name));
    let memory = required(MEMORY_SIZE)?;
    memory.parse::<i32>().map_err(|_| invalid(MEMORY_SIZE))?;
    RuntimeClient::new(&required(contract::variable::RUNTIME_API)?).ok_or(invalid(contract::variable::RUNTIME_API))
}

/// The service that `lambda_runtime` calls with every invocation.
struct InvocationService<S> {
    adapter: Adapter<S>,
    client: Arc<RuntimeClient>,
    in_flight: InFlight,
}

impl<S: Clone> Clone for InvocationService<S> {
    fn clone(&self) -> Self {
        // Every worker has its own connection.
        let client = Arc::new(RuntimeClient::clone(&self.client));
        Self { adapter: self.adapter.clone(), client, in_flight: self.in_flight.clone() }
    }
}

impl<S: HttpService> Service<LambdaInvocation> for InvocationService<S> {
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, LambdaInvocation { parts, body, context }: LambdaInvocation) -> Self::Future {
        let invocation = Invocation::from_context(context);
        let result = self.adapter.invoke(body, invocation.clone());
        let client = self.client.clone();
        let in_flight = self.in_flight.sender.subscribe();
        Box::pin(async move {
            let _in_flight = in_flight;
            let result = result.await;
            #[cfg(feature = "otel")]
            if !matches!(result, InvocationResult::Streaming(_)) {
                crate::otel::flush_before_response(&invocation).await;
            }
            let request = build_request(&invocation, result, parts.headers.get(INVOCATION_ID))?;
            // A response that is lost affects this invocation only. If the Runtime API is gone, the next poll fails.
            let reason = match client.call(request).await {
                Ok(ApiResponse { status, .. }) if status.is_success() => return Ok(()),
                Ok(ApiResponse { status, body, .. }) => format!("{status} {}", String::from_utf8_lossy(&body).trim()),
                Err(error) => Error::chain_of(&*error),
            };
            log::error(
                invocation.request_id(),
                &format!("the response could not be posted to the Lambda Runtime API: {reason}"),
            );
            Ok(())
        })
    }
}

/// Builds the request that posts a response or an error to the Runtime API.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
fn build_request(
    invocation: &Invocation,
    result: InvocationResult,
    id: Option<&HeaderValue>,
) -> Result<Request<ApiBody>, http::Error> {
    let kind = if matches!(result, InvocationResult::Failed(_)) { "error" } else { "response" };
    let path = ["/2018-06-01/runtime/invocation/", invocation.request_id(), "/", kind].concat();
    let mut request = Request::new(ApiBody::Buffered(Bytes::new()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = PathAndQuery::from_maybe_shared(Bytes::from(path))?.into();
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, AGENT);
    if let Some(id) = id {
        headers.insert(INVOCATION_ID, id.clone());
    }
    *request.body_mut() = match result {
        InvocationResult::Buffered(json) => ApiBody::Buffered(json),
        InvocationResult::Streaming(body) => {
            headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
            headers.insert(CONTENT_TYPE, STREAM_TYPE);
            headers.append(TRAILER, ERROR_TYPE.into());
            headers.append(TRAILER, ERROR_BODY.into());
            #[cfg(feature = "otel")]
            let body = crate::otel::Flushed::new(body, invocation.clone());
            ApiBody::Streaming(Box::new(body))
        }
        InvocationResult::Failed(error) => {
            headers.insert(ERROR_TYPE, HeaderValue::from_static(error.name()));
            let mut json = b"{\"errorType\":".to_vec();
            write::push_string(&mut json, error.name());
            json.extend_from_slice(b",\"errorMessage\":");
            write::push_string(&mut json, &error.chain());
            json.push(b'}');
            ApiBody::Buffered(json.into())
        }
    };
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let variable = |missing: &'static str| {
            move |name: &str| {
                let value = if name == MEMORY_SIZE { "128" } else { "127.0.0.1:9001" };
                (name != missing).then(|| value.to_owned())
            }
        };
        for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", MEMORY_SIZE] {
            let error = client(variable(name)).unwrap_err();
            assert_eq!(error.to_string(), format!("the variable `{name}`, which Lambda sets, is missing or invalid"));
        }
        assert!(client(variable("")).is_ok());
        assert!(client(|_| Some("x y".to_owned())).is_err());
    }
}
