//! Idempotency on a DynamoDB table of an emulator: what the store promises, and what is in the table.
//!
//! The SDK reads its endpoint and credentials from the environment, which one process cannot change for itself: the tests
//! that are ignored run in a second process, which the only other test starts.

#[path = "support/mod.rs"]
mod support;

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use support::emulator;
use zappa_rs_adapter::{Adapter, BoxError, Dispatch, Idempotency, Invocation, InvocationResult, idempotency::Key};

const TABLE: &str = "once";
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_store_keeps_its_promises_in_an_emulated_table() {
    let account = emulator::account();
    account.aws(&[
        "dynamodb",
        "create-table",
        "--table-name",
        TABLE,
        "--billing-mode",
        "PAY_PER_REQUEST",
        "--attribute-definitions",
        "AttributeName=id,AttributeType=S",
        "--key-schema",
        "AttributeName=id,KeyType=HASH",
    ]);
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    emulator::clear(&mut command);
    command.args(["--ignored", "--nocapture"]).envs(account.variables()).env("AWS_REGION", emulator::REGION);
    let output = command.output().expect("it can be started again");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("7 passed"), "{text}");

    let key = r#"{"id": {"S": "charge#stored"}}"#;
    let item = &account.aws(&["dynamodb", "get-item", "--table-name", TABLE, "--key", key])["Item"];
    assert_eq!(item["result"], json!({"S": "\"stored by run 1\""}));
    let expires: u64 = item["expires_at"]["N"].as_str().expect("a number").parse().expect("whole seconds");
    let day = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    let day = day.duration_since(SystemTime::UNIX_EPOCH).expect("after the epoch").as_secs();
    assert!((day - 600..=day + 1).contains(&expires), "{expires} is not in a day, {day}");
    let key = r#"{"id": {"S": "charge#failed"}}"#;
    let item = account.try_aws(emulator::REGION, &["dynamodb", "get-item", "--table-name", TABLE, "--key", key]);
    assert!(item.is_ok_and(|item| item.get("Item").is_none()), "a failure leaves nothing");
}

/// A function whose runs are counted, with what each of them returns.
fn charge(run: fn(u32) -> Result<(), &'static str>) -> (Dispatch, Arc<AtomicU32>) {
    let runs = Arc::<AtomicU32>::default();
    let count = runs.clone();
    let handler = move |order: String, _: Invocation| {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            run(number).map(|()| format!("{order} by run {number}"))
        }
    };
    let once = Idempotency::dynamodb(TABLE);
    let key = |order: &String, _: &Invocation| order.clone();
    (Dispatch::new().with_function("charge", once.handler("charge", key, handler)), runs)
}

