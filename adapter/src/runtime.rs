//! The loop on `lambda_runtime`: it polls, keeps the context and the concurrency; the bytes are ours both ways.
//!
//! A layer takes the raw invocation, so that nothing is parsed or written twice, and posts the answer itself: only so can
//! a stream that breaks end with trailers.

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
    Adapter, Answer, BoxError, Error, HttpService, Invocation,
    api::{Api, ApiBody, Said},
    contract,
    error::Kind,
    log,
    stream::{ERROR_BODY, ERROR_TYPE},
    write,
};

/// What the Runtime API sends to tell a late answer from a current one; it is sent back as it came.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const EXTENSION_NAME: &str = "lambda-extension-name";
const EXTENSION_ID: &str = "lambda-extension-identifier";
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("zappa-rs/", env!("CARGO_PKG_VERSION")));
const STREAM_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");

const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// Whether the process asks for events. Never reset: workers of a loop that was dropped may ask on, and an instance that
/// was told to stop should take no new event.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// Whether the process registered its extension.
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

/// Answers events until the Runtime API goes away; `AWS_LAMBDA_MAX_CONCURRENCY` many at once where it is set.
///
/// Once `shutdown` is ready, it ends as soon as no invocation is under way.
///
/// # Errors
///
/// A variable that Lambda sets is missing, or the Runtime API cannot be reached. The process has run this before: events do
/// not tell for which of two loops they are.
pub async fn run<S: HttpService>(adapter: Adapter<S>, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    let api = Arc::new(api(|name| std::env::var(name).ok())?);
    if IS_RUNNING.swap(true, Ordering::Relaxed) {
        return Err(Error::new(Kind::SecondRun));
    }
    let replaced = service_fn(|_: LambdaEvent<()>| std::future::ready(Ok::<_, BoxError>(())));
    let under_way = UnderWay::default();
    let service = layer_fn(|_| Loop { adapter: adapter.clone(), api: api.clone(), under_way: under_way.clone() });
    let running = pin!(Runtime::new(replaced).layer(service).run_concurrent());
    let stopping = pin!(async {
        shutdown.await;
        under_way.is_over().await;
    });
    match select(running, stopping).await {
        Either::Left((ended, _)) => ended.map_err(|error| Error::with_source(Kind::Runtime, error)),
        Either::Right(((), _)) => Ok(()),
    }
}

/// Asks Lambda for a SIGTERM before it ends the instance: it sends one only where an extension is registered.
///
/// To be called before [`run`], whose first poll ends the init phase. It registers once in a process.
///
/// # Errors
///
/// There is no Extensions API, or it refuses. Nothing but the SIGTERM is lost then.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
pub async fn register_extension() -> Result<(), BoxError> {
    let api = api(|name| std::env::var(name).ok())?;
    if IS_REGISTERED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let register = Request::post("/2020-01-01/extension/register")
        .header(EXTENSION_NAME, "zappa-rs-shutdown")
        .body(ApiBody::Whole(Bytes::from_static(b"{\"events\":[]}")))?;
    let Said { status, headers, .. } = api.call(register).await?;
    let Some(id) = headers.get(EXTENSION_ID).filter(|_| status.is_success()) else {
        return Err(format!("the Extensions API answered {status}").into());
    };
    let next =
        Request::get("/2020-01-01/extension/event/next").header(EXTENSION_ID, id).body(ApiBody::Whole(Bytes::new()))?;
    // An extension is ready once it waits; with no events to wait for, this call never returns.
    tokio::spawn(async move { api.call(next).await.map(drop) });
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

/// The Runtime API that the environment names. `lambda_runtime` panics where a variable is missing; a user gets a sentence
/// instead.
fn api(variable: impl Fn(&str) -> Option<String>) -> Result<Api, Error> {
    let required = |name| variable(name).filter(|value| !value.is_empty()).ok_or(Error::new(Kind::Environment(name)));
    required("AWS_LAMBDA_FUNCTION_NAME")?;
    required("AWS_LAMBDA_FUNCTION_VERSION")?;
    let wrong = |name| Error::new(Kind::Environment(name));
    let memory = required(MEMORY_SIZE)?;
    memory.parse::<i32>().map_err(|_| wrong(MEMORY_SIZE))?;
    Api::new(&required(contract::variable::RUNTIME_API)?).ok_or(wrong(contract::variable::RUNTIME_API))
}

/// The service that `lambda_runtime` hands every invocation to.
struct Loop<S> {
    adapter: Adapter<S>,
    api: Arc<Api>,
    under_way: UnderWay,
}

impl<S: Clone> Clone for Loop<S> {
    fn clone(&self) -> Self {
        // Every worker posts over a connection of its own.
        let api = Arc::new(Api::clone(&self.api));
        Self { adapter: self.adapter.clone(), api, under_way: self.under_way.clone() }
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
        let invocation = Invocation::from(context);
        let answer = self.adapter.invoke(body, invocation.clone());
        let api = self.api.clone();
        let under_way = self.under_way.sender.subscribe();
        Box::pin(async move {
            let _under_way = under_way;
            let answer = answer.await;
            let request = post(&invocation, answer, parts.headers.get(INVOCATION_ID))?;
            // An answer that does not arrive concerns this invocation alone. If nobody is there any more, the next poll says so.
            let failure = match api.call(request).await {
                Ok(Said { status, .. }) if status.is_success() => return Ok(()),
                Ok(Said { status, body, .. }) => format!("{status} {}", String::from_utf8_lossy(&body).trim()),
                Err(error) => Error::chain_of(&*error),
            };
            log::error(invocation.request_id(), &format!("Lambda did not take the answer: {failure}"));
            Ok(())
        })
    }
}

/// The request that hands an answer in.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
fn post(invocation: &Invocation, answer: Answer, id: Option<&HeaderValue>) -> Result<Request<ApiBody>, http::Error> {
    let kind = if matches!(answer, Answer::Failed(_)) { "error" } else { "response" };
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
        Answer::Buffered(json) => ApiBody::Whole(json),
        Answer::Streaming(body) => {
            headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
            headers.insert(CONTENT_TYPE, STREAM_TYPE);
            headers.append(TRAILER, ERROR_TYPE.into());
            headers.append(TRAILER, ERROR_BODY.into());
            ApiBody::Stream(Box::new(body))
        }
        Answer::Failed(error) => {
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
            let error = api(variable(name)).unwrap_err();
            assert_eq!(error.to_string(), format!("the variable `{name}`, which Lambda sets, is missing or wrong"));
        }
        assert!(api(variable("")).is_ok());
        assert!(api(|_| Some("x y".to_owned())).is_err());
    }
}
