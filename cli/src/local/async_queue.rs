//! Lambda's queue of asynchronous invocations: nobody waits for their results, and failures are retried.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    credentials::Unavailable,
    description::{AsyncConfig, Destination},
    emulator::Emulator,
    failure_record::{self, Condition, Failed},
    instances::Instances,
    invocation::{FunctionFailure, Invocation},
};
use crate::{names::ALIAS, progress::Progress};

/// How much of a result the terminal shows.
const SHOWN_CHARACTERS: usize = 200;

/// The queue of a function.
pub(super) struct AsyncQueue {
    instances: Arc<Instances>,
    emulator: Option<Arc<dyn Emulator>>,
    progress: Arc<dyn Progress>,
    state: Mutex<State>,
}

struct State {
    config: AsyncConfig,
    last_id: u64,
    pending: BTreeMap<u64, Pending>,
    is_closed: bool,
}

/// An invocation that has neither succeeded nor been given up.
struct Pending {
    label: String,
    attempt: u32,
    /// When the attempt is made; `None` while it is.
    due: Option<Instant>,
}

/// An event in the queue.
struct Event {
    id: u64,
    label: String,
    sent: Instant,
    request_id: String,
    trace_id: String,
    payload: Bytes,
}

/// What follows a failed attempt.
enum Next {
    Retry(Duration),
    GiveUp(Condition),
    /// The queue was closed meanwhile, and has named the event.
    Closed,
}

impl AsyncQueue {
    pub(super) fn new(
        instances: Arc<Instances>,
        config: AsyncConfig,
        emulator: Option<Arc<dyn Emulator>>,
        progress: Arc<dyn Progress>,
    ) -> Arc<Self> {
        let state = State { config, last_id: 0, pending: BTreeMap::new(), is_closed: false };
        Arc::new(Self { instances, emulator, progress, state: Mutex::new(state) })
    }

    /// Replaces the configuration, also for the events in the queue.
    pub(super) fn replace(&self, config: AsyncConfig) {
        self.lock().config = config;
    }

