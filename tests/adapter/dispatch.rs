//! Dispatch of events that are not HTTP: each reaches the handler registered for it, and no other.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use axum::Router;
use serde_json::{Value, json};
use zappa_rs_adapter::{
    Adapter, BoxError, CognitoTrigger, Dispatch, Invocation, InvocationResult, Options, Record, Source,
};

use crate::{
    exchange::invocation,
    log::Log,
    sample::{AUTHORIZERS, GATEWAYS, NAMED, SOURCES, Sample},
};

/// A handler that returns its payload.
async fn echo(payload: Value, _: Invocation) -> Result<Value, BoxError> {
    Ok(payload)
}

/// Invokes an adapter with these handlers and an application without routes, which responds with 404.
async fn invoke(dispatch: Dispatch, event: Sample) -> InvocationResult {
    Adapter::new(Router::new()).with_dispatch(dispatch).invoke(event.into(), invocation()).await
}

async fn invoke_ok(dispatch: Dispatch, event: Sample) -> Value {
    match invoke(dispatch, event).await {
        InvocationResult::Buffered(json) => serde_json::from_slice(&json).expect("a response is JSON"),
        other => panic!("not a success: {other:?}"),
    }
}

async fn invoke_err(dispatch: Dispatch, event: Sample) -> String {
    match invoke(dispatch, event).await {
        InvocationResult::Failed(error) => error.chain(),
        other => panic!("not an invocation error: {other:?}"),
    }
}

/// `zappa-rs deploy` compares these names with the settings before it shifts traffic.
#[tokio::test(start_paused = true)]
async fn a_keep_warm_event_lists_the_handlers_by_kind_and_by_the_names_of_the_settings() {
    async fn record(_: Value, _: Record) -> Result<(), BoxError> {
        Ok(())
    }
    let dispatch = Dispatch::new()
        .with_schedule("nightly", echo)
        .with_function("double", echo)
        .with_task("report", echo)
        .with_cognito(CognitoTrigger::PreSignUp, echo)
        .with_source(Source::Sns, echo)
        .with_source(Source::EventBridge, echo)
        .with_sqs("jobs-1", record)
        .with_kinesis("arn:aws:kinesis:eu-central-1:123456789012:stream/clicks", record)
        .with_ses("example.com", record)
        .with_iot("telemetry", echo)
        .with_kafka("orders", record)
        .with_mq("mail", record)
        .with_event_bridge("placed", record);
    let options = Options::default()
        .with_source("jobs", "arn:aws:sqs:eu-central-1:123456789012:jobs-1")
        .with_source("other", "arn:aws:sqs:eu-central-1:123456789012:other-1")
        .with_source("placed-orders", "arn:aws:kafka:eu-central-1:123456789012:cluster/shop/0123-2#orders")
        .with_source("support", "help@example.org example.com")
        .with_source("letters", "arn:aws:mq:eu-central-1:123456789012:broker:shop:b-0123#mail::staff")
        .with_source("clicks", "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks");
    let adapter = Adapter::new(Router::new()).with_dispatch(dispatch).with_options(options);
    let InvocationResult::Buffered(json) = adapter.invoke(Sample::named("zappa-keep-warm").into(), invocation()).await
    else {
        panic!("a keep-warm event failed")
    };
    let response: Value = serde_json::from_slice(&json).unwrap();
    let expected = json!({
        "schedule": ["nightly"], "function": ["double"], "task": ["report"],
        "authorizer": [], "cognito": ["PreSignUp"], "sns": ["*"], "s3": ["*"], "sqs": ["jobs", "jobs-1"],
        "kinesis": ["arn:aws:kinesis:eu-central-1:123456789012:stream/clicks", "clicks"],
        "pattern": ["placed"], "dynamodb": [], "logs": [], "kafka": ["orders", "placed-orders"], "mq": ["letters", "mail"], "iot": ["telemetry"], "ses": ["example.com", "support"],
    });
    assert_eq!(response["handlers"], expected);
}

fn source(sample: &str) -> Source {
    match sample.split('-').next() {
        Some("authorizer") => Source::Authorizer,
        Some("cloudformation") => Source::CustomResource,
        Some("cloudwatch") => Source::CloudWatchLogs,
        Some("cognito") => Source::Cognito,
        Some("dynamodb") => Source::DynamoDb,
        Some("eventbridge" | "scheduler") => Source::EventBridge,
        Some("firehose") => Source::Firehose,
        Some("kafka") => Source::Kafka,
        Some("kinesis") => Source::Kinesis,
        Some("mq") => Source::Mq,
        Some("s3") => Source::S3,
        Some("ses") => Source::Ses,
        Some("sns") => Source::Sns,
        Some("sqs") => Source::Sqs,
        _ => panic!("{sample} has no source"),
    }
}

