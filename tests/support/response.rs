//! The response of an HTTP server, byte for byte.

use std::{
    fmt,
    io::{self, BufRead, Read},
};

/// A response: status, headers in their order, body.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// The headers: names in lower case, values as bytes, since they may not be text.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body without its transfer coding and with its content coding.
    pub(crate) body: Vec<u8>,
    /// The trailers of a chunked body.
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    /// Whether the body ended as its framing says.
    pub(crate) is_whole: bool,
}

impl Response {
    /// The first value of a header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers(name).next()
    }

    /// All values of a header, as text, in their order.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let matching = self.headers.iter().filter(move |(other, _)| other == name);
        matching.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Reads the head, up to the empty line.
    ///
    /// # Errors
    ///
    /// The head is incomplete, or it is not HTTP/1.1.
    pub(crate) fn read_head(stream: &mut impl BufRead) -> io::Result<Self> {
        let line = line(stream)?;
        let status = line
            .strip_prefix(b"HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .and_then(|code| std::str::from_utf8(code).ok()?.parse().ok())
            .ok_or_else(|| invalid(&format!("no status line: {:?}", String::from_utf8_lossy(&line))))?;
        Ok(Self { status, headers: fields(stream)?, body: Vec::new(), trailers: Vec::new(), is_whole: false })
    }

    /// Reads the body, by RFC 9112, section 6.3.
    pub(crate) fn read_body(&mut self, method: &str, stream: &mut impl BufRead) {
        let is_bodiless = method == "HEAD" || self.status < 200 || matches!(self.status, 204 | 304);
        let is_chunked = self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let length = self.header("content-length").and_then(|length| length.parse().ok());
        self.is_whole = if is_bodiless {
            true
        } else if is_chunked {
            self.read_chunks(stream).is_ok()
        } else if let Some(length) = length {
            let read = stream.take(length).read_to_end(&mut self.body);
            read.is_ok() && self.body.len() as u64 == length
        } else {
            stream.read_to_end(&mut self.body).is_ok()
        };
    }

    fn read_chunks(&mut self, stream: &mut impl BufRead) -> io::Result<()> {
        loop {
            let line = line(stream)?;
            let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(digits).ok().and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
            let size = size.ok_or_else(|| invalid("no chunk size"))?;
            if size == 0 {
                self.trailers = fields(stream)?;
                return Ok(());
            }
            let before = self.body.len() as u64;
            stream.take(size).read_to_end(&mut self.body)?;
            if self.body.len() as u64 != before + size || !self::line(stream)?.is_empty() {
                return Err(invalid("a chunk that is cut off"));
            }
        }
    }
}

// Tests print responses that differ: a body of 4 MB would be unreadable.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{}", self.status, if self.is_whole { "" } else { " (cut off)" })?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        let shown = &self.body[..self.body.len().min(2000)];
        writeln!(f, "\n{} ({} bytes)", shown.escape_ascii(), self.body.len())
    }
}

/// Reads a line, without its end.
fn line(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

/// Reads header or trailer fields, up to an empty line.
fn fields(stream: &mut impl BufRead) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(stream)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let colon = line.iter().position(|&byte| byte == b':').ok_or_else(|| invalid("a header without a colon"))?;
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        fields.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
