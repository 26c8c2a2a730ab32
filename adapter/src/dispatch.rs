//! The registry of handlers for events that are not HTTP, by name or by source.
//!
//! An event without a handler is an invocation error: a queue deletes a batch whose invocation succeeds.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    contract,
    error::{Error, Kind},
    event::{OwnEvent, Source},
    failure::panic_message,
    handler::{EventHandler, HandlerFuture},
    invocation::Invocation,
};
use bytes::Bytes;

type Handler = Arc<dyn Fn(Bytes, Invocation) -> HandlerFuture + Send + Sync>;

/// The key of a registered handler. A schedule cannot be called as a function, nor a function as a schedule.
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
    /// A registry without handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers the schedule `name`. A later registration of a name replaces the earlier one.
    #[must_use]
    pub fn with_schedule<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Schedule(name.into()), handler)
    }

    /// Registers the plain function `name`, which `zappa-rs invoke` calls.
    #[must_use]
    pub fn with_function<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Function(name.into()), handler)
    }

    /// Registers the task `name`, whose caller does not wait.
    #[must_use]
    pub fn with_task<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Task(name.into()), handler)
    }

    /// Registers the handler of all events of `source`.
    #[must_use]
    pub fn with_source<F, T>(self, source: Source, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Source(source), handler)
    }

    fn with<F, T>(mut self, key: Key, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        let name = key.to_string();
        let handler: Handler = Arc::new(move |payload, invocation| handler.handle(&name, &payload, invocation));
        self.handlers.insert(key, handler);
        self
    }

    /// Calls the handler of an event of zappa-rs itself.
    pub(crate) fn call_named(&self, kind: OwnEvent, name: &str, payload: Bytes, invocation: Invocation) -> Call {
        if name.is_empty() {
            return Err(Error::new(Kind::Unmapped(format!("an event without a `{}`", contract::NAME_KEY))));
        }
        let name = name.to_owned();
        let key = match kind {
            OwnEvent::Schedule => Key::Schedule(name),
            OwnEvent::Function => Key::Function(name),
            OwnEvent::Task => Key::Task(name),
            OwnEvent::KeepWarm | OwnEvent::Unknown => {
                return Err(Error::new(Kind::Unmapped(
                    "this kind of event; the `zappa-rs` tool is newer than the crate".to_owned(),
                )));
            }
        };
        self.call(&key, payload, invocation)
    }

    /// Calls the handler of a source's event.
    pub(crate) fn call_source(&self, source: Source, event: Bytes, invocation: Invocation) -> Call {
        self.call(&Key::Source(source), event, invocation)
    }

    fn call(&self, key: &Key, payload: Bytes, invocation: Invocation) -> Call {
        let name = key.to_string();
        let Some(handler) = self.handlers.get(key) else { return Err(Error::new(Kind::Unmapped(name))) };
        // A plain function that returns a future runs its own code here, not where the future is awaited.
        match catch_unwind(AssertUnwindSafe(|| handler(payload, invocation))) {
            Ok(future) => Ok((name, future)),
            Err(panic) => {
                let panic = format!("panic: {}", panic_message(&*panic));
                Err(Error::with_source(Kind::Handler(name), panic))
            }
        }
    }
}

/// A called handler: its name and its future.
pub(crate) type Call = Result<(String, HandlerFuture), Error>;