async fn invoke(dispatch: &Dispatch, order: &str) -> Result<Value, String> {
    let event = json!({"zappa_rs": "function", "name": "charge", "payload": order}).to_string();
    let invocation = Invocation::new("id").with_deadline(SystemTime::now() + MINUTE);
    match Adapter::new(axum::Router::new()).with_dispatch(dispatch.clone()).invoke(event.into(), invocation).await {
        InvocationResult::Buffered(json) => Ok(serde_json::from_slice(&json).expect("JSON")),
        InvocationResult::Failed(error) => Err(error.chain()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "in the second process"]
async fn the_second_delivery_gets_the_result_of_the_first() {
    let (dispatch, runs) = charge(|_| Ok(()));
    for _ in 0..3 {
        assert_eq!(invoke(&dispatch, "stored").await, Ok(json!("stored by run 1")));
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
#[ignore = "in the second process"]
async fn a_key_that_was_used_with_another_payload_is_an_error() {
    let handler = |order: (u32, u32), _: Invocation| async move { Ok::<_, BoxError>(order.1) };
    let key = |order: &(u32, u32), _: &Invocation| Key::new(order.0.to_string()).with_payload(order);
    let once = Idempotency::dynamodb(TABLE).handler("bound", key, handler);
    assert_eq!(once((1, 500), Invocation::new("id")).await.expect("it is new"), 500);
    assert_eq!(once((1, 500), Invocation::new("id")).await.expect("it is stored"), 500);
    let error = once((1, 900), Invocation::new("id")).await.expect_err("it is another order").to_string();
    assert!(error.contains("`bound#1` was used with another payload"), "{error}");
}

#[tokio::test]
#[ignore = "in the second process"]
async fn of_many_simultaneous_deliveries_one_runs_the_handler() {
    let (dispatch, runs) = charge(|_| Ok(()));
    let deliveries = futures_util::future::join_all((0..20).map(|_| invoke(&dispatch, "simultaneous"))).await;
    let (done, refused): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(Result::is_ok);
    assert_eq!(runs.load(Ordering::Relaxed), 1, "{done:?} {refused:?}");
    assert!(!done.is_empty() && done.iter().all(|result| *result == Ok(json!("simultaneous by run 1"))), "{done:?}");
    assert!(refused.into_iter().all(|result| result.unwrap_err().contains("is being handled by another invocation")));
}

#[tokio::test]
#[ignore = "in the second process"]
async fn after_a_failure_the_next_delivery_runs_again() {
    let (dispatch, _) = charge(|run| if run == 1 { Err("run 1 failed") } else { Ok(()) });
    assert!(invoke(&dispatch, "repeated").await.unwrap_err().contains("run 1 failed"));
    assert_eq!(invoke(&dispatch, "repeated").await, Ok(json!("repeated by run 2")));
    let (dispatch, _) = charge(|_| Err("it always fails"));
    invoke(&dispatch, "failed").await.unwrap_err();
}

#[tokio::test]
#[ignore = "in the second process"]
async fn a_run_that_was_cut_off_is_repeated_after_its_deadline() {
    let (started, finish) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let handler = {
        let (started, finish) = (started.clone(), finish.clone());
        move |_: String, _: Invocation| {
            let (started, finish) = (started.clone(), finish.clone());
            async move {
                started.notify_one();
                finish.notified().await;
                Ok::<_, BoxError>(())
            }
        }
    };
    let once = Idempotency::dynamodb(TABLE).handler("cut", |order: &String, _: &Invocation| order.clone(), handler);
    let cut_off = async |deadline: SystemTime| {
        let run = once("off".to_owned(), Invocation::new("id").with_deadline(deadline));
        tokio::select! {
            result = run => panic!("it ended: {result:?}"),
            () = started.notified() => {}
        }
    };
    cut_off(SystemTime::now() - MINUTE).await;
    // The lock has expired, whether or not DynamoDB has deleted it.
    cut_off(SystemTime::now() + MINUTE).await;
    let error = once("off".to_owned(), Invocation::new("id")).await.expect_err("the second run holds its lock");
    assert!(error.to_string().contains("another invocation"), "{error}");
}

#[tokio::test]
#[ignore = "in the second process"]
async fn a_run_that_lost_its_lock_does_not_replace_the_result_of_another() {
    let (started, finish) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let handler = {
        let (started, finish) = (started.clone(), finish.clone());
        move |run: u32, _: Invocation| {
            let (started, finish) = (started.clone(), finish.clone());
            async move {
                if run == 1 {
                    started.notify_one();
                    finish.notified().await;
                }
                Ok::<_, BoxError>(run)
            }
        }
    };
    let once = Idempotency::dynamodb(TABLE).handler("lost", |_: &u32, _: &Invocation| "key".to_owned(), handler);
    let late = Invocation::new("id").with_deadline(SystemTime::now() - MINUTE);
    let mut first = once(1, late);
    tokio::select! {
        result = &mut first => panic!("it ended: {result:?}"),
        () = started.notified() => {}
    }
    assert_eq!(once(2, Invocation::new("id")).await.expect("the first lock has expired"), 2);
    finish.notify_one();
    assert_eq!(first.await.expect("its work is done"), 1);
    assert_eq!(once(3, Invocation::new("id")).await.expect("a result is stored"), 2);
}

#[tokio::test]
#[ignore = "in the second process"]
async fn a_table_that_does_not_exist_is_named() {
    let once = Idempotency::dynamodb("nowhere");
    let handler = |_: String, _: Invocation| async { Ok::<_, BoxError>(()) };
    let once = once.handler("x", |order: &String, _: &Invocation| order.clone(), handler);
    let error = once("a".to_owned(), Invocation::new("id")).await.expect_err("no table").to_string();
    assert!(error.contains("the idempotency store is unavailable") && error.contains("ResourceNotFound"), "{error}");
}
