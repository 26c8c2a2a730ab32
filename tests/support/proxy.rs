//! A proxy between the tool and an emulator: records each call to AWS, and injects faults into those that a test
//! selects.
//!
//! Requests are forwarded unchanged, with `Host`, since the signature covers it.

use super::{
    call::Call,
    client::{IO_TIMEOUT, Request},
    response::Response,
};
use std::{
    fmt,
    io::{self, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A fault that is injected into a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It fails with the service's throttling error.
    Throttle,
    /// It fails with the service's internal error.
    Internal,
    /// It fails with this status, code and message.
    Refuse(u16, &'static str, &'static str),
    /// The connection is reset before AWS gets it.
    Reset,
    /// AWS performs it, and a stack has the outputs of the first time that it was described.
    Stale,
    /// AWS performs it, and the connection is reset in place of the response.
    Lost,
    /// AWS performs it, and the response takes so long.
    Late(Duration),
    /// AWS performs it, and the caller is killed before it gets the response.
    Kill,
    /// AWS performs it, and the caller gets this signal; it gets the response only if it keeps running.
    Signal(&'static str),
}

/// The time that a caller has to end by a signal.
const GRACE: Duration = Duration::from_secs(10);

/// A function that selects the fault of a call, if any, before the call is forwarded.
type Rule = Box<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

/// A function that edits the response to a call, to AWS's response where the emulator's differs.
type Edit = Box<dyn Fn(&Call, &mut Response) + Send + Sync>;

/// A function that rewrites the body of a call before it is forwarded: the emulators check no signature.
type Rewrite = Box<dyn Fn(&Call, &mut Vec<u8>) + Send + Sync>;

/// A running proxy; it ends when this is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    upstream: SocketAddr,
    rule: Rule,
    rewrite: Rewrite,
    edit: Edit,
    latency: Duration,
    calls: Mutex<Vec<Call>>,
    outputs: Mutex<Option<String>>,
    victim: (Mutex<Option<u32>>, Condvar),
    is_over: AtomicBool,
}

impl Proxy {
    /// Starts a proxy that only records.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        Self::with(upstream, Duration::ZERO, |_| None)
    }

    /// Starts a proxy that delays each call and injects the faults of `rule`.
    pub(crate) fn with(
        upstream: SocketAddr,
        latency: Duration,
        rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(upstream, latency, Box::new(rule), Box::new(|_, _| {}), Box::new(|_, _| {}))
    }

    /// Starts a proxy that edits responses.
    pub(crate) fn editing(upstream: SocketAddr, edit: impl Fn(&Call, &mut Response) + Send + Sync + 'static) -> Self {
        Self::rewriting(upstream, |_, _| {}, edit)
    }

    /// Starts a proxy that rewrites requests and edits responses.
    pub(crate) fn rewriting(
        upstream: SocketAddr,
        rewrite: impl Fn(&Call, &mut Vec<u8>) + Send + Sync + 'static,
        edit: impl Fn(&Call, &mut Response) + Send + Sync + 'static,
    ) -> Self {
        Self::new(upstream, Duration::ZERO, Box::new(|_| None), Box::new(rewrite), Box::new(edit))
    }

    fn new(upstream: SocketAddr, latency: Duration, rule: Rule, rewrite: Rewrite, edit: Edit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it listens");
        let state = Arc::new(State {
            upstream,
            rule,
            rewrite,
            edit,
            latency,
            calls: Mutex::default(),
            outputs: Mutex::default(),
            victim: Default::default(),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.is_over.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    loop {
                        match shared.serve(&stream) {
                            Ok(true) => {}
                            Err(error) if error.kind() == io::ErrorKind::TimedOut => panic!("proxy: {error}"),
                            // A caller may close the connection in the middle of a call; that is not an error here.
                            Ok(false) | Err(_) => return,
                        }
                    }
                });
            }
        });
        Self { address, state }
    }

    /// Its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the process for [`Fault::Kill`] and [`Fault::Signal`].
    pub(crate) fn aim_at(&self, process: u32) {
        *lock(&self.state.victim.0) = Some(process);
        self.state.victim.1.notify_all();
    }

    /// Returns all calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.state.calls).clone()
    }

    /// Returns the calls since the last call of this function.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.state.calls))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).field("calls", &lock(&self.state.calls)).finish()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // One more connection wakes the listener up.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    /// Serves one request of a connection; returns whether there may be another.
    fn serve(&self, client: &TcpStream) -> io::Result<bool> {
        let Some(mut request) = ClientRequest::read(client)? else { return Ok(false) };
        let call = Call::read(&request.method, &request.target, |name| request.header(name), &request.body);
        let entry = call.map(|mut call| {
            let mut calls = lock(&self.calls);
            call.number = calls.last().map_or(0, |last| last.number + 1);
            calls.push(call.clone());
            call
        });
        let fault = entry.as_ref().and_then(|call| (self.rule)(call));
        if entry.is_some() {
            thread::sleep(self.latency);
        }
        if fault == Some(Fault::Reset) {
            // With an unread byte the system resets the connection instead of closing it.
            return Ok(false);
        }
        request.finish(client)?;
        if let Some(call) = &entry {
            (self.rewrite)(call, &mut request.body);
        }
        let mut response = match fault {
            Some(fault @ (Fault::Throttle | Fault::Internal | Fault::Refuse(..))) => {
                error_response(entry.as_ref().map_or("", |call| &call.service), fault)
            }
            _ => request.forward(self.upstream)?,
        };
        if let Some(call) = &entry {
            (self.edit)(call, &mut response);
        }
        match fault {
            Some(Fault::Stale) => self.make_stale(&mut response),
            Some(Fault::Lost) => {
                let _ = client.shutdown(Shutdown::Both);
                return Ok(false);
            }
            Some(Fault::Late(delay)) => thread::sleep(delay),
            Some(Fault::Kill) => {
                self.signal("KILL");
                return Ok(false);
            }
            Some(Fault::Signal(name)) => {
                self.signal(name);
                // The signal takes a while to arrive: the response could be faster.
                client.set_read_timeout(Some(GRACE))?;
                let is_gone = client.peek(&mut [0]).is_ok();
                client.set_read_timeout(None)?;
                if is_gone {
                    return Ok(false);
                }
            }
            _ => {}
        }
        if let Some(call) = entry {
            let mut calls = lock(&self.calls);
            if let Some(entry) = calls.iter_mut().rev().find(|entry| entry.number == call.number) {
                entry.status = Some(response.status);
            }
        }
        request.respond(client, &response)?;
        Ok(true)
    }

    /// Replaces the outputs in a response by those of the first one.
    fn make_stale(&self, response: &mut Response) {
        let text = response.text();
        if let Some((before, rest)) = text.split_once("<Outputs>")
            && let Some((outputs, after)) = rest.split_once("</Outputs>")
        {
            let mut first = lock(&self.outputs);
            let first = first.get_or_insert_with(|| outputs.to_owned());
            response.body = format!("{before}<Outputs>{first}</Outputs>{after}").into_bytes();
        }
    }

    /// Sends a signal to the process of [`Proxy::aim_at`], once it is set.
    fn signal(&self, name: &str) {
        let (victim, known) = &self.victim;
        let guard = known.wait_timeout_while(lock(victim), IO_TIMEOUT, |victim| victim.is_none());
        if let Some(process) = guard.ok().and_then(|(victim, _)| *victim) {
            let script = format!("kill -{name} {process}");
            let _ = Command::new("sh").args(["-c", &script]).status();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A request whose last byte has been peeked at and not consumed.
struct ClientRequest {
    method: String,
    target: String,
    head: Vec<u8>,
    body: Vec<u8>,
    /// Whether that byte is not consumed yet.
    is_open: bool,
}

impl ClientRequest {
    /// Reads a request, without consuming its last byte; `None` if the connection has ended.
    fn read(mut client: &TcpStream) -> io::Result<Option<Self>> {
        client.set_nodelay(true)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut deadline = None;
        let length = loop {
            let length = client.peek(&mut buffer)?;
            if length == 0 {
                return Ok(None);
            }
            if let Some(end) = buffer[..length].windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            // The rest of the head has not arrived yet; only peeking again shows when it has. It never does when the caller
            // was killed or the head is larger than the buffer.
            if Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + IO_TIMEOUT) {
                let message = format!("the rest of a request's head after {length} bytes: not within {IO_TIMEOUT:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            thread::sleep(Duration::from_millis(1));
        };
        let mut head = buffer;
        head.truncate(length);
        let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Self { method, target, head, body: Vec::new(), is_open: true };
        let is_chunked = request.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
        let rest = request.header("content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or_default();
        let is_bodiless = rest == 0 && !is_chunked;
        client.read_exact(&mut vec![0; if is_bodiless { length - 1 } else { length }])?;
        if is_bodiless {
            return Ok(Some(request));
        }
        if request.header("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if is_chunked {
            request.body = chunks(client)?;
            request.is_open = false;
        } else {
            request.body = vec![0; rest];
            client.read_exact(&mut request.body[..rest - 1])?;
            client.peek(&mut request.body[rest - 1..])?;
        }
        Ok(Some(request))
    }

    /// Consumes the last byte.
    fn finish(&mut self, mut client: &TcpStream) -> io::Result<()> {
        if std::mem::take(&mut self.is_open) {
            client.read_exact(&mut [0])?;
        }
        Ok(())
    }

    /// A header's value.
    fn header(&self, wanted: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
    }

    /// Forwards the request to the emulator, with the whole body, so without `expect` and chunks.
    fn forward(&self, upstream: SocketAddr) -> io::Result<Response> {
        let mut stream = TcpStream::connect(upstream)?;
        stream.set_nodelay(true)?;
        let head = String::from_utf8_lossy(&self.head);
        let is_ours = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            matches!(name.as_str(), "connection" | "content-length" | "expect" | "transfer-encoding" | "")
        };
        let kept: String = head.lines().filter(|line| !is_ours(line)).map(|line| format!("{line}\r\n")).collect();
        let length = self.body.len();
        write!(stream, "{kept}connection: close\r\ncontent-length: {length}\r\n\r\n")?;
        stream.write_all(&self.body)?;
        let mut stream = BufReader::new(stream);
        let mut response = Response::read_head(&mut stream)?;
        response.read_body(&self.method, &mut stream);
        Ok(response)
    }

    /// Sends the response to the caller.
    fn respond(&self, mut client: &TcpStream, response: &Response) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} \r\n", response.status).into_bytes();
        let is_head = self.method == "HEAD";
        for (name, value) in &response.headers {
            let is_framing = matches!(name.as_str(), "connection" | "transfer-encoding" | "content-length");
            if !is_framing || (is_head && name == "content-length") {
                bytes.extend_from_slice(name.as_bytes());
                bytes.extend_from_slice(b": ");
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        if !is_head && response.status != 204 {
            bytes.extend_from_slice(format!("content-length: {}\r\n", response.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if !is_head {
            bytes.extend_from_slice(&response.body);
        }
        client.write_all(&bytes)
    }
}

/// Reads the body of a chunked request, by the code for responses.
fn chunks(client: &TcpStream) -> io::Result<Vec<u8>> {
    // One byte at a time, so that the next request is not consumed.
    let mut stream = BufReader::with_capacity(1, client);
    let headers = vec![("transfer-encoding".to_owned(), b"chunked".to_vec())];
    let mut response = Response { status: 200, headers, body: Vec::new(), trailers: Vec::new(), is_whole: false };
    response.read_body(Request::get("/").method, &mut stream);
    if response.is_whole { Ok(response.body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A service's error for a fault: status, code, message.
fn error_of(service: &str, fault: Fault) -> (u16, &'static str, &'static str) {
    match (service, fault) {
        (_, Fault::Refuse(status, code, message)) => (status, code, message),
        ("s3", Fault::Throttle) => (503, "SlowDown", "Please reduce your request rate."),
        ("s3", _) => (500, "InternalError", "We encountered an internal error. Please try again."),
        ("lambda", Fault::Throttle) => (429, "TooManyRequestsException", "Rate Exceeded."),
        ("lambda", _) => (500, "ServiceException", "An error occurred and the request cannot be processed."),
        ("cloudformation" | "sts", Fault::Throttle) => (400, "Throttling", "Rate exceeded"),
        ("cloudformation" | "sts", _) => (500, "InternalFailure", "The request processing has failed."),
        (_, Fault::Throttle) => (400, "ThrottlingException", "Rate exceeded"),
        _ => (500, "ServiceUnavailableException", "The service is not available."),
    }
}

/// Builds the error response of a fault, in the service's protocol.
fn error_response(service: &str, fault: Fault) -> Response {
    let (status, code, message) = error_of(service, fault);
    let id = "00000000-0000-4000-8000-000000000000";
    let (headers, body) = match service {
        "s3" => {
            let error =
                format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>");
            (vec![("content-type", "application/xml"), ("x-amz-request-id", id)], error)
        }
        "lambda" => {
            let body = match fault {
                Fault::Throttle => {
                    format!(r#"{{"Reason":"CallerRateLimitExceeded","Type":"User","message":"{message}"}}"#)
                }
                _ => format!(r#"{{"Type":"Service","Message":"{message}"}}"#),
            };
            (vec![("content-type", "application/json"), ("x-amzn-errortype", code), ("x-amzn-requestid", id)], body)
        }
        "cloudformation" | "sts" => {
            let side = if status < 500 { "Sender" } else { "Receiver" };
            let error = format!("<Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            let body = format!("<ErrorResponse>{error}<RequestId>{id}</RequestId></ErrorResponse>");
            (vec![("content-type", "text/xml"), ("x-amzn-requestid", id)], body)
        }
        _ => {
            let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
            (vec![("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", id)], body)
        }
    };
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
    Response { status, headers, body: body.into_bytes(), trailers: Vec::new(), is_whole: true }
}
