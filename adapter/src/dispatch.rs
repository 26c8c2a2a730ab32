//! Handlers for what is not HTTP, registered by name or by source.
//!
//! Whatever has no handler is an invocation error: a queue's batch that is answered with success is deleted.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    contract,
    error::{BoxError, Error, Kind},
    event::{Ours, Source},
    failure::panic_message,
    invocation::Invocation,
};

/// A handler's answer to come, as JSON.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, Error>> + Send>>;
type Handler = Arc<dyn Fn(Bytes, Invocation) -> Answer + Send + Sync>;

/// Which name a handler answers to. A schedule cannot be called as a function, nor the other way round.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Key {
    Schedule(String),
    Function(String),
    Task(String),
    Source(Source),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule(name) => write!(f, "schedule `{name}`"),
            Self::Function(name) => write!(f, "function `{name}`"),
            Self::Task(name) => write!(f, "task `{name}`"),
            Self::Source(source) => write!(f, "{source} events"),
        }
    }
}

/// The registered handlers.
///
/// A handler takes its payload as any type that `serde` can read, and the [`Invocation`]; it returns anything that
/// `serde` can write. For a source the payload is the whole event, such as one of the `aws_lambda_events` types.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Dispatch, Invocation, Source};
///
/// async fn nightly(_: Option<serde_json::Value>, _: Invocation) -> Result<(), BoxError> {
///     Ok(())
/// }
///
/// async fn jobs(batch: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
///     batch["Records"].as_array().map(|_| ()).ok_or("a batch without records".into())
/// }
///
/// let dispatch = Dispatch::new().with_schedule("nightly", nightly).with_source(Source::Sqs, jobs);
/// ```
#[derive(Clone, Default)]
pub struct Dispatch {
    handlers: HashMap<Key, Handler>,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.handlers.keys()).finish()
    }
}

impl Dispatch {
    /// No handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers the schedule `name`. A later registration of a name replaces the earlier one.
    #[must_use]
    pub fn with_schedule<F, T, R>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T, R>,
    {
        self.with(Key::Schedule(name.into()), handler)
    }

    /// Registers the plain function `name`, which `zappa-rs invoke` calls.
    #[must_use]
    pub fn with_function<F, T, R>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T, R>,
    {
        self.with(Key::Function(name.into()), handler)
    }

    /// Registers the task `name`, whose caller does not wait.
    #[must_use]
    pub fn with_task<F, T, R>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T, R>,
    {
        self.with(Key::Task(name.into()), handler)
    }

    /// Registers the handler of all events of `source`.
    #[must_use]
    pub fn with_source<F, T, R>(self, source: Source, handler: F) -> Self
    where
        F: EventHandler<T, R>,
    {
        self.with(Key::Source(source), handler)
    }

    fn with<F, T, R>(mut self, key: Key, handler: F) -> Self
    where
        F: EventHandler<T, R>,
    {
        let name = key.to_string();
        let handler: Handler = Arc::new(move |payload, invocation| handler.answer(&name, &payload, invocation));
        self.handlers.insert(key, handler);
        self
    }

    /// Calls the handler of one of our own events.
    pub(crate) fn call_named(&self, kind: Ours, name: &str, payload: Bytes, invocation: Invocation) -> Call {
        if name.is_empty() {
            return Err(Error::new(Kind::Unmapped(format!("an event without a `{}`", contract::NAME_KEY))));
        }
        let name = name.to_owned();
        let key = match kind {
            Ours::Schedule => Key::Schedule(name),
            Ours::Function => Key::Function(name),
            Ours::Task => Key::Task(name),
            Ours::KeepWarm | Ours::Unknown => {
                return Err(Error::new(Kind::Unmapped(
                    "this kind of event; the tool is newer than the crate".to_owned(),
                )));
            }
        };
        self.call(&key, payload, invocation)
    }

    /// Calls the handler of a source.
    pub(crate) fn call_source(&self, source: Source, event: Bytes, invocation: Invocation) -> Call {
        self.call(&Key::Source(source), event, invocation)
    }

    fn call(&self, key: &Key, payload: Bytes, invocation: Invocation) -> Call {
        let name = key.to_string();
        let Some(handler) = self.handlers.get(key) else { return Err(Error::new(Kind::Unmapped(name))) };
        // What a plain function does before it returns its future runs here, not where the future is awaited.
        match catch_unwind(AssertUnwindSafe(|| handler(payload, invocation))) {
            Ok(answer) => Ok((name, answer)),
            Err(panic) => {
                let panic = format!("panic: {}", panic_message(&*panic));
                Err(Error::with_source(Kind::Handler(name), panic))
            }
        }
    }
}

/// A handler's name and its answer to come.
pub(crate) type Call = Result<(String, Answer), Error>;

/// An async function of a payload and an [`Invocation`].
///
/// Every `async fn(T, Invocation) -> Result<R, E>` is one, if `serde` can read `T` and write `R`; there is nothing to
/// implement by hand.
pub trait EventHandler<T, R>: Send + Sync + 'static {
    /// Answers one payload, both as JSON; `name` is what errors call the handler.
    fn answer(&self, name: &str, payload: &[u8], invocation: Invocation) -> Answer;
}

impl<F, Fut, T, R, E> EventHandler<T, R> for F
where
    F: Fn(T, Invocation) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, E>> + Send + 'static,
    T: DeserializeOwned,
    R: Serialize,
    E: Into<BoxError>,
{
    fn answer(&self, name: &str, payload: &[u8], invocation: Invocation) -> Answer {
        let name = name.to_owned();
        match serde_json::from_slice(payload) {
            Ok(payload) => {
                let answer = self(payload, invocation);
                Box::pin(async move {
                    let failed = |source| Error::with_source(Kind::Handler(name), source);
                    match answer.await {
                        Ok(answer) => serde_json::to_vec(&answer).map_err(|error| failed(error.into())),
                        Err(error) => Err(failed(error.into())),
                    }
                })
            }
            Err(error) => Box::pin(ready(Err(Error::with_source(Kind::Payload(name), error)))),
        }
    }
}
