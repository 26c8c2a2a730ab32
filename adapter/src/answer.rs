//! From a request that is ready to an [`Answer`] that is: the app is asked, its body collected or streamed, and whatever
//! goes wrong on the way becomes an answer too.

use std::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, time::Duration};

use axum_core::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http::{Request, response::Parts};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::{
    HttpResponse as _, HttpService, contract, deadline, dispatch,
    error::{BoxError, Error, Kind},
    failure::{Failure, panic_message},
    invocation::Invocation,
    log,
    response::Reply,
    stream::StreamingBody,
    write,
};

/// How long a keep-warm event holds its instance, so that as many instances answer as were asked at once.
const KEEP_WARM_HOLD: Duration = Duration::from_millis(100);

/// What one event is answered with.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// A whole answer, as JSON.
    Buffered(Bytes),
    /// An answer that is written as it comes.
    Streaming(StreamingBody),
    /// No answer: Lambda is told that the invocation failed, so that the sender tries again or says so.
    Failed(Error),
}

/// Asks the app, until shortly before the deadline.
pub(crate) async fn ask<S: HttpService>(
    mut service: S,
    request: Request<Body>,
    reply: &Reply,
    invocation: &Invocation,
) -> Answer {
    let mut in_body = false;
    let work = AssertUnwindSafe(async {
        let failed = |error: S::Error| Failure::Service(error.into());
        poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
        let (parts, body) = service.call(request).await.map_err(failed)?.into_http().into_parts();
        in_body = true;
        answer(reply, parts, body, invocation).await
    })
    .catch_unwind();
    let outcome = match deadline::instant(invocation) {
        Some(deadline) => tokio::time::timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    };
    let failure = match outcome {
        Some(Ok(Ok(answer))) => return answer,
        Some(Ok(Err(failure))) => failure,
        Some(Err(panic)) => Failure::Panic(panic_message(&*panic).to_owned()),
        None => Failure::Deadline { in_body },
    };
    refuse(&failure, reply, invocation).await
}

/// Answers in the app's place.
pub(crate) async fn refuse(failure: &Failure, reply: &Reply, invocation: &Invocation) -> Answer {
    let (parts, body) = failure.answer(invocation).into_parts();
    // Our own bodies are whole and small, so they cannot fail once more.
    answer(reply, parts, body, invocation).await.unwrap_or_else(|failure| {
        fail(Error::with_source(Kind::Runtime, format!("the answer to a failure failed: {failure:?}")), invocation)
    })
}

/// Runs the handler of an event that is not HTTP.
pub(crate) async fn call(name: String, handler: dispatch::Answer, invocation: &Invocation) -> Answer {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(Ok(json)) => Answer::Buffered(json.into()),
        Ok(Err(error)) => fail(error, invocation),
        Err(panic) => {
            let panic = format!("panic: {}", panic_message(&*panic));
            fail(Error::with_source(Kind::Handler(name), panic), invocation)
        }
    }
}

/// Holds the instance for a moment and says which one it is.
pub(crate) async fn keep_warm(invocation: &Invocation) -> Answer {
    tokio::time::sleep(KEEP_WARM_HOLD).await;
    let mut json = format!("{{\"{}\":\"{}\",\"instance\":", contract::EVENT_KEY, contract::KIND_KEEP_WARM).into_bytes();
    write::push_string(&mut json, invocation.log_stream());
    json.push(b'}');
    Answer::Buffered(json.into())
}

/// Tells the operator; the caller tells Lambda.
pub(crate) fn fail(error: Error, invocation: &Invocation) -> Answer {
    log::error(invocation.request_id(), &format!("the invocation fails: {}", error.chain()));
    Answer::Failed(error)
}

async fn answer<B>(reply: &Reply, mut parts: Parts, body: B, invocation: &Invocation) -> Result<Answer, Failure>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    reply.prepare(parts.status, &mut parts.headers);
    let has_body = reply.has_body(parts.status);
    if reply.streams() {
        let prelude = reply.encode_prelude(parts.status, &parts.headers);
        let body = has_body.then(|| Box::pin(body.map_err(Into::into)) as _);
        return Ok(Answer::Streaming(StreamingBody::new(prelude, body, invocation.clone())));
    }
    let limit = reply.limit();
    let body = if has_body { collect(body, limit).await? } else { Bytes::new() };
    let json = reply.encode(parts.status, &parts.headers, &body);
    if json.len() > limit {
        return Err(Failure::TooLarge { size: json.len(), limit });
    }
    Ok(Answer::Buffered(json.into()))
}

/// The whole body, not copied if it comes in one piece; given up as soon as it cannot fit any more.
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
