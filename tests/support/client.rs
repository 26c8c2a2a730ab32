//! An HTTP/1.1 client that sends requests and reads responses byte for byte.
//!
//! Other clients normalise: they fold headers into maps, re-encode paths, follow redirects, decompress bodies. That
//! would hide what these tests check.

use super::response::Response;
use std::{
    io::{self, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The timeout of each read and write, so that a test fails instead of hanging.
pub(crate) const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// A request, as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: &'static str,
    /// The target of the request line: path and query, unchanged.
    pub(crate) target: String,
    /// The headers in their order. Without `host` one is added at the start, and for a body `content-length` at the
    /// end.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body, if any.
    pub(crate) body: Option<Vec<u8>>,
}

impl Request {
    /// Creates a request without headers and body.
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: None }
    }

    /// Creates a `GET` request.
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target)
    }

    /// Adds a header at the end.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sets the body and its type.
    pub(crate) fn with_body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self.with("content-type", content_type) }
    }

    /// Adds a prefix to the path.
    pub(crate) fn below(self, prefix: &str) -> Self {
        Self { target: format!("{prefix}{}", self.target), ..self }
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    }

    fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        if !self.has("host") {
            bytes.extend_from_slice(format!("host: {host}\r\n").as_bytes());
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if let Some(body) = &self.body
            && !self.has("transfer-encoding")
        {
            bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }
}

/// A client on one connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    peer: SocketAddr,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// The connection fails.
    pub(crate) fn connect(peer: SocketAddr) -> io::Result<Self> {
        Self::connect_with(peer, IO_TIMEOUT)
    }

    /// Connects with another timeout of each read and write.
    ///
    /// # Errors
    ///
    /// The connection fails.
    pub(crate) fn connect_with(peer: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect(peer)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), peer })
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came. A body that ends early is kept in the response.
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<Response> {
        self.write(request)?;
        self.read(request.method)
    }

    /// Sends a request without reading the response.
    ///
    /// # Errors
    ///
    /// The peer has closed the connection.
    pub(crate) fn write(&mut self, request: &Request) -> io::Result<()> {
        let bytes = request.bytes(self.peer);
        match self.stream.get_mut().write_all(&bytes) {
            // A server may reject a large body before all of it is sent; the response can still be read.
            Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
            other => other,
        }
    }

    /// Sends raw bytes.
    ///
    /// # Errors
    ///
    /// The peer has closed the connection.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the response to a request of this method.
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came.
    pub(crate) fn read(&mut self, method: &str) -> io::Result<Response> {
        let mut response = Response::read_head(&mut self.stream)?;
        response.read_body(method, &mut self.stream);
        Ok(response)
    }

    /// Reads a head, and leaves the body to [`Client::read_line`].
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came.
    pub(crate) fn read_head(&mut self) -> io::Result<Response> {
        Response::read_head(&mut self.stream)
    }

    /// Reads one more line; empty at the end of the connection.
    ///
    /// # Errors
    ///
    /// Nothing came in time.
    pub(crate) fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        io::BufRead::read_until(&mut self.stream, b'\n', &mut line)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}