    /// Puts an event into the queue. `label` names it in messages.
    pub(super) fn send(self: &Arc<Self>, label: String, invocation: Invocation) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.last_id += 1;
        let id = state.last_id;
        state.pending.insert(id, Pending { label: label.clone(), attempt: 1, due: None });
        drop(state);
        let Invocation { request_id, trace_id, payload } = invocation;
        let event = Event { id, label, sent: Instant::now(), request_id, trace_id, payload };
        tokio::spawn(Arc::clone(self).deliver(event));
    }

    /// Takes no further events, and names those that are given up by this.
    pub(super) fn close(&self) {
        let pending = {
            let mut state = self.lock();
            state.is_closed = true;
            std::mem::take(&mut state.pending)
        };
        let names: Vec<String> = pending.values().map(describe).collect();
        if !names.is_empty() {
            let sentence = format!("unfinished asynchronous invocations are given up: {}", names.join(", "));
            self.progress.warning(&sentence, Some("on Lambda they would be in its queue; send them again"));
        }
    }

    async fn deliver(self: Arc<Self>, event: Event) {
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let failure = match self.invoke(&event).await {
                Ok(result) => {
                    if self.lock().pending.remove(&event.id).is_some() {
                        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
                        let sentence = format!("{} in {milliseconds:.2} ms: {}", event.label, shown(&result));
                        self.progress.step("Completed", &sentence);
                    }
                    return;
                }
                Err(failure) => failure,
            };
            match self.next(&event, attempt) {
                Next::Closed => return,
                Next::Retry(delay) => {
                    self.report(&event, attempt, &failure, &format!("and runs again in {}", seconds(delay)));
                    tokio::time::sleep(delay).await;
                    attempt += 1;
                    match self.lock().pending.get_mut(&event.id) {
                        Some(pending) => pending.due = None,
                        None => return,
                    }
                }
                Next::GiveUp(condition) => {
                    self.give_up(&event, attempt, condition, &failure).await;
                    return;
                }
            }
        }
    }

    /// Sends the record of an event to the destination of failures, and says what becomes of it.
    async fn give_up(&self, event: &Event, attempt: u32, condition: Condition, failure: &FunctionFailure) {
        let destination = self.lock().config.failure_destination.clone();
        let end = match &destination {
            Some(destination) if self.sends_to(destination) => {
                format!("for the last time and goes to {}", destination.label())
            }
            Some(destination) => format!("for the last time and would go to {}", destination.label()),
            None => "for the last time and is dropped, since it has no failure destination".to_owned(),
        };
        self.report(event, attempt, failure, &end);
        if let (Some(emulator), Some(destination)) = (&self.emulator, &destination) {
            let function_arn = format!("{}:{ALIAS}", self.instances.function().arn());
            let failed = Failed {
                request_id: &event.request_id,
                function_arn: &function_arn,
                condition,
                invocations: attempt,
                payload: &event.payload,
                response: &failure.payload,
            };
            let record = failure_record::asynchronous(&failed, Timestamp::now()).to_string();
            let sent = match destination {
                Destination::Queue(queue) => emulator.send(queue, &record).await,
                Destination::Topic(topic) => emulator.publish(topic, &record).await,
                Destination::Other(_) => Ok(()),
            };
            if let Err(Unavailable { reason, hint }) = sent {
                let sentence =
                    format!("{} is lost: {} does not take its record: {reason}", event.label, destination.label());
                self.progress.failure(&sentence, hint.as_deref());
            }
        }
        self.lock().pending.remove(&event.id);
    }

    /// Whether records are sent to a destination.
    fn sends_to(&self, destination: &Destination) -> bool {
        self.emulator.is_some() && destination.is_emulated()
    }

    async fn invoke(&self, event: &Event) -> Result<Bytes, FunctionFailure> {
        // A retry has the id of the first attempt, as on Lambda.
        let invocation = Invocation {
            request_id: event.request_id.clone(),
            trace_id: event.trace_id.clone(),
            payload: event.payload.clone(),
        };
        self.instances.invoke(invocation).await?.result().await
    }

    /// Decides what follows an attempt that failed, and notes it.
    fn next(&self, event: &Event, attempt: u32) -> Next {
        let mut state = self.lock();
        let delay = state.config.retry_delay * attempt;
        let condition = match attempt <= state.config.retries {
            true if event.sent.elapsed() + delay <= state.config.max_age => None,
            true => Some(Condition::EventAgeExceeded),
            false => Some(Condition::RetriesExhausted),
        };
        let Some(pending) = state.pending.get_mut(&event.id) else { return Next::Closed };
        match condition {
            // It is pending until its record is sent.
            Some(condition) => Next::GiveUp(condition),
            None => {
                pending.attempt = attempt + 1;
                pending.due = Some(Instant::now() + delay);
                Next::Retry(delay)
            }
        }
    }

    fn report(&self, event: &Event, attempt: u32, failure: &FunctionFailure, end: &str) {
        let most = self.lock().config.retries + 1;
        let document = String::from_utf8_lossy(&failure.payload);
        let sentence = format!("{} failed (attempt {attempt} of {most}) {end}: {document}", event.label);
        self.progress.failure(&sentence, failure.hint.as_deref());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(pending: &Pending) -> String {
    let Pending { label, attempt, due } = pending;
    match due.map(|due| due.saturating_duration_since(Instant::now())) {
        Some(rest) => format!("{label} (attempt {attempt} was due in {})", seconds(rest)),
        None => format!("{label} (attempt {attempt} was running)"),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}

/// The beginning of a result.
fn shown(result: &[u8]) -> String {
    let text = String::from_utf8_lossy(result);
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], result.len()),
        None => text.into_owned(),
    }
}
