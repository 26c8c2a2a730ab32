//! A Lambda Runtime API that does what a test says, on raw sockets: it hands out events and keeps what is posted, byte
//! for byte, so that a test sees what is on the wire.

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

/// How long a test waits for what must come.
const BOUND: Duration = Duration::from_secs(30);

/// An event that waits to be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) payload: Vec<u8>,
    /// How long the invocation may take.
    pub(crate) patience: Duration,
    /// What the Runtime API answers to the post of the answer.
    pub(crate) reception: Reception,
}

/// What becomes of a posted answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reception {
    /// It is taken.
    Taken,
    /// It is refused, as one that is too large.
    Refused,
    /// It is taken, and the connection is closed.
    Closing,
}

/// What was posted.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    /// The header block, in lower case.
    pub(crate) head: String,
    /// The body without its chunks' frames.
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
    /// How many times an event was asked for.
    polls: usize,
    registered: Vec<String>,
    /// How many connections were closed because a reception says so.
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
                // A connection ends when the process under test closes it, at the latest with the test.
                thread::spawn(move || serve(stream, &shared, &sender));
            }
        });
        Self { address, shared, posted }
    }

    /// An event to hand out, with half a minute to answer it.
    pub(crate) fn give(&self, id: &str, payload: impl Into<Vec<u8>>) {
        self.give_event(Event {
            id: id.to_owned(),
            payload: payload.into(),
            patience: Duration::from_secs(30),
            reception: Reception::Taken,
        });
    }

    pub(crate) fn give_event(&self, event: Event) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.receptions.push((event.id.clone(), event.reception));
        state.events.push_back(event);
        self.shared.changed.notify_all();
    }

    /// What is posted next.
    pub(crate) fn posted(&self) -> Posted {
        self.posted.recv_timeout(BOUND).expect("the process posts an answer")
    }

    /// Waits until events were asked for so many times in all.
    pub(crate) fn wait_for_polls(&self, count: usize) {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(state, BOUND, |state| state.polls < count);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "{} polls and not {count}", state.polls);
    }

    /// Waits until a connection was closed by [`Reception::Closing`]: what is posted before that races with the close.
    pub(crate) fn wait_for_close(&self) {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(state, BOUND, |state| state.closed == 0);
        let timeout = waited.unwrap_or_else(PoisonError::into_inner).1;
        assert!(!timeout.timed_out(), "no connection was closed");
    }

    /// The header blocks of extensions that registered.
    pub(crate) fn registered(&self) -> Vec<String> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).registered.clone()
    }
}

fn serve(stream: TcpStream, shared: &Shared, posted: &Sender<Posted>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut stream = stream;
    while let Some(head) = head(&mut reader) {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let (body, trailers) = body(&mut reader, &head);
        let (reply, is_last) = match path.rsplit('/').next().unwrap_or_default() {
            "next" if path.contains("/extension/") => return park(&mut reader),
            "next" => (next(shared), false),
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
        if stream.write_all(reply.as_ref()).is_err() {
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

/// An extension that waits for events that never come.
fn park(reader: &mut impl Read) {
    let _ = reader.read(&mut [0]);
}

fn next(shared: &Shared) -> Vec<u8> {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.polls += 1;
    shared.changed.notify_all();
    let waited = shared.changed.wait_while(state, |state| state.events.is_empty());
    let event = waited.unwrap_or_else(PoisonError::into_inner).events.pop_front().expect("waited for");
    let since = (SystemTime::now() + event.patience).duration_since(UNIX_EPOCH).expect("after 1970");
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: {}\r\n\
         lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:f\r\n\
         lambda-runtime-trace-id: Root=1-2-3\r\nlambda-runtime-invocation-id: once-{}\r\ncontent-length: {}\r\n\r\n",
        event.id,
        since.as_millis(),
        event.id,
        event.payload.len(),
    )
    .into_bytes();
    reply.extend_from_slice(&event.payload);
    reply
}

fn reception(shared: &Shared, path: &str) -> Reception {
    let state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let found = state.receptions.iter().find(|(id, _)| path.contains(&format!("/{id}/")));
    found.map_or(Reception::Taken, |(_, reception)| *reception)
}

fn received(reception: Reception) -> Vec<u8> {
    let (status, body) = match reception {
        Reception::Taken | Reception::Closing => ("202 Accepted", "{\"status\":\"OK\"}"),
        Reception::Refused => ("413 Payload Too Large", "{\"errorType\":\"RequestEntityTooLarge\"}"),
    };
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The request line and the headers, in lower case but for the path; `None` once the connection is closed.
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
