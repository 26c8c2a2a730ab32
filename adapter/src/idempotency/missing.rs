//! The store of a function that was deployed without one.

use std::{future::ready, time::SystemTime};

use super::store::{Begin, Lock, Store, StoreFuture};
use crate::contract;

/// A store that refuses every lock, so that no handler runs without the protection that it was written for.
pub(super) struct MissingStore;

impl MissingStore {
    fn refuse<'a, T: Send + 'a>() -> StoreFuture<'a, T> {
        let variable = contract::variable::IDEMPOTENCY_TABLE;
        let error =
            format!("the variable `{variable}` is missing; `idempotency = true` in the stage's settings sets it");
        Box::pin(ready(Err(error.into())))
    }
}

impl Store for MissingStore {
    fn begin<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, Begin> {
        Self::refuse()
    }

    fn complete<'a>(&'a self, _: &'a Lock, _: &'a str, _: SystemTime) -> StoreFuture<'a, ()> {
        Self::refuse()
    }

    fn release<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, ()> {
        Self::refuse()
    }
}
