//! Events of every builder, through typed handlers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use serde_json::{Value, json};
use zappa_rs::{
    App, BoxError, Change, CognitoTrigger, HttpService, Invocation, LogBatch, Record, S3Object,
    test::{Client, ClientError, events},
};

/// What handlers got, in their order.
type Seen = Arc<Mutex<Vec<Value>>>;

/// A handler of records that notes what it gets, and fails for the payload `"bad"`.
fn note(
    seen: &Seen,
) -> impl Fn(Value, Record) -> std::future::Ready<Result<(), BoxError>> + Clone + Send + Sync + 'static {
    let seen = Arc::clone(seen);
    move |payload, record| {
        seen.lock().expect("no handler panics").push(json!([record.source_arn(), payload]));
        std::future::ready(if payload == "bad" { Err("it is bad".into()) } else { Ok(()) })
    }
}

async fn pictures(object: S3Object, _: Record) -> Result<(), BoxError> {
    let told = format!("{} {} {:?}", object.event, object.key, object.size);
    let known = ["ObjectCreated:Put in/a b.jpg Some(7)", "ObjectRemoved:Delete in/a b.jpg None"];
    if known.contains(&told.as_str()) { Ok(()) } else { Err(told.into()) }
}

async fn changes(change: Change<Value>, _: Record) -> Result<(), BoxError> {
    let told = json!([change.key::<String>("id"), change.old, change.new]);
    let (small, large) = (json!({"id": "1", "tags": ["a", null]}), json!({"id": "1", "total": 1.5}));
    let known = [json!(["1", null, small]), json!(["1", small, large]), json!(["1", large, null])];
    if known.contains(&told) { Ok(()) } else { Err(told.to_string().into()) }
}

async fn lines(batch: LogBatch, _: Record) -> Result<(), BoxError> {
    let told: Vec<&str> = batch.events.iter().map(|event| event.message.as_str()).collect();
    if told == ["one", "two"] { Ok(()) } else { Err(told.join(",").into()) }
}

async fn sign_up(event: Value, _: Invocation) -> Result<Value, BoxError> {
    if event["userName"] == "eve" {
        return Err("not here".into());
    }
    Ok(json!({"autoConfirmUser": event["request"]["userAttributes"]["email"] == "bob@example.com"}))
}

