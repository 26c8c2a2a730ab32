//! Idempotency: of several deliveries with one key, one runs the handler.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::Router;
use serde_json::{Value, json};
use tokio::sync::Notify;
use zappa_rs_adapter::{
    Adapter, BoxError, Dispatch, Invocation, InvocationResult, Record,
    idempotency::{Begin, Idempotency, Key, Lock, Store, StoreFuture},
};

use crate::{exchange::invocation, records::invoke};

const MINUTE: Duration = Duration::from_secs(60);

/// An event of the function `charge`.
fn event(order: &str) -> Value {
    json!({"zappa_rs": "function", "name": "charge", "payload": order})
}

/// A function whose runs are counted; `fails` decides of each run, by its number from 1.
fn charge(once: &Idempotency, runs: &Arc<AtomicU32>, fails: fn(u32) -> bool) -> Dispatch {
    let runs = runs.clone();
    let handler = move |order: String, _: Invocation| {
        let run = runs.fetch_add(1, Ordering::Relaxed) + 1;
        async move { if fails(run) { Err(format!("run {run} failed")) } else { Ok(format!("{order} by run {run}")) } }
    };
    let key = |order: &String, _: &Invocation| order.clone();
    Dispatch::new().with_function("charge", once.handler("charge", key, handler))
}

