//! The client of a release binary.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};
use zappa_rs::test::{Client, ClientError, events};

use crate::examples;

#[tokio::test]
async fn the_release_binary_answers_as_the_app_in_process_does() -> Result<(), ClientError> {
    let client = Client::binary(examples::binary("events"))?;
    assert_eq!(client.http().get("/").send().await?.text(), "hello");
    assert_eq!(client.invoke("double", &21).await?.json::<Value>()?["doubled"], 42);
    assert_eq!(client.event(events::schedule("nightly")).await?.text(), "\"cleaned\"");
    let batch = events::sqs("jobs").message("a").message("b");
    assert_eq!(client.event(batch).await?.json::<Value>()?, json!({"jobs": 2}));

    let error = client.invoke("double", &i64::MAX).await.unwrap_err();
    assert_eq!(error.name(), "ZappaRs.Handler");
    assert!(error.to_string().contains("too large to double"), "{error}");
    let panic = client.event(events::sample("task").set("name", "report")).await.unwrap_err();
    assert!(panic.to_string().contains("no paper"), "{panic}");

    let both = tokio::join!(client.invoke("double", &1), client.invoke("double", &2));
    assert_eq!(
        (both.0?.json::<Value>()?["doubled"].clone(), both.1?.json::<Value>()?["doubled"].clone()),
        (2.into(), 4.into())
    );
    let late = client.timeout(Duration::from_millis(50)).invoke("linger", &2000).await.unwrap_err();
    assert!(late.is_timeout(), "{late}");
    Ok(())
}

#[tokio::test]
async fn a_process_that_ends_fails_its_invocations() -> Result<(), ClientError> {
    let mut command = Command::new("sh");
    command.args(["-c", "exit 7"]);
    let client = Client::command(command)?;
    let error = client.http().get("/").send().await.unwrap_err();
    assert!(error.is_process() && error.name() == "Runtime.ExitError", "{error}");
    assert!(error.to_string().contains('7'), "{error}");
    let again = client.invoke("double", &1).await.unwrap_err();
    assert!(again.is_process(), "{again}");
    Ok(())
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_named() {
    let error = Client::binary("/nowhere/shop").unwrap_err();
    assert!(error.is_process() && error.to_string().contains("/nowhere/shop"), "{error}");
}

#[test]
fn without_a_runtime_nothing_is_started() {
    let error = Client::binary("sh").unwrap_err();
    assert!(error.is_process() && format!("{error:?}").contains("reactor"), "{error:?}");
}
