//! The event loop on `lambda_runtime`, which polls and handles context and concurrency; the bytes are ours both ways.
//!
//! A layer takes the raw invocation, so that nothing is parsed or serialized twice, and posts the response itself:
//! otherwise a stream that breaks could not end with trailers.

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

/// The header by which the Runtime API tells a late response from a current one; it is sent back unchanged.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const EXTENSION_NAME: &str = "lambda-extension-name";
const EXTENSION_ID: &str = "lambda-extension-identifier";
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("zappa-rs/", env!("CARGO_PKG_VERSION")));
const STREAM_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");

const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// What the log says of a second loop.
const SECOND_RUN: &str = "`run` was called a second time in this process, which has one Lambda Runtime API: the second \
    application gets no event; serve all by one `run`";

/// Whether the process polls for events. Never reset: workers of a loop that was dropped may keep polling, and an instance
/// that is shutting down should take no new event.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// Whether the process registered its extension.
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

/// Serves events until the Runtime API is gone, at most `AWS_LAMBDA_MAX_CONCURRENCY` at once where it is set.
///
/// Once `shutdown` is ready, it ends as soon as no invocation is under way.
///
/// # Errors
///
/// A variable that Lambda sets is missing, or the Runtime API cannot be reached. The process has run this before: an event
/// does not say which of two loops it is for. That is logged too, at once.
pub async fn run<S: HttpService>(adapter: Adapter<S>, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    let client = Arc::new(client(|name| std::env::var(name).ok())?);
    if IS_RUNNING.swap(true, Ordering::Relaxed) {
        // Whoever spawned it may never read its result, and the routes would just be missing.
        log::process_error(SECOND_RUN);
        return Err(Error::new(Kind::SecondRun));
    }
    let placeholder = service_fn(|_: LambdaEvent<()>| std::future::ready(Ok::<_, BoxError>(())));
    let under_way = UnderWay::default();
    let service = layer_fn(|_| Loop { adapter: adapter.clone(), client: client.clone(), under_way: under_way.clone() });
    let running = pin!(Runtime::new(placeholder).layer(service).run_concurrent());
    let stopping = pin!(async {
        shutdown.await;
        under_way.is_over().await;
    });
    match select(running, stopping).await {
        Either::Left((ended, _)) => ended.map_err(|error| Error::with_source(Kind::Runtime, error)),
        Either::Right(((), _)) => Ok(()),
    }
}

/// Registers an internal extension, without which Lambda sends no SIGTERM before it ends the instance.
///
/// To be called before [`run`], whose first poll ends the init phase. It registers once in a process.
///
/// # Errors
///
/// There is no Extensions API, or it refuses. Nothing but the SIGTERM is lost then.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
pub async fn register_extension() -> Result<(), BoxError> {
    let client = client(|name| std::env::var(name).ok())?;
    if IS_REGISTERED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let register = Request::post("/2020-01-01/extension/register")
        .header(EXTENSION_NAME, "zappa-rs-shutdown")
        .body(ApiBody::Whole(Bytes::from_static(b"{\"events\":[]}")))?;
    let ApiResponse { status, headers, .. } = client.call(register).await?;
    let Some(id) = headers.get(EXTENSION_ID).filter(|_| status.is_success()) else {
        return Err(format!("the Extensions API answered {status}").into());
    };
    let next =
        Request::get("/2020-01-01/extension/event/next").header(EXTENSION_ID, id).body(ApiBody::Whole(Bytes::new()))?;
    // An extension is ready once it waits; with no events to wait for, this call never returns.
    tokio::spawn(async move { client.call(next).await.map(drop) });
    Ok(())
}

/// How many invocations are under way.
#[derive(Clone, Default)]
struct UnderWay {
    // Invocations hold a receiver each, so that dropping one, for whatever reason, counts.
    sender: Arc<watch::Sender<()>>,
}

impl UnderWay {
    async fn is_over(&self) {
        self.sender.closed().await;
    }
}

