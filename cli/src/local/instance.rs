//! An instance of the function, as its Runtime API and the pool see it: its state and the invocations in flight.
//!
//! It changes by the rules of the Runtime API and waits for nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};

use super::{extension::Extensions, invocation::Outcome, output::Output, process};

/// How long a memory reading is good for: each costs a file of `/proc`, which only a flood of requests would feel.
const MEMORY_AGE_MS: u64 = 20;

/// How long before its credentials expire an instance gets no further event.
const EXPIRY_MARGIN: Duration = Duration::from_secs(60);

/// An instance.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) id: u64,
    /// Which of the function's builds it runs.
    pub(crate) generation: u64,
    /// How many invocations it may work on at once.
    seats: usize,
    /// What the process wrote.
    pub(crate) output: Arc<Output>,
    /// Extensions that registered from inside the process.
    pub(crate) extensions: Extensions,
    /// Notified when the process has to end.
    pub(crate) stop: Notify,
    born: Instant,
    expiry: OnceLock<SystemTime>,
    process: AtomicU32,
    memory: AtomicU32,
    memory_read_ms: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Whether the process has polled for an event.
    has_polled: bool,
    /// The invocations in flight.
    work: Vec<Work>,
    /// How many responses were followed by no poll yet.
    returning: usize,
    /// When the process was started.
    started: Instant,
    init: Option<Duration>,
    init_error: Option<Bytes>,
}

/// What an instance leaves at its end.
#[derive(Debug)]
pub(crate) struct Remains {
    /// Whether the process had polled for an event.
    pub(crate) has_polled: bool,
    /// The invocations in flight.
    pub(crate) work: Vec<Work>,
    /// How many responses were followed by no poll.
    pub(crate) returning: usize,
    /// The init error that the process reported.
    pub(crate) init_error: Option<Bytes>,
}

/// An invocation of a busy instance.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) request_id: String,
    pub(crate) deadline: Instant,
    /// The sender to the caller that waits for the outcome; `None` once the response is being streamed.
    pub(crate) responder: Option<oneshot::Sender<Outcome>>,
}

/// A request that the Runtime API does not allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Conflict {
    /// The id is not that of the current invocation.
    RequestId,
    /// Not in this phase.
    Phase(&'static str),
}

/// What an instance was about before a poll.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Before {
    /// It was starting.
    Starting,
    /// It polled already.
    Idle,
    /// It had responded.
    Returning,
}

impl Instance {
    pub(crate) fn new(id: u64, generation: u64, seats: usize) -> Self {
        let now = Instant::now();
        Self {
            id,
            generation,
            seats,
            output: Arc::default(),
            extensions: Extensions::default(),
            stop: Notify::new(),
            born: now,
            expiry: OnceLock::new(),
            process: AtomicU32::new(0),
            memory: AtomicU32::new(0),
            memory_read_ms: AtomicU64::new(0),
            state: Mutex::new(State {
                has_polled: false,
                work: Vec::new(),
                returning: 0,
                started: now,
                init: None,
                init_error: None,
            }),
        }
    }

    /// Notes that the process polls for an event.
    pub(crate) fn ask(&self) -> Result<Before, Conflict> {
        let mut state = self.lock();
        if state.work.len() >= self.seats {
            return Err(Conflict::Phase("InvocationResponse"));
        }
        if !state.has_polled {
            state.has_polled = true;
            state.init = Some(state.started.elapsed());
            return Ok(Before::Starting);
        }
        if state.returning > 0 {
            state.returning -= 1;
            return Ok(Before::Returning);
        }
        Ok(Before::Idle)
    }

    /// An event is handed out. Says how long the process took to start, if this is its first.
    pub(crate) fn begin(&self, work: Work) -> Option<Duration> {
        let mut state = self.lock();
        state.work.push(work);
        state.init.take()
    }

    /// Takes back what [`begin`](Self::begin) gave, since the process went away in that moment.
    pub(crate) fn revert(&self, request_id: &str, init: Option<Duration>) {
        let mut state = self.lock();
        state.init = init.or(state.init);
        state.work.retain(|work| work.request_id != request_id);
    }

    /// Whether it works on nothing.
    pub(crate) fn is_free(&self) -> bool {
        self.lock().work.is_empty()
    }

    /// How many polls of it may wait at once.
    pub(crate) fn free_seats(&self) -> usize {
        self.seats.saturating_sub(self.lock().work.len())
    }

    /// Checks that `request_id` is an invocation in flight, and that its response has not begun.
    pub(crate) fn check(&self, request_id: &str) -> Result<(), Conflict> {
        let state = self.lock();
        match state.work.iter().find(|work| work.request_id == request_id) {
            Some(Work { responder: Some(_), .. }) => Ok(()),
            Some(_) => Err(Conflict::Phase("InvocationResponse")),
            None if !state.has_polled => Err(Conflict::Phase("Initialization")),
            None => Err(Conflict::RequestId),
        }
    }

    /// Begins the response: takes the sender to the caller that waits for it.
    pub(crate) fn begin_response(&self, request_id: &str) -> Result<oneshot::Sender<Outcome>, Conflict> {
        let mut state = self.lock();
        let work = state.work.iter_mut().find(|work| work.request_id == request_id).ok_or(Conflict::RequestId)?;
        work.responder.take().ok_or(Conflict::Phase("InvocationResponse"))
    }

