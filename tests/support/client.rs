//! An HTTP/1.1 client that sends what it is told, byte for byte, and reports what comes, byte for byte.
//!
//! Others normalise: they fold headers into maps, re-encode paths, follow redirects, undo compression. Each of that
//! would hide what these tests look for.

use super::answer::Answer;
use std::{
    io::{self, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a test waits for a byte before it fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A request, as it will be written.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The method.
    pub(crate) method: &'static str,
    /// The target of the request line, path and query, not touched.
    pub(crate) target: String,
    /// Headers in their order; `host` is added in front if none is given, `content-length` at the end if there is a
    /// body.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body, if any.
    pub(crate) body: Option<Vec<u8>>,
}

impl Ask {
    /// A request without headers and body.
    pub(crate) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: None }
    }

    /// A `GET`.
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target)
    }

    /// Adds a header after those that are there.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sets the body and its type.
    pub(crate) fn with_body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self.with("content-type", content_type) }
    }

    /// The same request below a path.
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

/// One connection; requests on it follow one another.
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
    /// Nobody listens there.
    pub(crate) fn connect(peer: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(peer)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), peer })
    }

    /// Sends a request and reads its whole answer.
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came. A body that ends early is in the answer.
    pub(crate) fn send(&mut self, ask: &Ask) -> io::Result<Answer> {
        self.write(ask)?;
        self.read(ask.method)
    }

    /// Sends a request and does not wait.
    ///
    /// # Errors
    ///
    /// The peer has closed the connection.
    pub(crate) fn write(&mut self, ask: &Ask) -> io::Result<()> {
        let bytes = ask.bytes(self.peer);
        match self.stream.get_mut().write_all(&bytes) {
            // A server may refuse a large body while it is still being sent; its answer is there to be read.
            Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
            other => other,
        }
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// The peer has closed the connection.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the answer to a request of this method.
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came.
    pub(crate) fn read(&mut self, method: &str) -> io::Result<Answer> {
        let mut answer = Answer::read_head(&mut self.stream)?;
        answer.read_body(method, &mut self.stream);
        Ok(answer)
    }

    /// Reads a head, and leaves the body to [`Client::read_line`].
    ///
    /// # Errors
    ///
    /// The connection ended before a whole head came.
    pub(crate) fn read_head(&mut self) -> io::Result<Answer> {
        Answer::read_head(&mut self.stream)
    }

    /// Reads one more line, whatever it belongs to; empty at the end of the connection.
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
