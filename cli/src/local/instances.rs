//! The pool of a function's instances: started when none is idle, the one used last is used first, never more than
//! allowed.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZero,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::HeaderValue;
use tokio::sync::{Notify, oneshot};

use super::{
    credentials::CredentialSource,
    description::Function,
    instance::{Before, Instance, Work},
    invocation::{FunctionFailure, Invocation},
    running::Running,
    supervisor,
};
use crate::progress::Progress;

/// How long a request waits for an instance that has just responded before another process is started for it.
const RETURNING: Duration = Duration::from_millis(50);
/// How long it waits for one that is at work, once there are two for each core: more of them only take turns, unless
/// they wait for something themselves. Then the next request is no later than this.
const WORKING: Duration = Duration::from_millis(20);

/// All instances of a function.
pub(crate) struct Instances {
    pub(crate) progress: Arc<dyn Progress>,
    /// The source of credentials, for a function that gets any.
    pub(super) credentials: Arc<dyn CredentialSource>,
    /// The init timeout: how long a process may take to its first poll.
    pub(crate) init_limit: Duration,
    state: Mutex<State>,
    emptied: Notify,
}

struct State {
    function: Arc<Function>,
    /// The function's, as the Runtime API gives it with each event.
    arn: HeaderValue,
    generation: u64,
    last_id: u64,
    all: HashMap<u64, Arc<Instance>>,
    idle: Vec<Idle>,
    waiting: VecDeque<oneshot::Sender<Result<Idle, FunctionFailure>>>,
    starting: usize,
    returning: usize,
    /// The number of instances that keeps all cores busy.
    enough: usize,
    is_closed: bool,
}

impl State {
    /// How long a request may wait before another process is started for it; `None` for not at all.
    fn patience(&self) -> Option<Duration> {
        if self.all.len() >= self.function.processes() {
            None
        } else if self.returning > 0 {
            Some(RETURNING)
        } else {
            (self.all.len() >= self.enough).then_some(WORKING)
        }
    }
}

/// A name that no header can hold has no function either.
fn arn(function: &Function) -> HeaderValue {
    HeaderValue::from_str(&function.arn()).unwrap_or_else(|_| HeaderValue::from_static("arn:aws:lambda"))
}

/// An instance that polls for an event.
struct Idle {
    instance: Arc<Instance>,
    timeout: Duration,
    event: oneshot::Sender<Invocation>,
}

impl Instances {
    pub(crate) fn new(
        function: Function,
        init_limit: Duration,
        credentials: Arc<dyn CredentialSource>,
        progress: Arc<dyn Progress>,
    ) -> Arc<Self> {
        Arc::new(Self {
            progress,
            credentials,
            init_limit,
            state: Mutex::new(State {
                arn: arn(&function),
                function: Arc::new(function),
                generation: 0,
                last_id: 0,
                all: HashMap::new(),
                idle: Vec::new(),
                waiting: VecDeque::new(),
                starting: 0,
                returning: 0,
                enough: 2 * std::thread::available_parallelism().map_or(1, NonZero::get),
                is_closed: false,
            }),
            emptied: Notify::new(),
        })
    }

    /// The function as new instances will run it.
    pub(crate) fn function(&self) -> Arc<Function> {
        Arc::clone(&self.lock().function)
    }

    /// The function's ARN.
    pub(crate) fn arn(&self) -> HeaderValue {
        self.lock().arn.clone()
    }

    /// Whether there is more than one instance.
    pub(crate) fn has_others(&self) -> bool {
        self.lock().all.len() > 1
    }

    /// Hands an invocation to an instance, as soon as there is one.
    pub(crate) async fn invoke(self: &Arc<Self>, mut invocation: Invocation) -> Result<Running, FunctionFailure> {
        loop {
            let Idle { instance, timeout, event } = self.free().await?;
            let (responder, outcome) = oneshot::channel();
            let started = Instant::now();
            let request_id = invocation.request_id.clone();
            let log_position = instance.output.position();
            let init = instance.begin(Work {
                request_id: request_id.clone(),
                deadline: started + timeout,
                responder: Some(responder),
            });
            match event.send(invocation) {
                Ok(()) => {
                    return Ok(Running {
                        outcome,
                        request_id,
                        instance,
                        started,
                        init,
                        log_position,
                        memory_limit: self.lock().function.memory_mb,
                    });
                }
                // Its connection closed between the poll and the event; the next instance may take it.
                Err(back) => {
                    instance.revert(&request_id, init);
                    invocation = back;
                }
            }
        }
    }

