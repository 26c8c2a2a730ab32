//! Idempotency: a handler runs once for a key, however often its event is delivered.
//!
//! A store has the state: a lock while the handler runs, then its result until that expires. A lock expires with its
//! invocation, so that a process that ended in between does not block the next delivery.

#[cfg(feature = "idempotency")]
mod dynamodb;
mod key;
mod memory;
#[cfg(feature = "idempotency")]
mod missing;
mod store;

pub use self::{
    key::Key,
    store::{Begin, Lock, Store, StoreFuture},
};

use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::FutureExt as _;
use serde::{Serialize, de::DeserializeOwned};

use self::memory::MemoryStore;
#[cfg(feature = "idempotency")]
use crate::contract;
use crate::{
    Record,
    error::{BoxError, Error},
    invocation::Invocation,
    log,
};

/// How long results are kept, if nothing else is set.
const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the lock of an invocation without a deadline holds: the longest invocation of most functions.
const LOCK_WITHOUT_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// The future of an idempotent handler.
pub type IdempotentFuture<R> = Pin<Box<dyn Future<Output = Result<R, BoxError>> + Send>>;

/// Idempotency of handlers: for a key, a handler runs once and its result is kept.
///
/// Every source may deliver an event twice, also at the same time. Of two deliveries with one key
///
/// - the first runs the handler, and its result is stored;
/// - one that comes while it runs fails, so that the source delivers it again later;
/// - one that comes afterwards gets the stored result, until it expires;
/// - one that has another payload fails, if the key was bound to its payload by [`Key::with_payload`];
/// - after an error or a panic the next one runs the handler again, and after the end of the process the next one
///   that comes after the function's timeout.
///
/// A handler whose result could not be stored runs again too: idempotency narrows the window in which work is done
/// twice, and does not close it.
///
/// ```
/// use std::time::Duration;
/// use zappa_rs_adapter::{BoxError, Dispatch, Idempotency, Invocation, Record};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     number: String,
///     cents: u64,
/// }
///
/// async fn charge(order: Order, _: Invocation) -> Result<u64, BoxError> {
///     Ok(order.cents)
/// }
///
/// async fn ship(order: Order, _: Record) -> Result<(), BoxError> {
///     println!("shipping {}", order.number);
///     Ok(())
/// }
///
/// let once = Idempotency::in_memory().with_ttl(Duration::from_secs(7 * 24 * 60 * 60));
/// let dispatch = Dispatch::new()
///     .with_function("charge", once.handler("charge", |order: &Order, _: &Invocation| order.number.clone(), charge))
///     .with_sqs("orders", once.handler("ship", |_: &Order, record: &Record| record.id().to_owned(), ship));
/// ```
#[derive(Clone)]
pub struct Idempotency {
    store: Arc<dyn Store>,
    ttl: Duration,
}

impl fmt::Debug for Idempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl Idempotency {
    /// Idempotency with a store of your own.
    ///
    /// ```
    /// use zappa_rs_adapter::idempotency::{Begin, Idempotency, Lock, Store, StoreFuture};
    ///
    /// struct Redis;
    ///
    /// impl Store for Redis {
    ///     fn begin<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, Begin> {
    ///         Box::pin(async { Err(format!("`{}` cannot be locked", lock.key()).into()) })
    ///     }
    ///     # fn complete<'a>(
    ///     #     &'a self, _: &'a Lock, _: &'a str, _: std::time::SystemTime,
    ///     # ) -> StoreFuture<'a, ()> {
    ///     #     Box::pin(async { Ok(()) })
    ///     # }
    ///     # fn release<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, ()> {
    ///     #     Box::pin(async { Ok(()) })
    ///     # }
    ///     // …
    /// }
    ///
    /// let once = Idempotency::new(Redis);
    /// ```
    #[must_use]
    pub fn new(store: impl Store) -> Self {
        Self { store: Arc::new(store), ttl: DEFAULT_TTL }
    }