#[tokio::test]
async fn the_second_delivery_gets_the_result_of_the_first() {
    let (once, runs) = (Idempotency::in_memory(), Arc::<AtomicU32>::default());
    let dispatch = charge(&once, &runs, |_| false);
    for (order, expected) in [("a", "a by run 1"), ("a", "a by run 1"), ("b", "b by run 2"), ("a", "a by run 1")] {
        assert_eq!(invoke(dispatch.clone(), &event(order)).await, Ok(json!(expected)));
    }
    // Another handler has its own keys.
    let ship = |order: String, _: Invocation| async move { Ok::<_, BoxError>(format!("{order} shipped")) };
    let ship = once.handler("ship", |order: &String, _: &Invocation| order.clone(), ship);
    assert_eq!(invoke(Dispatch::new().with_function("charge", ship), &event("a")).await, Ok(json!("a shipped")));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_key_that_was_used_with_another_payload_is_an_error() {
    let once = Idempotency::in_memory();
    let handler = |order: Value, _: Invocation| async move { Ok::<_, BoxError>(order["cents"].clone()) };
    let key = |order: &Value, _: &Invocation| Key::new(order["number"].to_string()).with_payload(order);
    let dispatch = Dispatch::new().with_function("charge", once.handler("charge", key, handler));
    let charge = async |number: u32, cents: u32| {
        let payload = json!({"number": number, "cents": cents});
        invoke(dispatch.clone(), &json!({"zappa_rs": "function", "name": "charge", "payload": payload})).await
    };
    assert_eq!(charge(1, 500).await, Ok(json!(500)));
    assert_eq!(charge(1, 500).await, Ok(json!(500)));
    let error = charge(1, 900).await.expect_err("it is another order");
    assert!(error.contains("`charge#1` was used with another payload"), "{error}");
    assert_eq!(charge(1, 500).await, Ok(json!(500)), "the error changes nothing");
    assert_eq!(charge(2, 900).await, Ok(json!(900)));
    // A key that was stored before it was bound to its payload is a key of any.
    let unbound = |order: &Value, _: &Invocation| order["number"].to_string();
    let dispatch = Dispatch::new().with_function("charge", once.handler("charge", unbound, handler));
    let event = json!({"zappa_rs": "function", "name": "charge", "payload": {"number": 1, "cents": 900}});
    assert_eq!(invoke(dispatch, &event).await, Ok(json!(500)));
}

#[tokio::test]
async fn a_payload_that_cannot_be_json_is_an_error_before_the_handler_runs() {
    let runs = Arc::<AtomicU32>::default();
    let count = runs.clone();
    let handler = move |_: u32, _: Invocation| {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, BoxError>(()) }
    };
    let key = |_: &u32, _: &Invocation| Key::new("a").with_payload(&std::collections::HashMap::from([([1], 1)]));
    let handler = Idempotency::in_memory().handler("charge", key, handler);
    let error = handler(1, invocation()).await.expect_err("a key of JSON is a text").to_string();
    assert!(error.contains("the payload of `charge#a` cannot be hashed"), "{error}");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_result_that_expired_does_not_count() {
    let (once, runs) = (Idempotency::in_memory().with_ttl(Duration::ZERO), Arc::default());
    let dispatch = charge(&once, &runs, |_| false);
    assert_eq!(invoke(dispatch.clone(), &event("a")).await, Ok(json!("a by run 1")));
    assert_eq!(invoke(dispatch, &event("a")).await, Ok(json!("a by run 2")));
}

#[tokio::test]
async fn after_a_failure_or_a_panic_the_next_delivery_runs_again() {
    let (once, runs) = (Idempotency::in_memory(), Arc::<AtomicU32>::default());
    let dispatch = charge(&once, &runs, |run| match run {
        1 => true,
        2 => panic!("run 2 panicked"),
        _ => false,
    });
    let error = invoke(dispatch.clone(), &event("a")).await.expect_err("the first run fails");
    assert_eq!(error, "function `charge` failed: run 1 failed");
    let error = invoke(dispatch.clone(), &event("a")).await.expect_err("the second run panics");
    assert!(error.contains("run 2 panicked"), "{error}");
    assert_eq!(invoke(dispatch, &event("a")).await, Ok(json!("a by run 3")));
}

#[tokio::test]
async fn of_two_simultaneous_deliveries_one_runs_the_handler() {
    let (once, started, finish) = (Idempotency::in_memory(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (started, finish) = (started.clone(), finish.clone());
        move |number: u32, _: Record| {
            let (started, finish) = (started.clone(), finish.clone());
            async move {
                started.notify_one();
                finish.notified().await;
                if number == 7 { Ok(()) } else { Err("another payload") }
            }
        }
    };
    let dispatch = Dispatch::new()
        .with_sqs("jobs", once.handler("jobs", |_: &u32, record: &Record| record.id().to_owned(), handler));
    let event = json!({"Records": [{
        "messageId": "m-1", "body": "7", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs",
    }]});
    let first = tokio::spawn({
        let (dispatch, event) = (dispatch.clone(), event.clone());
        async move { invoke(dispatch, &event).await }
    });
    started.notified().await;
    let error = invoke(dispatch.clone(), &event).await.expect_err("the first is not done");
    assert!(error.contains("`jobs#m-1` is being handled by another invocation"), "{error}");
    finish.notify_one();
    let done = Ok(json!({"batchItemFailures": []}));
    assert_eq!(first.await.expect("no panic"), done);
    assert_eq!(invoke(dispatch, &event).await, done, "without a run, which would not end");
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_repeated_after_its_deadline() {
    let (once, runs) = (Idempotency::in_memory(), Arc::<AtomicU32>::default());
    let count = runs.clone();
    let handler = move |_: String, _: Invocation| {
        let run = count.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            if run < 3 {
                std::future::pending::<()>().await;
            }
            Ok::<_, BoxError>(run)
        }
    };
    let key = |order: &String, _: &Invocation| order.clone();
    let dispatch = Dispatch::new().with_function("charge", once.handler("charge", key, handler));
    let adapter = Adapter::new(Router::new()).with_dispatch(dispatch.clone());
    let cut_off = async |deadline: SystemTime| {
        let run = adapter.invoke(event("a").to_string().into(), invocation().with_deadline(deadline));
        let result = futures_util::poll!(Box::pin(run));
        assert!(result.is_pending(), "{result:?}");
    };
    // The deadline has passed when the next delivery comes.
    cut_off(SystemTime::now() - MINUTE).await;
    cut_off(SystemTime::now() + MINUTE).await;
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    let error = invoke(dispatch, &event("a")).await.expect_err("the second holds its lock");
    assert!(error.contains("another invocation"), "{error}");
}

/// A store that fails in one of its methods.
struct Broken(&'static str);

impl Broken {
    fn result<T: Send + 'static>(&self, method: &str, success: T) -> StoreFuture<'_, T> {
        let result = if self.0 == method { Err("no connection".into()) } else { Ok(success) };
        Box::pin(async { result })
    }
}

impl Store for Broken {
    fn begin<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, Begin> {
        self.result("begin", Begin::Acquired)
    }

    fn complete<'a>(&'a self, _: &'a Lock, _: &'a str, _: SystemTime) -> StoreFuture<'a, ()> {
        self.result("complete", ())
    }

    fn release<'a>(&'a self, _: &'a Lock) -> StoreFuture<'a, ()> {
        self.result("release", ())
    }
}

#[tokio::test]
async fn without_its_store_a_handler_does_not_run_and_what_ran_is_not_a_failure() {
    let log = crate::log::Log::listen();
    let runs = Arc::<AtomicU32>::default();
    let error = invoke(charge(&Idempotency::new(Broken("begin")), &runs, |_| false), &event("a")).await;
    let error = error.expect_err("no lock");
    assert!(error.contains("the idempotency store is unavailable: no connection"), "{error}");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    let done = invoke(charge(&Idempotency::new(Broken("complete")), &runs, |_| false), &event("a")).await;
    assert_eq!(done, Ok(json!("a by run 1")));
    assert!(log.text().contains("cannot store the result of `charge#a`: no connection"), "{log:?}");
    let error = invoke(charge(&Idempotency::new(Broken("release")), &runs, |_| true), &event("a")).await;
    assert!(error.expect_err("it fails").contains("run 2 failed"));
    assert!(log.text().contains("cannot release the lock of `charge#a`: no connection"), "{log:?}");
}

#[tokio::test]
async fn a_stored_result_of_another_type_is_an_error() {
    let once = Idempotency::in_memory();
    let runs = Arc::<AtomicU32>::default();
    invoke(charge(&once, &runs, |_| false), &event("a")).await.expect("it is stored");
    let number = |_: String, _: Invocation| async { Ok::<_, BoxError>(1) };
    let number = once.handler("charge", |order: &String, _: &Invocation| order.clone(), number);
    let result = Adapter::new(Router::new())
        .with_dispatch(Dispatch::new().with_function("charge", number))
        .invoke(event("a").to_string().into(), invocation())
        .await;
    let InvocationResult::Failed(error) = result else { panic!("{result:?}") };
    assert!(error.chain().contains("stored result of `charge#a` does not fit"), "{}", error.chain());
}
