//! The loop on `lambda_runtime`: it polls, keeps the context and the concurrency; the bytes are ours both ways.
//!
//! A layer takes the raw invocation, so that nothing is parsed or written twice, and posts the answer itself: only so can
//! a stream that breaks end with trailers.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, Method, Request, Response, Uri, header::CONTENT_TYPE, header::TRAILER};
use http_body_util::BodyExt as _;
use lambda_http::{
    lambda_runtime::{LambdaInvocation, Runtime},
    tower::{layer::layer_fn, service_fn},
};
use lambda_runtime_api_client::{PooledClient, body::Body as ApiBody, build_request};
use tokio::sync::watch;
use tower_service::Service;

use crate::{
    Adapter, Answer, BoxError, Error, Invocation,
    error::Kind,
    log,
    stream::{ERROR_BODY, ERROR_TYPE},
    write,
};

/// What the Runtime API sends to tell a late answer from a current one; it is sent back as it came.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const EXTENSION_NAME: &str = "lambda-extension-name";
const EXTENSION_ID: &str = "lambda-extension-identifier";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
const STREAM_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");

/// Variables that Lambda sets and `lambda_runtime` cannot do without.
const REQUIRED: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// Answers events until the Runtime API goes away; `AWS_LAMBDA_MAX_CONCURRENCY` many at once where it is set.
///
/// Once `shutdown` is ready, it ends as soon as no invocation is under way.
///
/// # Errors
///
/// A variable that Lambda sets is missing, or the Runtime API cannot be reached.
pub async fn run<S, B>(adapter: Adapter<S>, shutdown: impl Future<Output = ()>) -> Result<(), Error>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    check_environment(|name| std::env::var(name).ok())?;
    let client = Arc::new(PooledClient::builder().build());
    let replaced = service_fn(|_: lambda_http::LambdaEvent<()>| std::future::ready(Ok::<_, BoxError>(())));
    let under_way = UnderWay::default();
    let service = layer_fn(|_| Loop { adapter: adapter.clone(), client: client.clone(), under_way: under_way.clone() });
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
/// To be called before [`run`], whose first poll ends the init phase.
///
/// # Errors
///
/// There is no Extensions API, or it refuses. Nothing but the SIGTERM is lost then.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
pub async fn register_extension() -> Result<(), BoxError> {
    check_environment(|name| std::env::var(name).ok())?;
    let client = PooledClient::builder().build();
    let request = build_request()
        .method(Method::POST)
        .uri("/2020-01-01/extension/register")
        .header(EXTENSION_NAME, "zappa-rs-shutdown")
        .body(ApiBody::from("{\"events\":[]}"))?;
    let response = client.call(request).await?;
    let status = response.status();
    let id = response.headers().get(EXTENSION_ID).cloned();
    response.into_body().collect().await?;
    let Some(id) = id.filter(|_| status.is_success()) else {
        return Err(format!("the Extensions API answered {status}").into());
    };
    let next =
        build_request().uri("/2020-01-01/extension/event/next").header(EXTENSION_ID, id).body(ApiBody::empty())?;
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

/// `lambda_runtime` panics where a variable is missing; a user gets a sentence instead.
fn check_environment(variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    for name in REQUIRED {
        let value = variable(name).filter(|value| !value.is_empty());
        let fits = match name {
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => value.is_some_and(|value| value.parse::<i32>().is_ok()),
            "AWS_LAMBDA_RUNTIME_API" => value.is_some_and(|value| value.parse::<Uri>().is_ok()),
            _ => value.is_some(),
        };
        if !fits {
            return Err(Error::new(Kind::Environment(name)));
        }
    }
    Ok(())
}

/// The service that `lambda_runtime` hands every invocation to.
struct Loop<S> {
    adapter: Adapter<S>,
    client: Arc<PooledClient>,
    under_way: UnderWay,
}

impl<S: Clone> Clone for Loop<S> {
    fn clone(&self) -> Self {
        Self { adapter: self.adapter.clone(), client: self.client.clone(), under_way: self.under_way.clone() }
    }
}

impl<S, B> Service<LambdaInvocation> for Loop<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, LambdaInvocation { parts, body, context }: LambdaInvocation) -> Self::Future {
        let invocation = Invocation::from(context);
        let answer = self.adapter.invoke(body, invocation.clone());
        let client = self.client.clone();
        let under_way = self.under_way.sender.subscribe();
        Box::pin(async move {
            let _under_way = under_way;
            let answer = answer.await;
            let mut request = post(&invocation, answer)?;
            if let Some(id) = parts.headers.get(INVOCATION_ID) {
                request.headers_mut().insert(INVOCATION_ID, id.clone());
            }
            send(&client, request, &invocation).await
        })
    }
}

/// The request that hands an answer in.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response>
fn post(invocation: &Invocation, answer: Answer) -> Result<Request<ApiBody>, http::Error> {
    let kind = if matches!(answer, Answer::Failed(_)) { "error" } else { "response" };
    let path = format!("/2018-06-01/runtime/invocation/{}/{kind}", invocation.request_id());
    let request = build_request().method(Method::POST).uri(path);
    match answer {
        Answer::Buffered(json) => request.body(ApiBody::from(json)),
        Answer::Streaming(body) => request
            .header(RESPONSE_MODE, "streaming")
            .header(CONTENT_TYPE, STREAM_TYPE)
            .header(TRAILER, ERROR_TYPE.as_str())
            .header(TRAILER, ERROR_BODY.as_str())
            .body(ApiBody::new(body)),
        Answer::Failed(error) => {
            let mut json = b"{\"errorType\":".to_vec();
            write::push_string(&mut json, error.name());
            json.extend_from_slice(b",\"errorMessage\":");
            write::push_string(&mut json, &error.chain());
            json.push(b'}');
            request.header(ERROR_TYPE, error.name()).body(ApiBody::from(json))
        }
    }
}

/// Posts an answer. That Lambda does not take it concerns this invocation alone; that Lambda is not there ends the loop.
async fn send(client: &PooledClient, request: Request<ApiBody>, invocation: &Invocation) -> Result<(), BoxError> {
    let response = client.call(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await;
    if !status.is_success() {
        let said = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        log::error(invocation.request_id(), &format!("Lambda did not take the answer: {status} {}", said.trim()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let variable = |missing: &'static str| {
            move |name: &str| (name != missing).then(|| if name.ends_with("SIZE") { "128" } else { "x" }.to_owned())
        };
        for name in REQUIRED {
            let error = check_environment(variable(name)).unwrap_err();
            assert_eq!(error.to_string(), format!("the variable `{name}`, which Lambda sets, is missing or wrong"));
        }
        assert!(check_environment(variable("")).is_ok());
    }
}