    /// Ends the response. False if the process has ended by now.
    pub(crate) fn end_response(&self, request_id: &str) -> bool {
        let mut state = self.lock();
        let before = state.work.len();
        state.work.retain(|work| work.request_id != request_id);
        let was_in_flight = state.work.len() < before;
        state.returning += usize::from(was_in_flight);
        was_in_flight
    }

    /// The process reported that it could not start.
    pub(crate) fn set_init_error(&self, document: Bytes) {
        self.lock().init_error = Some(document);
    }

    /// Ends the instance, and returns what it leaves.
    pub(crate) fn end(&self) -> Remains {
        let mut state = self.lock();
        Remains {
            has_polled: std::mem::replace(&mut state.has_polled, true),
            work: std::mem::take(&mut state.work),
            returning: std::mem::take(&mut state.returning),
            init_error: state.init_error.take(),
        }
    }

    /// What to watch for: when the start has lasted too long, or the earliest end of an invocation in flight.
    pub(crate) fn deadline(&self, init_limit: Duration) -> Option<(Instant, bool)> {
        let state = self.lock();
        if !state.has_polled {
            return Some((state.started + init_limit, true));
        }
        state.work.iter().map(|work| work.deadline).min().map(|deadline| (deadline, false))
    }

    /// Sets when the credentials of the process expire. Its start counts from here: they may have taken a while.
    pub(crate) fn set_expiry(&self, expiry: Option<SystemTime>) {
        if let Some(expiry) = expiry {
            // It is set once, before the process is started.
            let _ = self.expiry.set(expiry);
        }
        self.lock().started = Instant::now();
    }

    /// Whether the credentials of the process are expired, or about to be.
    pub(crate) fn is_expired(&self) -> bool {
        self.expiry.get().is_some_and(|expiry| *expiry <= SystemTime::now() + EXPIRY_MARGIN)
    }

    pub(crate) fn set_process(&self, id: Option<u32>) {
        self.process.store(id.unwrap_or_default(), Relaxed);
    }

    /// The peak of the process's memory in MiB, read at most every 20 ms.
    pub(crate) fn memory(&self) -> Option<u32> {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        let read = self.memory_read_ms.load(Relaxed);
        if read == 0 || now.saturating_sub(read) > MEMORY_AGE_MS {
            self.memory_read_ms.store(now.max(1), Relaxed);
            if let Some(memory) = process::peak_memory(self.process.load(Relaxed)) {
                self.memory.store(memory, Relaxed);
            }
        }
        match self.memory.load(Relaxed) {
            0 => None,
            memory => Some(memory),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(id: &str) -> (Instance, oneshot::Receiver<Outcome>) {
        let instance = Instance::new(1, 0, 1);
        instance.ask().unwrap();
        let (responder, receiver) = oneshot::channel();
        instance.begin(Work { request_id: id.to_owned(), deadline: Instant::now(), responder: Some(responder) });
        (instance, receiver)
    }

    #[test]
    fn only_the_current_request_is_answered_and_only_once() {
        let (instance, _receiver) = busy("a");
        assert_eq!(instance.check("b"), Err(Conflict::RequestId));
        assert_eq!(instance.ask(), Err(Conflict::Phase("InvocationResponse")));
        assert_eq!(instance.check("a"), Ok(()));
        assert!(instance.begin_response("a").is_ok());
        assert!(instance.begin_response("a").is_err());
        instance.end_response("a");
        assert_eq!(instance.check("a"), Err(Conflict::RequestId));
        assert_eq!(instance.ask(), Ok(Before::Returning));
    }

    #[test]
    fn an_instance_with_two_seats_works_on_two_and_polls_for_no_third() {
        let instance = Instance::new(1, 0, 2);
        let work = |id: &str| Work { request_id: id.to_owned(), deadline: Instant::now(), responder: None };
        assert_eq!(instance.ask(), Ok(Before::Starting));
        assert_eq!(instance.ask(), Ok(Before::Idle));
        assert!(instance.begin(work("a")).is_some());
        assert!(instance.begin(work("b")).is_none());
        assert_eq!((instance.ask(), instance.free_seats()), (Err(Conflict::Phase("InvocationResponse")), 0));
        assert!(instance.end_response("b") && !instance.end_response("b"));
        assert_eq!((instance.ask(), instance.is_free()), (Ok(Before::Returning), false));
        assert_eq!(instance.check("b"), Err(Conflict::RequestId));
        let remains = instance.end();
        assert_eq!((remains.has_polled, remains.returning), (true, 0));
        assert_eq!(remains.work.iter().map(|work| work.request_id.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn nothing_is_answered_before_the_first_event() {
        let instance = Instance::new(1, 0, 1);
        assert_eq!(instance.check("a"), Err(Conflict::Phase("Initialization")));
        assert_eq!(instance.ask(), Ok(Before::Starting));
        assert_eq!(instance.ask(), Ok(Before::Idle));
    }

    #[test]
    fn init_is_reported_to_the_first_invocation_alone() {
        let (instance, _receiver) = busy("a");
        let _ = instance.begin_response("a");
        instance.end_response("a");
        instance.ask().unwrap();
        let again = instance.begin(Work { request_id: "b".to_owned(), deadline: Instant::now(), responder: None });
        assert_eq!(again, None);
    }
}
