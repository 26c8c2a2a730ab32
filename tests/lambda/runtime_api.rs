//! A Lambda Runtime API for tests, on raw sockets: it serves events and records the posted requests byte for byte.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The timeout of every wait of a test.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout of a poll, which outlasts every wait of a test.
const POLL_TIMEOUT: Duration = Duration::from_secs(300);

/// An event for the next poll.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) payload: Vec<u8>,
    /// The timeout of the invocation.
    pub(crate) timeout: Duration,
    /// How the Runtime API handles the posted response.
    pub(crate) reception: Reception,
}

/// The handling of a posted response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reception {
    /// It is accepted.
    Accepted,
    /// It is rejected, as one that is too large.
    Rejected,
    /// It is accepted, and the connection is closed.
    Closing,
}

/// A posted response or error.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    /// The header block, in lower case.
    pub(crate) head: String,
    /// The body without its transfer coding.
    pub(crate) body: Vec<u8>,
    /// The trailers, in lower case.
    pub(crate) trailers: String,
}

/// The server; it ends with the test.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    posted: Receiver<Posted>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    receptions: Vec<(String, Reception)>,
    /// The number of polls.
    polls: usize,
    registered: Vec<String>,
    /// The number of connections that were closed by [`Reception::Closing`].
    closed: usize,
}

impl RuntimeApi {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::<Shared>::default();
        let (sender, posted) = mpsc::channel();
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, sender) = (Arc::clone(&server), sender.clone());
                // The process under test closes the connection, at the latest when the test ends.
                thread::spawn(move || serve(stream, &shared, &sender));
            }
        });
        Self { address, shared, posted }
    }

    /// Adds an event with a timeout of half a minute.
    pub(crate) fn give(&self, id: &str, payload: impl Into<Vec<u8>>) {
        self.give_event(Event {
            id: id.to_owned(),
            payload: payload.into(),
            timeout: Duration::from_secs(30),
            reception: Reception::Accepted,
        });
    }

    pub(crate) fn give_event(&self, event: Event) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.receptions.push((event.id.clone(), event.reception));
        state.events.push_back(event);
        self.shared.changed.notify_all();
    }

    /// Waits for the next post.
    pub(crate) fn wait_for_post(&self) -> Posted {
        self.posted.recv_timeout(TIMEOUT).expect("the process posts a response")
    }

    /// Waits for this total number of polls.
    pub(crate) fn wait_for_polls(&self, count: usize) {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(state, TIMEOUT, |state| state.polls < count);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "{} polls and not {count}", state.polls);
    }

    /// Waits until a connection was closed by [`Reception::Closing`]: a post before that would race with the close.
    pub(crate) fn wait_for_close(&self) {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(state, TIMEOUT, |state| state.closed == 0);
        let timeout = waited.unwrap_or_else(PoisonError::into_inner).1;
        assert!(!timeout.timed_out(), "no connection was closed");
    }

    /// Returns the header blocks of the registered extensions.
    pub(crate) fn registrations(&self) -> Vec<String> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).registered.clone()
    }
}

fn serve(stream: TcpStream, shared: &Shared, posted: &Sender<Posted>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut stream = stream;
    while let Some(head) = head(&mut reader) {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let (body, trailers) = body(&mut reader, &head);
        let (response, is_last) = match path.rsplit('/').next().unwrap_or_default() {
            "next" if path.contains("/extension/") => return park(&mut reader),
            "next" => match next(shared) {
                Some(event) => (event, false),
                None => return,
            },
            "register" => {
                shared.state.lock().unwrap_or_else(PoisonError::into_inner).registered.push(head);
                ("HTTP/1.1 200 OK\r\nlambda-extension-identifier: ext-1\r\ncontent-length: 2\r\n\r\n{}".into(), false)
            }
            _ => {
                let reception = reception(shared, &path);
                let sent = posted.send(Posted { path, head, body, trailers });
                // The test has ended.
                if sent.is_err() {
                    return;
                }
                (received(reception), reception == Reception::Closing)
            }
        };
        if stream.write_all(response.as_ref()).is_err() {
            return;
        }
        if is_last {
            let closed = stream.shutdown(Shutdown::Both);
            shared.state.lock().unwrap_or_else(PoisonError::into_inner).closed += usize::from(closed.is_ok());
            shared.changed.notify_all();
            return;
        }
    }
}

/// Holds the poll of an extension, for which there are no events.
fn park(reader: &mut impl Read) {
    let _ = reader.read(&mut [0]);
}

/// The response to a poll; `None` if the test gives no event, which closes the connection.
fn next(shared: &Shared) -> Option<Vec<u8>> {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.polls += 1;
    shared.changed.notify_all();
    let waited = shared.changed.wait_timeout_while(state, POLL_TIMEOUT, |state| state.events.is_empty());
    let event = waited.unwrap_or_else(PoisonError::into_inner).0.events.pop_front()?;
    let since = (SystemTime::now() + event.timeout).duration_since(UNIX_EPOCH).expect("after 1970");
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {}\r\n\
         lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:f\r\n\
         lambda-runtime-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0\r\nlambda-runtime-invocation-id: once-{}\r\ncontent-length: {}\r\n\r\n",
        event.id,
        since.as_millis(),
        event.id,
        event.payload.len(),
    )
    .into_bytes();
    response.extend_from_slice(&event.payload);
    Some(response)
}

fn reception(shared: &Shared, path: &str) -> Reception {
    let state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let found = state.receptions.iter().find(|(id, _)| path.contains(&format!("/{id}/")));
    found.map_or(Reception::Accepted, |(_, reception)| *reception)
}

fn received(reception: Reception) -> Vec<u8> {
    let (status, body) = match reception {
        Reception::Accepted | Reception::Closing => ("202 Accepted", "{\"status\":\"OK\"}"),
        Reception::Rejected => ("413 Payload Too Large", "{\"errorType\":\"RequestEntityTooLarge\"}"),
    };
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Reads the request line and the headers, in lower case except the path; `None` once the connection is closed.
fn head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) if line == "\r\n" => return Some(head),
            Ok(_) if head.is_empty() => head.push_str(&line),
            Ok(_) => head.push_str(&line.to_lowercase()),
        }
    }
}

fn body(reader: &mut impl BufRead, head: &str) -> (Vec<u8>, String) {
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let mut body = Vec::new();
    if let Some(length) = header("content-length:") {
        body.resize(length.parse().expect("a length"), 0);
        reader.read_exact(&mut body).expect("a whole body");
        return (body, String::new());
    }
    if header("transfer-encoding:") != Some("chunked") {
        return (body, String::new());
    }
    loop {
        let mut size = String::new();
        reader.read_line(&mut size).expect("a chunk");
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
        if size == 0 {
            break;
        }
        let start = body.len();
        body.resize(start + size + 2, 0);
        reader.read_exact(&mut body[start..]).expect("a whole chunk");
        body.truncate(start + size);
    }
    let mut trailers = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a trailer or the end");
        if line == "\r\n" {
            return (body, trailers);
        }
        trailers.push_str(&line);
    }
}
