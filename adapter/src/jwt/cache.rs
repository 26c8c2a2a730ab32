//! The keys of an issuer, fetched when they are needed and kept for their age.
//!
//! - However many requests wait, one fetch runs. It is a task of its own, so that a client that goes away stops nothing.
//! - An unknown key makes it fetch again, since the issuer may have a new one; but not for every such token.
//! - Halfway to their age, keys are fetched again in the background, so that an issuer may be down for as long.
//! - Keys that are too old are not used: better no request than one with a key that may have been withdrawn.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    algorithm::Algorithm,
    fetch::{Fetched, fetch},
    key::Key,
    rejection::Rejection,
    source::Source,
};

/// The time between two fetches for keys that are unknown. Everybody can invent ids of keys.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(10);
/// The time between two fetches where there are no keys to go on with.
const NO_KEYS_INTERVAL: Duration = Duration::from_secs(1);

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct Cache {
    source: Source,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Cached>,
    /// Closed as soon as the fetch has ended.
    running: Option<watch::Receiver<()>>,
    /// When the last fetch began, and then when it ended: a slow failure is not followed by the next fetch at once.
    attempted: Option<Instant>,
    /// The error of the last fetch, if it failed.
    failure: Option<String>,
}

#[derive(Debug)]
struct Cached {
    fetched: Fetched,
    at: Instant,
}

impl Cache {
    pub(super) fn new(source: Source) -> Arc<Self> {
        Arc::new(Self { source, state: Mutex::default() })
    }

    /// Finds the key of a token, and fetches the keys if that is needed.
    pub(super) async fn find(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Rejection> {
        let (found, interval) = self.state().find(id, algorithm);
        match found {
            Some(key) => {
                if let Some(interval) = interval {
                    self.start(interval);
                }
                Ok(key)
            }
            None => {
                self.fetch(interval.unwrap_or(UNKNOWN_KEY_INTERVAL)).await;
                let state = self.state();
                state.find(id, algorithm).0.ok_or_else(|| state.rejection())
            }
        }
    }

    /// Fetches the keys if there are none, or if they are too old.
    pub(super) async fn load(self: &Arc<Self>) -> Result<(), Rejection> {
        if self.state().is_usable() {
            return Ok(());
        }
        self.fetch(NO_KEYS_INTERVAL).await;
        let state = self.state();
        if state.is_usable() { Ok(()) } else { Err(state.rejection()) }
    }

    /// Waits for a fetch that runs or, if the last one ended more than `interval` ago, for a new one.
    async fn fetch(self: &Arc<Self>, interval: Duration) {
        if let Some(mut running) = self.start(interval) {
            while running.changed().await.is_ok() {}
        }
    }

    fn start(self: &Arc<Self>, interval: Duration) -> Option<watch::Receiver<()>> {
        let mut state = self.state();
        if let Some(running) = state.running.as_ref().filter(|running| running.has_changed().is_ok()) {
            return Some(running.clone());
        }
        if state.attempted.is_some_and(|attempted| attempted.elapsed() < interval) {
            return None;
        }
        let (end, running) = watch::channel(());
        state.attempted = Some(Instant::now());
        state.running = Some(running.clone());
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            let result = fetch(&cache.source).await;
            cache.state().store(result);
            drop(end);
        });
        Some(running)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The key, and the least time since the last fetch if another one should begin.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> (Option<Arc<Key>>, Option<Duration>) {
        let Some(cached) = self.current.as_ref().filter(|cached| cached.is_young(1)) else {
            return (None, Some(NO_KEYS_INTERVAL));
        };
        let key = cached.fetched.keys.find(id, algorithm).cloned();
        let interval = (key.is_none() || !cached.is_young(2)).then_some(UNKNOWN_KEY_INTERVAL);
        (key, interval)
    }

    fn is_usable(&self) -> bool {
        self.current.as_ref().is_some_and(|cached| cached.is_young(1))
    }

    fn store(&mut self, result: Result<Fetched, String>) {
        self.attempted = Some(Instant::now());
        match result {
            Ok(fetched) => {
                self.current = Some(Cached { fetched, at: Instant::now() });
                self.failure = None;
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Why there is no key. After a failed fetch nobody knows whether the issuer has it.
    fn rejection(&self) -> Rejection {
        match &self.failure {
            Some(failure) => Rejection::KeysUnavailable(failure.clone()),
            None if self.is_usable() => Rejection::UnknownKey,
            None => Rejection::KeysUnavailable("the fetch was interrupted".to_owned()),
        }
    }
}

impl Cached {
    /// Whether less than the age has passed, or less than a fraction of it.
    fn is_young(&self, divisor: u32) -> bool {
        self.at.elapsed() < self.fetched.age / divisor
    }
}