    async fn free(self: &Arc<Self>) -> Result<Idle, FunctionFailure> {
        let (mut receiver, patience) = {
            let mut state = self.lock();
            if state.is_closed {
                return Err(FunctionFailure::stopping());
            }
            while let Some(idle) = state.idle.pop() {
                if idle.instance.is_expired() {
                    idle.instance.stop.notify_one();
                } else if !idle.event.is_closed() {
                    return Ok(idle);
                }
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back(sender);
            let patience = state.patience();
            if patience.is_none() {
                self.start_missing(&mut state);
            }
            (receiver, patience)
        };
        if let Some(patience) = patience {
            if let Ok(outcome) = tokio::time::timeout(patience, &mut receiver).await {
                return outcome.unwrap_or_else(|_| Err(FunctionFailure::stopping()));
            }
            self.start_missing(&mut self.lock());
        }
        receiver.await.unwrap_or_else(|_| Err(FunctionFailure::stopping()))
    }

    /// Starts as many processes as requests wait, within what is allowed.
    fn start_missing(self: &Arc<Self>, state: &mut State) {
        if state.is_closed || state.all.len() >= state.function.processes() {
            return;
        }
        let seats = state.function.per_process;
        let wanted = state.waiting.iter().filter(|waiting| !waiting.is_closed()).count().div_ceil(seats);
        while state.starting < wanted && state.all.len() < state.function.processes() {
            state.last_id += 1;
            let instance = Arc::new(Instance::new(state.last_id, state.generation, seats));
            state.starting += 1;
            state.all.insert(instance.id, Arc::clone(&instance));
            tokio::spawn(supervisor::run(Arc::clone(self), instance, Arc::clone(&state.function)));
        }
    }

    /// Offers an instance that polls for an event.
    pub(super) fn offer(
        self: &Arc<Self>,
        instance: &Arc<Instance>,
        before: Before,
        event: oneshot::Sender<Invocation>,
    ) {
        let mut state = self.lock();
        match before {
            Before::Starting => state.starting = state.starting.saturating_sub(1),
            Before::Returning => state.returning = state.returning.saturating_sub(1),
            // It polls for another seat, or once more for the same: then no connection waits for the earliest poll any more.
            Before::Idle => {
                let polls = state.idle.iter().filter(|idle| idle.instance.id == instance.id).count();
                let mut surplus = (polls + 1).saturating_sub(instance.free_seats());
                state.idle.retain(|idle| {
                    let is_surplus = surplus > 0 && idle.instance.id == instance.id;
                    surplus -= usize::from(is_surplus);
                    !is_surplus
                });
            }
        }
        // One that has just started is used all the same: the next would be no better.
        let is_expired = before == Before::Returning && instance.is_expired();
        if instance.generation != state.generation || state.is_closed || is_expired {
            // What else it works on is finished before; the poll after that one stops it.
            if instance.is_free() {
                instance.stop.notify_one();
            }
            return;
        }
        let mut idle = Idle { instance: Arc::clone(instance), timeout: state.function.timeout, event };
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(Ok(idle)) {
                Ok(()) => return,
                Err(Ok(back)) => idle = back,
                Err(Err(_)) => return,
            }
        }
        state.idle.push(idle);
    }

    /// Notes that an instance has responded and will poll for the next event.
    pub(super) fn note_response(&self, instance: &Instance, request_id: &str) {
        let mut state = self.lock();
        if instance.end_response(request_id) {
            state.returning += 1;
        }
    }

    /// Removes an instance that ended; `failure` if it never polled for an event. `returning` responses of it were followed by no
    /// poll.
    pub(super) fn remove(self: &Arc<Self>, instance: &Instance, returning: usize, failure: Option<FunctionFailure>) {
        let mut state = self.lock();
        state.all.remove(&instance.id);
        state.idle.retain(|idle| idle.instance.id != instance.id);
        state.starting = state.starting.saturating_sub(usize::from(failure.is_some()));
        state.returning = state.returning.saturating_sub(returning);
        // A build that was replaced while it started fails no request: the next build serves it.
        if let Some(failure) = failure.filter(|_| instance.generation == state.generation) {
            while let Some(waiting) = state.waiting.pop_front() {
                if waiting.send(Err(failure.clone())).is_ok() {
                    break;
                }
            }
        }
        self.start_missing(&mut state);
        if state.all.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Replaces the function; an instance of the old one ends when it has responded.
    pub(crate) fn replace(self: &Arc<Self>, function: Function) {
        let mut state = self.lock();
        state.arn = arn(&function);
        state.function = Arc::new(function);
        state.generation += 1;
        for idle in state.idle.drain(..).filter(|idle| idle.instance.is_free()) {
            idle.instance.stop.notify_one();
        }
        self.start_missing(&mut state);
    }

    /// Stops all instances and returns when they have ended.
    pub(crate) async fn stop(&self) {
        let emptied = self.emptied.notified();
        tokio::pin!(emptied);
        emptied.as_mut().enable();
        {
            let mut state = self.lock();
            state.is_closed = true;
            state.waiting.clear();
            state.idle.clear();
            for instance in state.all.values() {
                instance.stop.notify_one();
            }
            if state.all.is_empty() {
                return;
            }
        }
        emptied.await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