async fn echo(payload: Value, invocation: Invocation) -> Result<Value, BoxError> {
    if payload == "panic" {
        panic!("no paper");
    }
    if payload == "wait" {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Ok(json!([payload, invocation.remaining().is_some()]))
}

fn app(seen: &Seen) -> App<impl HttpService> {
    App::new(Router::new())
        .function("echo", echo)
        .schedule("nightly", echo)
        .on_sqs("jobs", note(seen))
        .on_sqs("jobs.fifo", note(seen))
        .on_sns("news", note(seen))
        .on_kinesis("clicks", note(seen))
        .on_kafka("orders", note(seen))
        .on_mq("orders", note(seen))
        .on_iot("telemetry", echo)
        .on_ses("example.com", note(seen))
        .on_event_bridge("placed", note(seen))
        .on_s3("pictures", pictures)
        .on_dynamodb("orders", changes)
        .on_logs("/aws/lambda/shop", lines)
        .on_cognito(CognitoTrigger::PreSignUp, sign_up)
}

fn take(seen: &Seen) -> Vec<Value> {
    let all = std::mem::take(&mut *seen.lock().expect("no handler panics"));
    all.into_iter().map(|mut pair| pair[1].take()).collect()
}

#[tokio::test]
async fn batches_reach_their_handlers_and_failures_are_reported() -> Result<(), ClientError> {
    let seen = Seen::default();
    let client = Client::new(app(&seen));

    let batch = events::sqs("jobs").json(&json!({"a": 1})).message("bad").receive_count(3).message("text");
    let output = client.event(batch).await?;
    assert_eq!(output.failed_records(), ["message-2"], "{}", output.text());
    assert_eq!(take(&seen).len(), 3);

    let batch = events::sqs("jobs.fifo").message("bad").group("x").message("after").group("x").message("y").group("y");
    assert_eq!(client.event(batch).await?.failed_records(), ["message-1", "message-2"]);
    assert_eq!(take(&seen).len(), 2);

    let batch = events::kinesis("clicks").record("k", "one").record("k", "bad").json("k", "three");
    assert_eq!(client.event(batch).await?.failed_records(), ["2"]);
    assert_eq!(take(&seen), [json!("one"), json!("bad")]);

    let batch = events::kafka("orders").message("k", "one").json("k", &["two"]);
    assert!(client.event(batch).await?.failed_records().is_empty());
    assert_eq!(take(&seen), [json!("one"), json!(["two"])]);

    for batch in [events::active_mq("orders"), events::rabbit_mq("orders")] {
        client.event(batch.clone().message("one").json(&["two"])).await?;
        assert_eq!(take(&seen), [json!("one"), json!(["two"])]);
        let error = client.event(batch.message("bad").message("after")).await.unwrap_err();
        assert!(error.is_function_error() && error.to_string().contains("it is bad"), "{error}");
        assert_eq!(take(&seen), [json!("bad")]);
    }
    Ok(())
}

#[tokio::test]
async fn single_events_reach_their_handlers() -> Result<(), ClientError> {
    let seen = Seen::default();
    let client = Client::new(app(&seen));
    client.event(events::sns("news").json(&json!({"a": 1})).subject("s")).await?;
    client.event(events::event_bridge("placed", &json!({"b": 2})).source("shop").detail_type("Placed")).await?;
    assert_eq!(take(&seen), [json!({"a": 1}), json!({"b": 2})]);

    let email = events::ses("support@example.com").from("ada@example.net").subject("Hi").infected();
    client.event(email).await?;
    let email = take(&seen).remove(0);
    assert_eq!(
        (&email["mail"]["source"], &email["mail"]["commonHeaders"]["subject"]),
        (&json!("ada@example.net"), &json!("Hi"))
    );
    assert_eq!(email["receipt"]["virusVerdict"], json!({"status": "FAIL"}));
    let reading = client.event(events::iot("telemetry", &json!({"t": 21.5}))).await?;
    assert_eq!(reading.json::<Value>()?, json!([{"t": 21.5}, true]));

    let error = client.event(events::sns("news").message("bad")).await.unwrap_err();
    assert_eq!(error.name(), "ZappaRs.Handler");
    assert!(error.is_function_error() && error.to_string().contains("it is bad"), "{error}");

    for event in [events::s3("pictures", "in/a b.jpg").size(7), events::s3("pictures", "in/a b.jpg").removed()] {
        client.event(event.clone()).await?;
        client.event(event.notification()).await?;
    }
    let (small, large) = (json!({"id": "1", "tags": ["a", null]}), json!({"id": "1", "total": 1.5}));
    let batch = events::dynamodb("orders", &["id"]).insert(&small).modify(&small, &large).remove(&large);
    let output = client.event(batch).await?;
    assert!(output.failed_records().is_empty(), "{}", output.text());
    client.event(events::logs("/aws/lambda/shop").message("one").message("two")).await?;
    Ok(())
}

#[tokio::test]
async fn triggers_of_cognito_return_their_event() -> Result<(), ClientError> {
    let client = Client::new(app(&Seen::default()));
    let sign_up = events::cognito(CognitoTrigger::PreSignUp).user("bob").attribute("email", "bob@example.com");
    let event: Value = client.event(sign_up).await?.json()?;
    assert_eq!((&event["userName"], &event["response"]), (&json!("bob"), &json!({"autoConfirmUser": true})));
    let error = client.event(events::sample("cognito-pre-sign-up").set("user", "eve")).await.unwrap_err();
    assert!(error.to_string().contains("not here"), "{error}");
    Ok(())
}

#[tokio::test]
async fn functions_and_schedules_return_their_result() -> Result<(), ClientError> {
    let client = Client::new(app(&Seen::default()));
    assert_eq!(client.invoke("echo", "hi").await?.json::<Value>()?, json!(["hi", true]));
    let nightly = events::schedule("nightly").payload(&json!({"dry": true}));
    assert_eq!(client.event(nightly).await?.json::<Value>()?, json!([{"dry": true}, true]));

    let panic = client.invoke("echo", "panic").await.unwrap_err();
    assert!(panic.is_function_error() && panic.to_string().contains("no paper"), "{panic}");
    let unknown = client.invoke("ehco", "hi").await.unwrap_err();
    assert!(unknown.name() == "ZappaRs.UnmappedEvent" && unknown.to_string().contains("`echo`"), "{unknown}");
    let late = client.timeout(Duration::from_millis(50)).invoke("echo", "wait").await.unwrap_err();
    assert!(late.is_timeout() && late.name() == "Sandbox.Timedout", "{late}");
    Ok(())
}

#[test]
#[should_panic(expected = "there is no sample `sqss`")]
fn an_unknown_sample_is_refused_with_the_kinds_that_there_are() {
    let _ = events::sample("sqss");
}
