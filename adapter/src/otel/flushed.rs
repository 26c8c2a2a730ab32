//! A streamed response whose end waits for the export of the spans.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{Invocation, StreamingBody};

/// A body that ends, or breaks with its trailers, once the spans of the invocation are exported.
pub(crate) struct Flushed {
    body: StreamingBody,
    invocation: Invocation,
    end: Option<End>,
}

/// The end of the body, held back.
struct End {
    trailers: Option<Frame<Bytes>>,
    export: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl fmt::Debug for Flushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flushed").field(&self.body).finish()
    }
}

impl Flushed {
    pub(crate) fn new(body: StreamingBody, invocation: Invocation) -> Self {
        Self { body, invocation, end: None }
    }
}

impl Body for Flushed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let end = match &mut this.end {
            Some(end) => end,
            end => {
                let trailers = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                    Some(Ok(frame)) if frame.is_trailers() => Some(frame),
                    Some(frame) => return Poll::Ready(Some(frame)),
                    None => None,
                };
                let invocation = this.invocation.clone();
                let export = Box::pin(async move { super::flush_before_response(&invocation).await });
                end.insert(End { trailers, export: Some(export) })
            }
        };
        if let Some(export) = &mut end.export {
            ready!(export.as_mut().poll(context));
            end.export = None;
        }
        Poll::Ready(end.trailers.take().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.export.is_none() && end.trailers.is_none())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
