//! A proxy between the tool and an emulator: it records each call to AWS, and spoils those that a test chooses.
//!
//! Requests are passed on as they came, `Host` included, since their signature covers it.

use super::{
    answer::Answer,
    call::Call,
    client::{Ask, PATIENCE},
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
    time::Duration,
};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It is refused for its rate, as the service refuses such calls.
    Throttle,
    /// It is answered with the service's own failure.
    Internal,
    /// It is refused with this status, code and message.
    Refuse(u16, &'static str, &'static str),
    /// The connection is reset before AWS sees it.
    Reset,
    /// AWS does it, and a stack is shown with the outputs that it had when it was shown first.
    Stale,
    /// AWS does it, and the connection is reset in place of the answer.
    Lost,
    /// AWS does it, and the caller is killed before it learns of it.
    Kill,
    /// AWS does it, and the caller is sent this signal and learns of the call only if it goes on in spite of the
    /// signal.
    Signal(&'static str),
}

/// How long a caller may take to end by a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Decides what becomes of a call, by its number and all else that is known before it is answered.
type Rule = Box<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

/// Changes the answer to a call, to what AWS answers where the emulator does not.
type Edit = Box<dyn Fn(&Call, &mut Answer) + Send + Sync>;

/// A running proxy; it ends when this is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    upstream: SocketAddr,
    rule: Rule,
    edit: Edit,
    latency: Duration,
    calls: Mutex<Vec<Call>>,
    outputs: Mutex<Option<String>>,
    victim: (Mutex<Option<u32>>, Condvar),
    is_over: AtomicBool,
}

