//! The store of idempotency: what it has to promise.

use std::{future::Future, pin::Pin, time::SystemTime};

use crate::{error::BoxError, invocation::Invocation};

/// The future of a store's method.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// A store of idempotency: locks and results by key. See [`Idempotency::new`](super::Idempotency::new).
pub trait Store: Send + Sync + 'static {
    /// Acquires a lock, atomically: of two simultaneous calls for a key one gets [`Begin::Acquired`].
    ///
    /// A lock or a result that expired before [`Lock::now`] does not count. Compare the time here: a database that
    /// deletes expired entries may be late. Store [`Lock::payload_hash`] with the lock and keep it with the result: what
    /// counts and is not of this payload ([`Lock::accepts`]) is [`Begin::OtherPayload`].
    fn begin<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, Begin>;

    /// Replaces a lock by the handler's result, which is kept until `expires`.
    ///
    /// # Errors
    /// The lock is held by another owner by now.
    fn complete<'a>(&'a self, lock: &'a Lock, result: &'a str, expires: SystemTime) -> StoreFuture<'a, ()>;

    /// Removes a lock after a failure. One that is held by another owner by now stays.
    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()>;
}

/// The result of the attempt to acquire a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Begin {
    /// The handler may run.
    Acquired,
    /// The handler runs for this key in another invocation.
    InProgress,
    /// The handler has run; its result.
    Completed(String),
    /// The key was used with another payload.
    OtherPayload,
}

/// The lock of one run of a handler.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use zappa_rs_adapter::idempotency::Lock;
///
/// let now = SystemTime::now();
/// let lock = Lock::new("ship#4711", now, now + Duration::from_secs(30));
/// assert_eq!((lock.key(), lock.now()), ("ship#4711", now));
/// ```
#[derive(Clone, Debug)]
pub struct Lock {
    key: String,
    payload_hash: Option<String>,
    owner: String,
    now: SystemTime,
    expires: SystemTime,
}

impl Lock {
    /// A lock with a new owner.
    #[must_use]
    pub fn new(key: impl Into<String>, now: SystemTime, expires: SystemTime) -> Self {
        let owner = Invocation::with_random_id().request_id().to_owned();
        Self { key: key.into(), payload_hash: None, owner, now, expires }
    }

    /// Binds the lock to the hash of a payload.
    #[must_use]
    pub fn with_payload_hash(mut self, hash: impl Into<String>) -> Self {
        self.payload_hash = Some(hash.into());
        self
    }

    /// The hash of the payload, if the key is bound to one.
    #[must_use]
    pub fn payload_hash(&self) -> Option<&str> {
        self.payload_hash.as_deref()
    }

    /// Whether what is stored with this hash belongs to the same payload. Without a hash on either side it does.
    #[must_use]
    pub fn accepts(&self, stored_hash: Option<&str>) -> bool {
        self.payload_hash().zip(stored_hash).is_none_or(|(own, stored)| own == stored)
    }

    /// The key, with the handler's name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The random id of this run.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The time of the attempt.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The time at which the lock expires: the deadline of the invocation.
    #[must_use]
    pub fn expires(&self) -> SystemTime {
        self.expires
    }
}