#[tokio::test]
async fn every_source_reaches_its_handler_with_the_whole_event() {
    for sample in [SOURCES, AUTHORIZERS].concat() {
        let event = Sample::named(sample);
        let dispatch = Dispatch::new().with_source(source(sample), echo);
        assert_eq!(invoke_ok(dispatch, event.clone()).await, event.0, "{sample}");
    }
}

#[tokio::test]
async fn no_source_reaches_the_handler_of_another() {
    let all = [SOURCES, AUTHORIZERS].concat();
    for sample in &all {
        let others = all.iter().map(|other| source(other)).filter(|other| *other != source(sample));
        let dispatch = others.fold(Dispatch::new(), |dispatch, other| dispatch.with_source(other, echo));
        invoke_err(dispatch, Sample::named(sample)).await;
    }
}

#[tokio::test]
async fn gateway_events_never_reach_a_handler() {
    let all = [SOURCES, AUTHORIZERS].concat();
    let dispatch = all.iter().fold(Dispatch::new(), |dispatch, other| dispatch.with_source(source(other), echo));
    for sample in GATEWAYS {
        assert_eq!(invoke_ok(dispatch.clone(), Sample::named(sample)).await["statusCode"], 404, "{sample}");
    }
}

fn register(sample: &str, name: &str) -> Dispatch {
    match sample {
        "zappa-schedule" => Dispatch::new().with_schedule(name, echo),
        "zappa-function" => Dispatch::new().with_function(name, echo),
        "zappa-task" => Dispatch::new().with_task(name, echo),
        _ => panic!("{sample} has no name"),
    }
}

#[tokio::test]
async fn named_events_reach_their_handler_with_the_payload() {
    for sample in NAMED {
        let event = Sample::named(sample);
        let name = event.0["name"].as_str().unwrap().to_owned();
        assert_eq!(invoke_ok(register(sample, &name), event.clone()).await, event.0["payload"], "{sample}");
    }
}

#[tokio::test]
async fn named_event_without_a_payload_has_null() {
    for sample in NAMED {
        let event = Sample::named(sample);
        let name = event.0["name"].as_str().unwrap().to_owned();
        assert_eq!(
            invoke_ok(register(sample, &name), event.clone().without("/payload")).await,
            Value::Null,
            "{sample}"
        );
        assert_eq!(
            invoke_ok(register(sample, &name), event.with("/payload", Value::Null)).await,
            Value::Null,
            "{sample}"
        );
    }
}

#[tokio::test]
async fn name_of_one_kind_is_not_found_as_another() {
    for sample in NAMED {
        let event = Sample::named(sample);
        let name = event.0["name"].as_str().unwrap().to_owned();
        for other in NAMED.iter().filter(|other| *other != sample) {
            let message = invoke_err(register(other, &name), event.clone()).await;
            assert!(message.contains(&name), "{sample} {other}: {message}");
        }
    }
}

#[tokio::test]
async fn only_registered_names_are_called() {
    for name in
        [json!("nightl"), json!("nightly "), json!("NIGHTLY"), json!(""), Value::Null, json!(1), json!(["nightly"])]
    {
        let dispatch = Dispatch::new().with_schedule("nightly", echo);
        invoke_err(dispatch, Sample::named("zappa-schedule").with("/name", name)).await;
    }
}

#[tokio::test]
async fn message_of_a_notification_cannot_name_a_function() {
    let event = Sample::named("sns-notification").with("/name", "drop_all");
    let dispatch = Dispatch::new().with_function("drop_all", echo).with_task("drop_all", echo);
    invoke_err(dispatch, event).await;
}

#[tokio::test]
async fn failing_handler_is_an_invocation_error_with_its_cause() {
    async fn fails(_: Value, _: Invocation) -> Result<(), io::Error> {
        Err(io::Error::other("no space on device"))
    }
    let log = Log::listen();
    let message = invoke_err(Dispatch::new().with_source(Source::Sqs, fails), Sample::named("sqs-batch")).await;
    assert!(message.contains("no space on device"), "{message}");
    assert!(log.has_error(&["no space on device", invocation().request_id()]), "{log:?}");
}

#[tokio::test]
async fn panicking_handler_is_an_invocation_error_and_the_next_event_is_handled() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    async fn panics_once(_: Value, _: Invocation) -> Result<&'static str, BoxError> {
        assert!(!PANICS.swap(false, Ordering::SeqCst), "out of cheese");
        Ok("done")
    }
    let adapter = Adapter::new(Router::new()).with_dispatch(Dispatch::new().with_source(Source::Sqs, panics_once));
    let InvocationResult::Failed(error) = adapter.invoke(Sample::named("sqs-batch").into(), invocation()).await else {
        panic!("a panic is no success")
    };
    assert!(error.chain().contains("out of cheese"), "{error}");
    let next = adapter.invoke(Sample::named("sqs-batch").into(), invocation()).await;
    assert!(matches!(&next, InvocationResult::Buffered(json) if &**json == b"\"done\""), "{next:?}");
}

