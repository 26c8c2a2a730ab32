//! The instances of one function: started when none is free, the one used last is used first, never more than allowed.

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

/// How long a request waits for an instance that has just answered before another process is started for it.
const RETURNING: Duration = Duration::from_millis(50);
/// How long it waits for one that is at work, once there are two for each core: more of them only take turns, unless they
/// wait for something themselves. Then the next request is no later than this.
const WORKING: Duration = Duration::from_millis(20);

/// All instances of a function.
pub(crate) struct Instances {
    pub(crate) progress: Arc<dyn Progress>,
    /// Who gives credentials, to a function that gets any.
    pub(super) credentials: Arc<dyn CredentialSource>,
    /// How long a process may take to ask for its first event.
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
    /// As many instances keep all cores busy.
    enough: usize,
    is_closed: bool,
}

impl State {
    /// How long a request may wait before another process is started for it; `None` for not at all.
    fn patience(&self) -> Option<Duration> {
        if self.all.len() >= self.function.concurrency {
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

/// An instance that asks for an event.
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

    /// Whether more than one instance is there.
    pub(crate) fn has_others(&self) -> bool {
        self.lock().all.len() > 1
    }

    /// Hands an invocation to an instance, as soon as there is one.
    pub(crate) async fn invoke(self: &Arc<Self>, mut invocation: Invocation) -> Result<Running, FunctionFailure> {
        loop {
            let Idle { instance, timeout, event } = self.free().await?;
            let (sender, answer) = oneshot::channel();
            let started = Instant::now();
            let request_id = invocation.request_id.clone();
            let log_position = instance.output.position();
            let init = instance.begin(Work {
                request_id: request_id.clone(),
                deadline: started + timeout,
                answer: Some(sender),
            });
            match event.send(invocation) {
                Ok(()) => {
                    return Ok(Running {
                        answer,
                        request_id,
                        instance,
                        started,
                        init,
                        log_position,
                        memory_limit: self.lock().function.memory_mb,
                    });
                }
                // Its connection closed between asking and being given; the next one may do.
                Err(back) => {
                    instance.revert(init);
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
        if state.is_closed || state.all.len() >= state.function.concurrency {
            return;
        }
        let wanted = state.waiting.iter().filter(|waiting| !waiting.is_closed()).count();
        while state.starting < wanted && state.all.len() < state.function.concurrency {
            state.last_id += 1;
            let instance = Arc::new(Instance::new(state.last_id, state.generation));
            state.starting += 1;
            state.all.insert(instance.id, Arc::clone(&instance));
            tokio::spawn(supervisor::run(Arc::clone(self), instance, Arc::clone(&state.function)));
        }
    }

    /// An instance asks for an event.
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
            // It asked twice; the earlier question has nobody to hear the answer.
            Before::Idle => state.idle.retain(|idle| idle.instance.id != instance.id),
        }
        // One that has just started is used all the same: the next would be no better.
        let is_expired = before == Before::Returning && instance.is_expired();
        if instance.generation != state.generation || state.is_closed || is_expired {
            instance.stop.notify_one();
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

    /// An instance has answered and will ask for the next event.
    pub(super) fn answered(&self, instance: &Instance) {
        let mut state = self.lock();
        if instance.end_answer() {
            state.returning += 1;
        }
    }

    /// An instance is gone; `failure` if it never asked for an event.
    pub(super) fn remove(self: &Arc<Self>, instance: &Instance, was: Option<Before>, failure: Option<FunctionFailure>) {
        let mut state = self.lock();
        state.all.remove(&instance.id);
        state.idle.retain(|idle| idle.instance.id != instance.id);
        match was {
            Some(Before::Starting) => state.starting = state.starting.saturating_sub(1),
            Some(Before::Returning) => state.returning = state.returning.saturating_sub(1),
            Some(Before::Idle) | None => {}
        }
        // A build that was replaced while it started fails nobody: the next build answers.
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

    /// From now on new code answers; an instance of the old ends when it has answered.
    pub(crate) fn replace(self: &Arc<Self>, function: Function) {
        let mut state = self.lock();
        state.arn = arn(&function);
        state.function = Arc::new(function);
        state.generation += 1;
        for idle in state.idle.drain(..) {
            idle.instance.stop.notify_one();
        }
        self.start_missing(&mut state);
    }

    /// Ends all instances and returns when they are gone.
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