impl Proxy {
    /// One that only records.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        Self::with(upstream, Duration::ZERO, |_| None)
    }

    /// One that lets each call wait and does to it what `rule` says.
    pub(crate) fn with(
        upstream: SocketAddr,
        latency: Duration,
        rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::new(upstream, latency, Box::new(rule), Box::new(|_, _| {}))
    }

    /// One that changes answers.
    pub(crate) fn editing(upstream: SocketAddr, edit: impl Fn(&Call, &mut Answer) + Send + Sync + 'static) -> Self {
        Self::new(upstream, Duration::ZERO, Box::new(|_| None), Box::new(edit))
    }

    fn new(upstream: SocketAddr, latency: Duration, rule: Rule, edit: Edit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it listens");
        let state = Arc::new(State {
            upstream,
            rule,
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
                // Whoever goes away in the middle of a call is no fault of the proxy.
                thread::spawn(move || while let Ok(true) = shared.serve(&stream) {});
            }
        });
        Self { address, state }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process that [`Fault::Kill`] and [`Fault::Signal`] mean.
    pub(crate) fn aim_at(&self, process: u32) {
        *lock(&self.state.victim.0) = Some(process);
        self.state.victim.1.notify_all();
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.state.calls).clone()
    }

    /// All calls since this was asked last.
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
        // The listener learns of it by one more visitor.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    /// Serves one request of a connection; whether there may be another.
    fn serve(&self, client: &TcpStream) -> io::Result<bool> {
        let Some(mut request) = Request::read(client)? else { return Ok(false) };
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
            // A byte that nobody has read makes the system reset the connection instead of closing it.
            return Ok(false);
        }
        request.finish(client)?;
        let mut answer = match fault {
            Some(fault @ (Fault::Throttle | Fault::Internal | Fault::Refuse(..))) => {
                refusal(entry.as_ref().map_or("", |call| &call.service), fault)
            }
            _ => request.forward(self.upstream)?,
        };
        if let Some(call) = &entry {
            (self.edit)(call, &mut answer);
        }
        match fault {
            Some(Fault::Stale) => self.make_stale(&mut answer),
            Some(Fault::Lost) => {
                let _ = client.shutdown(Shutdown::Both);
                return Ok(false);
            }
            Some(Fault::Kill) => {
                self.signal("KILL");
                return Ok(false);
            }
            Some(Fault::Signal(name)) => {
                self.signal(name);
                // The signal takes a while: an answer would overtake it now and then.
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
            if let Some(entry) = calls.iter_mut().find(|entry| entry.number == call.number) {
                entry.status = Some(answer.status);
            }
        }
        request.answer(client, &answer)?;
        Ok(true)
    }

    /// Puts the outputs of the first answer in the place of those in this one.
    fn make_stale(&self, answer: &mut Answer) {
        let text = answer.text();
        if let Some((before, rest)) = text.split_once("<Outputs>")
            && let Some((outputs, after)) = rest.split_once("</Outputs>")
        {
            let mut first = lock(&self.outputs);
            let first = first.get_or_insert_with(|| outputs.to_owned());
            answer.body = format!("{before}<Outputs>{first}</Outputs>{after}").into_bytes();
        }
    }

    /// Sends the victim a signal, as soon as the test has said who it is.
    fn signal(&self, name: &str) {
        let (victim, known) = &self.victim;
        let guard = known.wait_timeout_while(lock(victim), PATIENCE, |victim| victim.is_none());
        if let Some(process) = guard.ok().and_then(|(victim, _)| *victim) {
            let script = format!("kill -{name} {process}");
            let _ = Command::new("sh").args(["-c", &script]).status();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A request, its last byte seen but not taken yet.
struct Request {
    method: String,
    target: String,
    head: Vec<u8>,
    body: Vec<u8>,
    /// Whether that byte is still to be taken.
    is_open: bool,
}

impl Request {
    /// Reads a request, its last byte by a look only; `None` if the connection has ended.
    fn read(mut client: &TcpStream) -> io::Result<Option<Self>> {
        client.set_nodelay(true)?;
        let mut buffer = vec![0; 64 * 1024];
        let length = loop {
            let seen = client.peek(&mut buffer)?;
            if seen == 0 {
                return Ok(None);
            }
            if let Some(end) = buffer[..seen].windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            // The rest of the head is on its way; nothing tells when it comes but another look.
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

    /// Takes the last byte.
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

    /// Asks the emulator. The body is whole here, so nobody has to be asked whether it may come, nor in which pieces.
    fn forward(&self, upstream: SocketAddr) -> io::Result<Answer> {
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
        let mut answer = Answer::read_head(&mut stream)?;
        answer.read_body(&self.method, &mut stream);
        Ok(answer)
    }

    /// Passes an answer on.
    fn answer(&self, mut client: &TcpStream, answer: &Answer) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} \r\n", answer.status).into_bytes();
        let is_head = self.method == "HEAD";
        for (name, value) in &answer.headers {
            let is_framing = matches!(name.as_str(), "connection" | "transfer-encoding" | "content-length");
            if !is_framing || (is_head && name == "content-length") {
                bytes.extend_from_slice(name.as_bytes());
                bytes.extend_from_slice(b": ");
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(b"\r\n");
            }
        }
        if !is_head && answer.status != 204 {
            bytes.extend_from_slice(format!("content-length: {}\r\n", answer.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if !is_head {
            bytes.extend_from_slice(&answer.body);
        }
        client.write_all(&bytes)
    }
}

/// The body of a chunked request; an answer is read in the same way.
fn chunks(client: &TcpStream) -> io::Result<Vec<u8>> {
    // One byte at a time, so that nothing of the next request is swallowed.
    let mut stream = BufReader::with_capacity(1, client);
    let headers = vec![("transfer-encoding".to_owned(), b"chunked".to_vec())];
    let mut answer = Answer { status: 200, headers, body: Vec::new(), trailers: Vec::new(), is_whole: false };
    answer.read_body(Ask::get("/").method, &mut stream);
    if answer.is_whole { Ok(answer.body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// What a service says of a fault: status, code, message.
fn words(service: &str, fault: Fault) -> (u16, &'static str, &'static str) {
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

/// How each protocol says that it will not or cannot.
fn refusal(service: &str, fault: Fault) -> Answer {
    let (status, code, message) = words(service, fault);
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
    Answer { status, headers, body: body.into_bytes(), trailers: Vec::new(), is_whole: true }
}