/// The client of the Runtime API that the environment names. `lambda_runtime` panics where a variable is missing; this is
/// an error that names it.
fn client(variable: impl Fn(&str) -> Option<String>) -> Result<RuntimeClient, Error> {
    let required = |name| variable(name).filter(|value| !value.is_empty()).ok_or(Error::new(Kind::Environment(name)));
    required("AWS_LAMBDA_FUNCTION_NAME")?;
    required("AWS_LAMBDA_FUNCTION_VERSION")?;
    let wrong = |name| Error::new(Kind::Environment(name));
    let memory = required(MEMORY_SIZE)?;
    memory.parse::<i32>().map_err(|_| wrong(MEMORY_SIZE))?;
    RuntimeClient::new(&required(contract::variable::RUNTIME_API)?).ok_or(wrong(contract::variable::RUNTIME_API))
}

/// The service that `lambda_runtime` hands every invocation to.
struct Loop<S> {
    adapter: Adapter<S>,
    client: Arc<RuntimeClient>,
    under_way: UnderWay,
}

impl<S: Clone> Clone for Loop<S> {
    fn clone(&self) -> Self {
        // Every worker posts over a connection of its own.
        let client = Arc::new(RuntimeClient::clone(&self.client));
        Self { adapter: self.adapter.clone(), client, under_way: self.under_way.clone() }
    }
}

impl<S: HttpService> Service<LambdaInvocation> for Loop<S> {
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, LambdaInvocation { parts, body, context }: LambdaInvocation) -> Self::Future {
        let invocation = Invocation::from_context(context);
        let answer = self.adapter.invoke(body, invocation.clone());
        let client = self.client.clone();
        let under_way = self.under_way.sender.subscribe();
        Box::pin(async move {
            let _under_way = under_way;
            let answer = answer.await;
            let request = post(&invocation, answer, parts.headers.get(INVOCATION_ID))?;
            // A response that does not arrive concerns this invocation alone. If the Runtime API is gone, the next poll fails.
            let failure = match client.call(request).await {
                Ok(ApiResponse { status, .. }) if status.is_success() => return Ok(()),
                Ok(ApiResponse { status, body, .. }) => format!("{status} {}", String::from_utf8_lossy(&body).trim()),
                Err(error) => Error::chain_of(&*error),
            };
            log::error(invocation.request_id(), &format!("the Lambda Runtime API refused the response: {failure}"));
            Ok(())
        })
    }
}

/// The request that posts a response or an error.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
fn post(
    invocation: &Invocation,
    answer: InvocationResult,
    id: Option<&HeaderValue>,
) -> Result<Request<ApiBody>, http::Error> {
    let kind = if matches!(answer, InvocationResult::Failed(_)) { "error" } else { "response" };
    let path = ["/2018-06-01/runtime/invocation/", invocation.request_id(), "/", kind].concat();
    let mut request = Request::new(ApiBody::Whole(Bytes::new()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = PathAndQuery::from_maybe_shared(Bytes::from(path))?.into();
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, AGENT);
    if let Some(id) = id {
        headers.insert(INVOCATION_ID, id.clone());
    }
    *request.body_mut() = match answer {
        InvocationResult::Buffered(json) => ApiBody::Whole(json),
        InvocationResult::Streaming(body) => {
            headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
            headers.insert(CONTENT_TYPE, STREAM_TYPE);
            headers.append(TRAILER, ERROR_TYPE.into());
            headers.append(TRAILER, ERROR_BODY.into());
            ApiBody::Stream(Box::new(body))
        }
        InvocationResult::Failed(error) => {
            headers.insert(ERROR_TYPE, HeaderValue::from_static(error.name()));
            let mut json = b"{\"errorType\":".to_vec();
            write::push_string(&mut json, error.name());
            json.extend_from_slice(b",\"errorMessage\":");
            write::push_string(&mut json, &error.chain());
            json.push(b'}');
            ApiBody::Whole(json.into())
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
            assert_eq!(error.to_string(), format!("the variable `{name}`, which Lambda sets, is missing or wrong"));
        }
        assert!(client(variable("")).is_ok());
        assert!(client(|_| Some("x y".to_owned())).is_err());
    }
}
