//! A client of the Lambda Runtime API that posts responses over one HTTP/1.1 connection.
//!
//! A pooling client was measured and rejected: it adds more than a third to the cost of polling and posting, and an
//! instance posts one response at a time. The call that uses the connection also drives it, so it needs no task.

use std::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header::HOST};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::BoxError;

/// A client of the Runtime API, with its idle connection.
pub(crate) struct RuntimeClient {
    host: HeaderValue,
    idle: Mutex<Option<Connection>>,
}

/// A response of the Runtime API.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl fmt::Debug for RuntimeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeClient").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Cloning gives a client with its own connection: concurrent workers do not share one.
impl Clone for RuntimeClient {
    fn clone(&self) -> Self {
        Self { host: self.host.clone(), idle: Mutex::default() }
    }
}

impl RuntimeClient {
    /// Creates a client for an endpoint, which Lambda sets as `host:port`; `None` if it is invalid.
    pub(crate) fn new(endpoint: &str) -> Option<Self> {
        let uri: Uri = endpoint.parse().ok()?;
        let host = HeaderValue::from_str(uri.authority()?.as_str()).ok()?;
        Some(Self { host, idle: Mutex::default() })
    }

    /// Sends a request and waits for the whole response.
    pub(crate) async fn call(&self, mut request: Request<ApiBody>) -> Result<ApiResponse, BoxError> {
        request.headers_mut().insert(HOST, self.host.clone());
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (mut connection, mut is_fresh) = match idle {
            Some(connection) => (connection, false),
            None => (self.connect().await?, true),
        };
        loop {
            match connection.exchange(request).await {
                Ok(response) => {
                    if connection.is_open() {
                        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
                    }
                    return Ok(response);
                }
                // The connection was closed while it was idle, as after a SnapStart restore. Nothing was sent, so the
                // request can be sent again.
                Err(ExchangeError::Unsent(unsent)) if !is_fresh => {
                    (connection, is_fresh) = (self.connect().await?, true);
                    request = *unsent;
                }
                Err(ExchangeError::Unsent(_)) => return Err("the Lambda Runtime API closed the connection".into()),
                Err(ExchangeError::Broken(error)) => return Err(error.into()),
            }
        }
    }

    async fn connect(&self) -> Result<Connection, BoxError> {
        let stream = TcpStream::connect(self.host.to_str()?).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Connection { sender, driver: Some(Box::pin(driver)) })
    }
}

struct Connection {
    sender: http1::SendRequest<ApiBody>,
    /// `None` once the connection has ended.
    driver: Option<Pin<Box<Driver>>>,
}

type Driver = http1::Connection<TokioIo<TcpStream>, ApiBody>;

enum ExchangeError {
    /// The connection was closed before the first byte of the request was sent.
    Unsent(Box<Request<ApiBody>>),
    Broken(hyper::Error),
}

impl Connection {
    async fn exchange(&mut self, request: Request<ApiBody>) -> Result<ApiResponse, ExchangeError> {
        let Self { sender, driver } = self;
        let work = async {
            if let Err(error) = sender.ready().await {
                return Err(if error.is_closed() {
                    ExchangeError::Unsent(Box::new(request))
                } else {
                    ExchangeError::Broken(error)
                });
            }
            let response = sender.try_send_request(request).await.map_err(|mut error| match error.take_message() {
                Some(unsent) => ExchangeError::Unsent(Box::new(unsent)),
                None => ExchangeError::Broken(error.into_error()),
            })?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(ExchangeError::Broken)?.to_bytes();
            Ok(ApiResponse { status: parts.status, headers: parts.headers, body })
        };
        drive(driver, work).await
    }

    fn is_open(&self) -> bool {
        self.driver.is_some() && !self.sender.is_closed()
    }
}

/// Polls `work` together with the connection that it needs.
async fn drive<T>(driver: &mut Option<Pin<Box<Driver>>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        // Twice, since the connection first becomes ready for a request and then writes it. Waiting for a second
        // wake-up would cost every response another poll of the sockets.
        for _ in 0..2 {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            // The error of a connection that ended is returned by `work`.
            if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
                *driver = None;
            }
        }
        work.as_mut().poll(context)
    })
    .await
}

/// The body of a request to the Runtime API.
#[derive(Debug)]
pub(crate) enum ApiBody {
    /// A buffered body; empty once it is sent.
    Buffered(Bytes),
    /// A streamed body.
    #[cfg(not(feature = "otel"))]
    Streaming(Box<crate::StreamingBody>),
    /// A streamed body, whose end waits for the export of its spans.
    #[cfg(feature = "otel")]
    Streaming(Box<crate::otel::Flushed>),
}

impl Body for ApiBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Buffered(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Buffered(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Streaming(body) => Pin::new(&mut **body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Buffered(bytes) => bytes.is_empty(),
            Self::Streaming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Buffered(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streaming(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    fn post(body: &'static str) -> Request<ApiBody> {
        Request::post("/x").body(ApiBody::Buffered(Bytes::from_static(body.as_bytes()))).unwrap()
    }

    /// Reads one request up to the end of its body, and responds.
    async fn respond(stream: &mut TcpStream, body: &str, close: bool) -> String {
        let mut request = String::new();
        while !request.ends_with(body) || request.is_empty() {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "closed after {request:?}");
            request.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        let connection = if close { "close" } else { "keep-alive" };
        let response = format!("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\nconnection: {connection}\r\n\r\nOK");
        stream.write_all(response.as_bytes()).await.unwrap();
        request
    }

    #[tokio::test]
    async fn a_connection_is_used_again_and_replaced_once_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = RuntimeClient::new(&listener.local_addr().unwrap().to_string()).unwrap();
        let server = async {
            let (mut first, _) = listener.accept().await.unwrap();
            let request = respond(&mut first, "one", false).await;
            assert!(
                request.starts_with("POST /x HTTP/1.1\r\n") && request.contains("content-length: 3\r\n"),
                "{request}"
            );
            respond(&mut first, "two", true).await;
            drop(first);
            let (mut second, _) = listener.accept().await.unwrap();
            respond(&mut second, "three", false).await;
            drop(second);
            let (mut third, _) = listener.accept().await.unwrap();
            respond(&mut third, "four", false).await;
        };
        let client = async {
            for body in ["one", "two", "three"] {
                let response = api.call(post(body)).await.unwrap();
                assert_eq!((response.status, &response.body[..]), (StatusCode::ACCEPTED, &b"OK"[..]));
            }
            // The server closes the idle connection.
            tokio::task::yield_now().await;
            api.call(post("four")).await.unwrap();
        };
        tokio::join!(server, client);
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = RuntimeClient::new(&listener.local_addr().unwrap().to_string()).unwrap();
        drop(listener);
        let error = api.call(post("x")).await.unwrap_err();
        assert_eq!(error.downcast::<std::io::Error>().unwrap().kind(), std::io::ErrorKind::ConnectionRefused);
    }
}