#[tokio::test]
async fn handler_that_panics_before_its_future_is_an_invocation_error_too() {
    fn at_once(_: Value, _: Invocation) -> std::future::Ready<Result<(), BoxError>> {
        panic!("out of cheese")
    }
    let message = invoke_err(Dispatch::new().with_source(Source::Sqs, at_once), Sample::named("sqs-batch")).await;
    assert!(message.contains("out of cheese"), "{message}");
}

#[tokio::test]
async fn payload_that_does_not_fit_is_an_invocation_error_that_names_the_handler() {
    #[derive(serde::Deserialize)]
    struct Resize {
        #[expect(dead_code, reason = "only read into")]
        height: u32,
    }
    async fn resize(_: Resize, _: Invocation) -> Result<(), BoxError> {
        Ok(())
    }
    let message = invoke_err(Dispatch::new().with_function("resize", resize), Sample::named("zappa-function")).await;
    assert!(message.contains("resize") && message.contains("height"), "{message}");
}

#[tokio::test]
async fn handler_learns_its_invocation() {
    async fn id(_: Value, invocation: Invocation) -> Result<String, BoxError> {
        Ok(invocation.request_id().to_owned())
    }
    let dispatch = Dispatch::new().with_task("send-mail", id);
    assert_eq!(invoke_ok(dispatch, Sample::named("zappa-task")).await, invocation().request_id());
}

#[tokio::test]
async fn unmapped_event_is_logged() {
    for sample in [SOURCES, AUTHORIZERS, NAMED].concat() {
        let log = Log::listen();
        invoke_err(Dispatch::new(), Sample::named(sample)).await;
        assert!(log.has_error(&[invocation().request_id()]), "{sample}: {log:?}");
    }
}

#[tokio::test]
async fn a_misspelled_name_is_answered_with_those_of_its_kind() {
    let dispatch = Dispatch::new().with_schedule("nightly", echo).with_schedule("hourly", echo).with_task("mail", echo);
    let event = |kind: &str| Sample(json!({ "zappa_rs": kind, "name": "nihgtly" }));
    assert_eq!(
        invoke_err(dispatch.clone(), event("schedule")).await,
        "no handler is registered for schedule `nihgtly`; the registered names are: `hourly`, `nightly`",
    );
    assert_eq!(invoke_err(dispatch, event("function")).await, "no handler is registered for function `nihgtly`");
}

/// Invokes the further function `mail` of an app.
async fn invoke_mail(dispatch: Dispatch, event: &str) -> InvocationResult {
    let options = Options::default().with_function("mail");
    let adapter = Adapter::new(Router::new()).with_options(options).with_dispatch(dispatch);
    adapter.invoke(event.to_owned().into(), invocation()).await
}

#[tokio::test]
async fn a_plain_event_reaches_the_function_that_the_process_is() {
    let request = Sample::named(GATEWAYS[0]).0.to_string();
    for event in ["{}", "5", "null", r#"[{"to":"a@example.com"}]"#, r#""text""#, &request] {
        let dispatch = Dispatch::new().with_function("mail", echo);
        let InvocationResult::Buffered(json) = invoke_mail(dispatch, event).await else { panic!("{event}") };
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), serde_json::from_str::<Value>(event).unwrap());
    }
    let InvocationResult::Failed(error) = invoke_mail(Dispatch::new().with_function("mial", echo), "{}").await else {
        panic!("not an invocation error")
    };
    assert!(error.chain().contains("function `mail`; the registered names are: `mial`"), "{}", error.chain());
    let InvocationResult::Failed(error) = invoke_mail(Dispatch::new().with_function("mail", echo), "{").await else {
        panic!("not an invocation error")
    };
    assert!(error.chain().contains("function `mail`"), "{}", error.chain());
}

#[tokio::test]
async fn schedules_sources_and_warming_of_a_further_function_are_those_of_every_function() {
    let dispatch = || {
        Dispatch::new()
            .with_function("mail", |_: Value, _| async { Err::<(), BoxError>("not this one".into()) })
            .with_function("double", echo)
            .with_schedule("nightly", echo)
            .with_source(Source::Sqs, echo)
    };
    let sqs = Sample::named(SOURCES.iter().find(|name| source(name) == Source::Sqs).unwrap()).0.to_string();
    for event in [
        r#"{"zappa_rs":"schedule","name":"nightly","payload":1}"#,
        r#"{"zappa_rs":"function","name":"double","payload":1}"#,
        r#"{"zappa_rs":"keep-warm"}"#,
        &sqs,
    ] {
        let result = invoke_mail(dispatch(), event).await;
        assert!(matches!(result, InvocationResult::Buffered(_)), "{event}: {result:?}");
    }
    // A batch must not be acknowledged by a handler that was not registered for it.
    let without = Dispatch::new().with_function("mail", echo);
    assert!(matches!(invoke_mail(without, &sqs).await, InvocationResult::Failed(_)));
}