    /// Idempotency within this process, as in tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryStore::default())
    }

    /// Idempotency on the table that the setting `idempotency = true` gives the stage, and in memory under
    /// `zappa-rs local` and outside Lambda.
    ///
    /// On Lambda without that setting the handlers do not run: their invocations fail with an error that names it.
    #[cfg(feature = "idempotency")]
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    #[cfg(feature = "idempotency")]
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        match variable(contract::variable::IDEMPOTENCY_TABLE) {
            Some(table) if table == contract::IN_MEMORY => Self::in_memory(),
            Some(table) => Self::dynamodb(table),
            None if variable(contract::variable::RUNTIME_API).is_none() => Self::in_memory(),
            None => Self::new(missing::MissingStore),
        }
    }

    /// Idempotency on a DynamoDB table of your own, with the partition key `id`, a text. `expires_at` should be its time
    /// to live. The function's role needs `dynamodb:PutItem`, `UpdateItem` and `DeleteItem` on it.
    #[cfg(feature = "idempotency")]
    #[must_use]
    pub fn dynamodb(table: impl Into<String>) -> Self {
        Self::new(dynamodb::DynamoDbStore::new(table.into()))
    }

    /// Sets how long results are kept; a day by default. A queue may deliver a message again for as long as it retains
    /// messages.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Makes a handler of records or of events idempotent.
    ///
    /// `name` separates the keys of one handler from those of others; keep it when the code changes. `key` returns the
    /// key of one payload, such as the number of an order, or [`Record::id`]: a text, or a [`Key`] that is bound to the
    /// payload. The result is stored as JSON, 350 KB at most in DynamoDB.
    pub fn handler<K, Q, H, T, C, Fut, R, E>(
        &self,
        name: &str,
        key: K,
        handler: H,
    ) -> impl Fn(T, C) -> IdempotentFuture<R> + Send + Sync + 'static + use<K, Q, H, T, C, Fut, R, E>
    where
        K: Fn(&T, &C) -> Q + Send + Sync + 'static,
        Q: Into<Key>,
        H: Fn(T, C) -> Fut + Send + Sync + 'static,
        T: Send + 'static,
        C: IdempotencyContext,
        Fut: Future<Output = Result<R, E>> + Send + 'static,
        R: Serialize + DeserializeOwned + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let (this, name, handler) = (self.clone(), name.to_owned(), Arc::new(handler));
        move |payload, context| {
            let (this, handler) = (this.clone(), handler.clone());
            let (key, payload_hash) = key(&payload, &context).into().into_parts();
            let key = format!("{name}#{key}");
            Box::pin(async move {
                let invocation = context.invocation().clone();
                let payload_hash = payload_hash.transpose().map_err(|error| unhashed(&key, &error))?;
                this.run((key, payload_hash), &invocation, || handler(payload, context)).await
            })
        }
    }

    async fn run<Fut, R, E>(
        &self,
        (key, payload_hash): (String, Option<String>),
        invocation: &Invocation,
        call: impl FnOnce() -> Fut,
    ) -> Result<R, BoxError>
    where
        Fut: Future<Output = Result<R, E>>,
        R: Serialize + DeserializeOwned,
        E: Into<BoxError>,
    {
        let now = SystemTime::now();
        let mut lock = Lock::new(key, now, invocation.deadline().unwrap_or(now + LOCK_WITHOUT_DEADLINE));
        if let Some(hash) = payload_hash {
            lock = lock.with_payload_hash(hash);
        }
        match self.store.begin(&lock).await.map_err(|error| unavailable(&*error))? {
            Begin::Acquired => {}
            Begin::InProgress => {
                return Err(format!("`{}` is being handled by another invocation; deliver it again", lock.key()).into());
            }
            Begin::OtherPayload => {
                let key = lock.key();
                return Err(
                    format!("`{key}` was used with another payload; each payload needs a key of its own").into()
                );
            }
            Begin::Completed(result) => {
                return serde_json::from_str(&result).map_err(|error| {
                    format!("the stored result of `{}` does not fit the handler's type: {error}", lock.key()).into()
                });
            }
        }
        let outcome = catch(call).await;
        let json = match &outcome {
            Ok(Ok(result)) => Some(serde_json::to_string(result)),
            Ok(Err(_)) | Err(_) => None,
        };
        // If the result of work that is done cannot be stored, the next delivery does it again; failing now would make
        // sure of that.
        let (what, settled) = match json {
            Some(Ok(json)) => {
                ("store the result", self.store.complete(&lock, &json, SystemTime::now() + self.ttl).await)
            }
            Some(Err(error)) => ("store the result", Err(error.into())),
            None => ("release the lock", self.store.release(&lock).await),
        };
        if let Err(error) = settled {
            let message = format!("idempotency cannot {what} of `{}`: {}", lock.key(), Error::chain_of(&*error));
            log::warn(invocation.request_id(), &message);
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Calls a handler and catches its panic.
async fn catch<Fut, R, E>(call: impl FnOnce() -> Fut) -> Result<Result<R, BoxError>, Box<dyn Any + Send>>
where
    Fut: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    // A plain function that returns a future runs its own code here.
    let future = catch_unwind(AssertUnwindSafe(call))?;
    AssertUnwindSafe(future).catch_unwind().await.map(|result| result.map_err(Into::into))
}

fn unhashed(key: &str, error: &str) -> BoxError {
    format!("the payload of `{key}` cannot be hashed, since it cannot be JSON: {error}").into()
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> BoxError {
    format!("the idempotency store is unavailable: {}", Error::chain_of(error)).into()
}

/// The second argument of a handler that can be idempotent: a [`Record`] or an [`Invocation`]. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the second argument of a handler",
    label = "expected a `zappa_rs::Record` or a `zappa_rs::Invocation`"
)]
pub trait IdempotencyContext: sealed::Context {}

impl IdempotencyContext for Record {}
impl IdempotencyContext for Invocation {}

mod sealed {
    use crate::{Record, invocation::Invocation};

    pub trait Context: Send + 'static {
        fn invocation(&self) -> &Invocation;
    }

    impl Context for Record {
        fn invocation(&self) -> &Invocation {
            self.invocation()
        }
    }

    impl Context for Invocation {
        fn invocation(&self) -> &Invocation {
            self
        }
    }
}

#[cfg(all(test, feature = "idempotency"))]
mod tests {
    use super::*;

    /// The result of the first attempt to lock a key.
    async fn begin(variables: &[(&str, &str)]) -> Result<Begin, String> {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let lock = Lock::new("key", SystemTime::now(), SystemTime::now());
        Idempotency::from_variables(value).store.begin(&lock).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn on_lambda_nothing_runs_without_a_table() {
        let runtime = (contract::variable::RUNTIME_API, "127.0.0.1:9001");
        let error = begin(&[runtime]).await.expect_err("each instance would have its own memory");
        assert!(error.contains("`ZAPPA_IDEMPOTENCY_TABLE`") && error.contains("`idempotency = true`"), "{error}");
        let in_memory = (contract::variable::IDEMPOTENCY_TABLE, contract::IN_MEMORY);
        assert_eq!(begin(&[runtime, in_memory]).await, Ok(Begin::Acquired));
        assert_eq!(begin(&[]).await, Ok(Begin::Acquired));
    }
}
