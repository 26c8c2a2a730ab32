//! The body of a streamed response: prelude, eight NULs, the app's body, and error trailers if it breaks.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use std::{
    convert::Infallible,
    fmt,
    future::Future as _,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use tokio::time::Sleep;

use crate::{
    deadline,
    error::{BoxError, Error},
    failure::panic_message,
    invocation::Invocation,
    log, write,
};

/// The delimiter between the prelude and the body.
const DELIMITER: [u8; 8] = [0; 8];
/// The limit of characters of an error in a trailer, which has to fit into a header block; the log has all of them.
const MAX_MESSAGE_CHARS: usize = 500;
/// The trailer with the type of an error in mid-stream.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
/// The trailer with the description of that error, as base64 of JSON.
pub(crate) const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

type AppBody = Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>;

/// The body of a streamed response, in the format of the Runtime API.
///
/// It never fails: an error, a panic or the deadline ends it with the trailers `Lambda-Runtime-Function-Error-Type` and
/// `-Body`, so that the client sees a broken transfer and never the error's text in the body.
pub struct StreamingBody {
    prelude: Option<Bytes>,
    body: Option<AppBody>,
    deadline: Option<Pin<Box<Sleep>>>,
    invocation: Invocation,
}

impl fmt::Debug for StreamingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingBody").field("request_id", &self.invocation.request_id()).finish_non_exhaustive()
    }
}

impl StreamingBody {
    /// `body` is `None` if the response has none.
    pub(crate) fn new(mut prelude: Vec<u8>, body: Option<AppBody>, invocation: Invocation) -> Self {
        prelude.extend_from_slice(&DELIMITER);
        let deadline = body.as_ref().and_then(|_| deadline::sleep(&invocation)).map(Box::pin);
        Self { prelude: Some(prelude.into()), body, deadline, invocation }
    }

    /// Drops the body, logs the error, and returns the trailers that report it.
    fn fail(&mut self, kind: &'static str, message: &str) -> Frame<Bytes> {
        self.body = None;
        log::error(self.invocation.request_id(), &format!("the response's stream ended early: {message}"));
        let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
        let mut json = b"{\"errorType\":".to_vec();
        write::push_string(&mut json, kind);
        json.extend_from_slice(b",\"errorMessage\":");
        write::push_string(&mut json, &message);
        json.push(b'}');
        let mut trailers = HeaderMap::with_capacity(2);
        trailers.insert(ERROR_TYPE, HeaderValue::from_static(kind));
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(base64_simd::STANDARD.encode_to_string(&json))) {
            trailers.insert(ERROR_BODY, value);
        }
        Frame::trailers(trailers)
    }
}

impl Body for StreamingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(prelude) = self.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        loop {
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(context)));
            let frame = match polled {
                Ok(Poll::Ready(Some(Ok(frame)))) => match frame.into_data() {
                    Ok(data) if data.is_empty() => continue,
                    Ok(data) => Frame::data(data),
                    // Gateways drop an app's own trailers.
                    Err(_) => continue,
                },
                Ok(Poll::Ready(Some(Err(error)))) => {
                    let message = Error::chain_of(&*error);
                    self.fail("ZappaRs.BodyError", &message)
                }
                Ok(Poll::Ready(None)) => {
                    self.body = None;
                    return Poll::Ready(None);
                }
                Ok(Poll::Pending) => {
                    let Some(deadline) = &mut self.deadline else { return Poll::Pending };
                    if deadline.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    self.fail("ZappaRs.Deadline", "the function's deadline came before the end of the body")
                }
                Err(panic) => {
                    let message = format!("panic: {}", panic_message(&*panic));
                    self.fail("ZappaRs.Panic", &message)
                }
            };
            return Poll::Ready(Some(Ok(frame)));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.prelude.is_none() && self.body.is_none()
    }
}
