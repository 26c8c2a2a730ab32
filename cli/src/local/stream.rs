//! A streamed response, passed on while it is written: first its prelude, then its chunks.

use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderValue;

use super::{
    body::Chunks,
    invocation::{Chunk, StreamError, Streamed},
    line::Line,
    running::Running,
};

/// The type of a stream that begins with a prelude.
const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";
/// The delimiter between the prelude and the body.
const DELIMITER: [u8; 8] = [0; 8];
/// The longest prelude that is waited for.
const MAX_PRELUDE_BYTES: usize = 1 << 20;

/// What a stream begins with.
pub(crate) enum Beginning {
    /// JSON of status and headers, and the first of the body.
    Prelude { json: Bytes, rest: Bytes },
    /// The body itself.
    Bare(Bytes),
    /// It ended or broke before its prelude did.
    Cut(String),
}

/// Reads until it is decided how the response begins.
pub(crate) async fn read_beginning(streamed: &mut Streamed) -> Beginning {
    let has_prelude = streamed
        .content_type
        .as_ref()
        .map(HeaderValue::as_bytes)
        .is_some_and(|kind| kind.eq_ignore_ascii_case(WITH_PRELUDE.as_bytes()));
    let mut seen = BytesMut::new();
    loop {
        match streamed.chunks.recv().await {
            Some(Chunk::Data(data)) if !has_prelude => return Beginning::Bare(data),
            Some(Chunk::Data(data)) => {
                // The delimiter may lie across two chunks.
                let from = seen.len().saturating_sub(DELIMITER.len() - 1);
                seen.extend_from_slice(&data);
                if let Some(at) = memchr::memmem::find(&seen[from..], &DELIMITER) {
                    let json = seen.split_to(from + at).freeze();
                    let rest = seen.freeze().slice(DELIMITER.len()..);
                    return Beginning::Prelude { json, rest };
                }
                if seen.len() > MAX_PRELUDE_BYTES {
                    return Beginning::Cut(format!("no prelude ends within the first {MAX_PRELUDE_BYTES} bytes"));
                }
            }
            Some(Chunk::End) if !has_prelude => return Beginning::Bare(Bytes::new()),
            Some(Chunk::End) => return Beginning::Cut("the response ended within its prelude".to_owned()),
            Some(Chunk::Error(error)) => return Beginning::Cut(error.to_string()),
            None => return Beginning::Cut(StreamError::Broken.to_string()),
        }
    }
}

/// Collects a stream to its end, as Lambda does for a caller that takes buffered responses.
pub(crate) async fn collect(streamed: &mut Streamed, limit: usize) -> Result<Bytes, String> {
    let mut all = BytesMut::new();
    loop {
        match streamed.chunks.recv().await {
            Some(Chunk::Data(data)) if all.len() + data.len() > limit => {
                return Err(StreamError::TooLarge(limit).to_string());
            }
            Some(Chunk::Data(data)) => all.extend_from_slice(&data),
            Some(Chunk::End) => return Ok(all.freeze()),
            Some(Chunk::Error(error)) => return Err(error.to_string()),
            None => return Err(StreamError::Broken.to_string()),
        }
    }
}

/// The rest of a stream, on its way to the client.
pub(crate) struct Flow {
    first: Bytes,
    streamed: Streamed,
    running: Running,
    status: u16,
    line: Option<Line>,
    /// Bytes were handed to the server since it last flushed.
    is_unwritten: bool,
    error: Option<StreamError>,
}

impl Flow {
    pub(crate) fn new(first: Bytes, streamed: Streamed, running: Running, status: u16, line: Line) -> Self {
        Self { first, streamed, running, status, line: Some(line), is_unwritten: true, error: None }
    }

    fn end(&mut self, error: Option<&StreamError>) {
        if let Some(line) = self.line.take() {
            if let Some(error) = error {
                line.failure(&format!("the connection was cut: {error}"), None);
            }
            line.end(self.status, Some(&self.running.usage()));
        }
    }
}

impl Chunks for Flow {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        if let Some(error) = self.error.take() {
            self.end(Some(&error));
            return Poll::Ready(Some(Err(error)));
        }
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.first))));
        }
        let error = match self.streamed.chunks.poll_recv(context) {
            Poll::Pending => {
                self.is_unwritten = false;
                return Poll::Pending;
            }
            Poll::Ready(Some(Chunk::Data(data))) => {
                self.is_unwritten = true;
                return Poll::Ready(Some(Ok(data)));
            }
            Poll::Ready(Some(Chunk::End)) => {
                self.end(None);
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Chunk::Error(error))) => error,
            // After the end was received, nothing can break any more.
            Poll::Ready(None) if self.line.is_none() => return Poll::Ready(None),
            Poll::Ready(None) => StreamError::Broken,
        };
        if self.is_unwritten {
            // hyper forgets what it has not written when a body fails; a pause makes it write first.
            self.is_unwritten = false;
            self.error = Some(error);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.end(Some(&error));
        Poll::Ready(Some(Err(error)))
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.failure("the client went away in the middle of the response", None);
        }
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    async fn begun(kind: Option<&'static str>, chunks: &[&'static [u8]]) -> Beginning {
        let (sender, receiver) = mpsc::channel(16);
        for chunk in chunks {
            sender.send(Chunk::Data(Bytes::from_static(chunk))).await.unwrap();
        }
        sender.send(Chunk::End).await.unwrap();
        let mut streamed = Streamed { content_type: kind.map(HeaderValue::from_static), chunks: receiver };
        read_beginning(&mut streamed).await
    }

    #[tokio::test]
    async fn the_delimiter_is_found_across_chunks() {
        for chunks in [
            &[b"{}\0\0\0\0\0\0\0\0body".as_slice()][..],
            &[b"{", b"}\0\0\0", b"\0\0\0\0\0bo", b"dy"],
            &[b"{}", b"\0\0\0\0\0\0\0\0", b"body"],
        ] {
            let Beginning::Prelude { json, rest } = begun(Some(WITH_PRELUDE), chunks).await else {
                panic!("no prelude in {chunks:?}");
            };
            assert_eq!(json, "{}");
            assert!(b"body".starts_with(&rest), "{rest:?}");
        }
    }

    #[tokio::test]
    async fn a_stream_without_the_type_has_no_prelude() {
        let beginning = begun(Some("text/plain"), &[b"a\0\0\0\0\0\0\0\0b"]).await;
        assert!(matches!(beginning, Beginning::Bare(body) if body.len() == 10));
    }

    #[tokio::test]
    async fn a_stream_that_ends_inside_its_prelude_is_cut() {
        assert!(matches!(begun(Some(WITH_PRELUDE), &[b"{\"status"]).await, Beginning::Cut(_)));
    }
}
