//! Serving of one event: calls the app or the handler, collects or streams the response's body, and turns failures into
//! error responses.

use std::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, time::Duration};

use axum_core::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http::{Request, response::Parts};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::{
    HttpResponse as _, HttpService, contract, deadline,
    error::{BoxError, Error, Kind},
    failure::{Failure, panic_message},
    handler::HandlerFuture,
    inventory::Inventory,
    invocation::Invocation,
    log,
    response::ResponseEncoder,
    stream::StreamingBody,
    write,
};

/// How long a keep-warm event holds its instance, so that simultaneous events reach one instance each.
const KEEP_WARM_HOLD: Duration = Duration::from_millis(100);

/// The result of one invocation.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use zappa_rs_adapter::{Adapter, Invocation, InvocationResult};
///
/// let adapter = Adapter::new(axum::Router::new());
/// match adapter.invoke("{}".into(), Invocation::new("id-1")).await {
///     InvocationResult::Buffered(json) => println!("{} bytes of JSON", json.len()),
///     InvocationResult::Streaming(_) => println!("a stream"),
///     InvocationResult::Failed(error) => assert!(error.is_unknown_event()),
///     _ => {}
/// }
/// # });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum InvocationResult {
    /// A whole response, as JSON.
    Buffered(Bytes),
    /// A response that is sent while it is produced.
    Streaming(StreamingBody),
    /// An error: Lambda reports the invocation as failed, so that the event source retries or reports it.
    Failed(Error),
}

/// Calls the app and encodes its response, with a timeout shortly before the deadline.
pub(crate) async fn serve<S: HttpService>(
    mut service: S,
    request: Request<Body>,
    encoder: &ResponseEncoder,
    invocation: &Invocation,
) -> InvocationResult {
    let mut in_body = false;
    let work = AssertUnwindSafe(async {
        let service_error = |error: S::Error| Failure::Service(error.into());
        poll_fn(|context| service.poll_ready(context)).await.map_err(service_error)?;
        let (parts, body) = service.call(request).await.map_err(service_error)?.into_http().into_parts();
        in_body = true;
        encode(encoder, parts, body, invocation).await
    })
    .catch_unwind();
    let outcome = match deadline::instant(invocation) {
        Some(deadline) => tokio::time::timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    };
    let failure = match outcome {
        Some(Ok(Ok(result))) => return result,
        Some(Ok(Err(failure))) => failure,
        Some(Err(panic)) => Failure::Panic(panic_message(&*panic).to_owned()),
        None => Failure::Deadline { in_body },
    };
    reject(&failure, encoder, invocation).await
}

/// Responds with an error in place of the app, or fails the invocation where a response reaches no client.
pub(crate) async fn reject(failure: &Failure, encoder: &ResponseEncoder, invocation: &Invocation) -> InvocationResult {
    if encoder.fails_by_invocation() {
        return fail(Error::with_source(Kind::App, failure.cause()), invocation);
    }
    let (parts, body) = failure.respond(invocation).into_parts();
    // The bodies of error responses are buffered and small, so encoding them does not fail.
    encode(encoder, parts, body, invocation).await.unwrap_or_else(|failure| {
        fail(Error::with_source(Kind::Runtime, format!("encoding an error response failed: {failure:?}")), invocation)
    })
}

/// Runs the handler of an event that is not HTTP.
pub(crate) async fn call(name: String, handler: HandlerFuture, invocation: &Invocation) -> InvocationResult {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(Ok(json)) => InvocationResult::Buffered(json.into()),
        Ok(Err(error)) => fail(error, invocation),
        Err(panic) => {
            let panic = format!("panic: {}", panic_message(&*panic));
            fail(Error::with_source(Kind::Handler(name), panic), invocation)
        }
    }
}

/// Handles a keep-warm event: holds the instance for a moment and returns its log stream's name and its handlers.
pub(crate) async fn keep_warm(handlers: &Inventory, invocation: &Invocation) -> InvocationResult {
    tokio::time::sleep(KEEP_WARM_HOLD).await;
    let mut json = format!("{{\"{}\":\"{}\",\"instance\":", contract::EVENT_KEY, contract::KIND_KEEP_WARM).into_bytes();
    write::push_string(&mut json, invocation.log_stream());
    json.extend_from_slice(format!(",\"{}\":", contract::HANDLERS_KEY).as_bytes());
    handlers.push_json(&mut json);
    json.push(b'}');
    InvocationResult::Buffered(json.into())
}

/// Fails the invocation: logs the error for the operator; the caller reports it to Lambda.
pub(crate) fn fail(error: Error, invocation: &Invocation) -> InvocationResult {
    // A client without credentials is no failure of the function, though Lambda counts it as one.
    if !error.is_unauthorized() {
        log::error(invocation.request_id(), &format!("the invocation failed: {}", error.chain()));
    }
    #[cfg(feature = "otel")]
    crate::otel::record_failure(&tracing::Span::current(), error.name(), &error.chain());
    InvocationResult::Failed(error)
}

/// Encodes a response, buffered or streamed.
async fn encode<B>(
    encoder: &ResponseEncoder,
    mut parts: Parts,
    body: B,
    invocation: &Invocation,
) -> Result<InvocationResult, Failure>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    #[cfg(feature = "otel")]
    crate::otel::record_status(&tracing::Span::current(), parts.status);
    encoder.prepare(parts.status, &mut parts.headers);
    let has_body = encoder.has_body(parts.status);
    if encoder.streams() {
        let prelude = encoder.encode_prelude(parts.status, &parts.headers);
        let body = has_body.then(|| Box::pin(body.map_err(Into::into)) as _);
        return Ok(InvocationResult::Streaming(StreamingBody::new(prelude, body, invocation.clone())));
    }
    let limit = encoder.limit();
    let body = if has_body { collect(body, limit).await? } else { Bytes::new() };
    if !encoder.can_send(&body) {
        return Err(Failure::NotText { size: body.len() });
    }
    let json = encoder.encode(parts.status, &parts.headers, &body);
    if json.len() > limit {
        return Err(Failure::TooLarge { size: json.len(), limit });
    }
    Ok(InvocationResult::Buffered(json.into()))
}

/// Collects the whole body, without a copy if it is one frame. Fails as soon as it exceeds `limit` bytes.
async fn collect<B>(body: B, limit: usize) -> Result<Bytes, Failure>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Failure::TooLarge { size: announced, limit });
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Body(error.into()))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all.reserve(announced.max(first.len() + data.len()));
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&data);
        if all.len() > limit {
            return Err(Failure::TooLarge { size: all.len(), limit });
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
