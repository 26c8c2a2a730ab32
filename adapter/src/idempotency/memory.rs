//! A store in the memory of the process.

use std::{
    collections::HashMap,
    future::ready,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use super::store::{Begin, Lock, Store, StoreFuture};

/// How many entries are kept before expired ones are looked for.
const FIRST_SWEEP: usize = 1024;

#[derive(Default)]
pub(super) struct MemoryStore(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    by_key: HashMap<String, Entry>,
    /// The number of entries at which expired ones are removed.
    next_sweep: usize,
}

struct Entry {
    owner: String,
    payload_hash: Option<String>,
    expires: SystemTime,
    result: Option<String>,
}

impl MemoryStore {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// Removes expired entries each time that their number has doubled.
    fn sweep(&mut self, now: SystemTime) {
        if self.by_key.len() >= self.next_sweep.max(FIRST_SWEEP) {
            self.by_key.retain(|_, entry| entry.expires > now);
            self.next_sweep = 2 * self.by_key.len();
        }
    }
}

impl Store for MemoryStore {
    fn begin<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, Begin> {
        let mut entries = self.entries();
        entries.sweep(lock.now());
        let begin = match entries.by_key.get(lock.key()) {
            Some(Entry { expires, payload_hash, .. })
                if *expires > lock.now() && !lock.accepts(payload_hash.as_deref()) =>
            {
                Begin::OtherPayload
            }
            Some(Entry { expires, result, .. }) if *expires > lock.now() => match result {
                Some(result) => Begin::Completed(result.clone()),
                None => Begin::InProgress,
            },
            _ => {
                let payload_hash = lock.payload_hash().map(str::to_owned);
                let entry =
                    Entry { owner: lock.owner().to_owned(), payload_hash, expires: lock.expires(), result: None };
                entries.by_key.insert(lock.key().to_owned(), entry);
                Begin::Acquired
            }
        };
        Box::pin(ready(Ok(begin)))
    }

    fn complete<'a>(&'a self, lock: &'a Lock, result: &'a str, expires: SystemTime) -> StoreFuture<'a, ()> {
        let mut entries = self.entries();
        Box::pin(ready(match entries.by_key.get_mut(lock.key()) {
            Some(entry) if entry.owner == lock.owner() => {
                entry.expires = expires;
                entry.result = Some(result.to_owned());
                Ok(())
            }
            _ => Err("another invocation holds the lock".into()),
        }))
    }

    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
        let mut entries = self.entries();
        if entries.by_key.get(lock.key()).is_some_and(|entry| entry.owner == lock.owner()) {
            entries.by_key.remove(lock.key());
        }
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn expired_entries_do_not_pile_up() {
        let store = MemoryStore::default();
        let start = SystemTime::UNIX_EPOCH;
        for number in 0..10_000 {
            let now = start + Duration::from_secs(number);
            drop(store.begin(&Lock::new(number.to_string(), now, now + Duration::from_secs(1))));
        }
        assert!(store.entries().by_key.len() <= FIRST_SWEEP, "{}", store.entries().by_key.len());
    }
}
