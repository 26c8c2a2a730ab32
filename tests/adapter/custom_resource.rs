//! Custom resources: CloudFormation gets exactly one response, whatever happens to the handler.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    routing::put,
};
use serde::Deserialize;
use serde_json::{Value, json};
use zappa_rs_adapter::{
    BoxError, CustomResource, CustomResourceResponse, Dispatch, Invocation, Options, ResourceChange, Source,
};

use crate::{
    exchange::invocation,
    log::Log,
    records::{invoke, invoke_with},
    sample::Sample,
};

const DEFAULT_ID: &str = "Seed-4f5e6d7c-8b9a-4a0b-9c1d-2e3f4a5b6c7d";

/// The presigned URL's server, with the bodies that it got.
struct Bucket {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Bucket {
    /// Starts a server whose first responses have the given statuses; the others have 200.
    async fn start(statuses: &[u16]) -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (got, statuses) = (bodies.clone(), statuses.to_vec());
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            assert_eq!(headers[CONTENT_TYPE], "", "the signature is of no type");
            let mut bodies = got.lock().unwrap();
            bodies.push(serde_json::from_slice(&body).expect("JSON"));
            assert!(body.len() <= 4096, "{} bytes", body.len());
            let status = statuses.get(bodies.len() - 1).copied().unwrap_or(200);
            (StatusCode::from_u16(status).expect("a status"), "<Error><Code>AccessDenied</Code></Error>")
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(axum::serve(listener, Router::new().route("/put", put(handler))).into_future());
        Self { address, bodies }
    }

    /// The sample event with this server's URL.
    fn event(&self) -> Sample {
        let url = format!("http://{}/put?Signature=SECRET", self.address);
        Sample::named("cloudformation-custom-resource").with("/ResponseURL", url)
    }

    /// The same as an update of the resource `users-1`, or as its delete.
    fn later_event(&self, change: &str) -> Sample {
        self.event().with("/RequestType", change).with("/PhysicalResourceId", "users-1")
    }

    fn bodies(&self) -> Vec<Value> {
        std::mem::take(&mut self.bodies.lock().unwrap())
    }

    /// Invokes a handler, which succeeds, and returns the only response.
    async fn respond(&self, dispatch: Dispatch, event: Sample) -> Value {
        assert_eq!(invoke(dispatch, &event.0).await, Ok(Value::Null));
        let [body] = self.bodies().try_into().expect("one response");
        body
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Seed {
    rows: u32,
}

async fn seed(request: CustomResource<Seed>, _: Invocation) -> Result<(), BoxError> {
    assert_eq!((request.properties.rows, request.logical_id()), (3, "Seed"));
    Ok(())
}

/// A handler that returns `response`.
fn returning(response: CustomResourceResponse) -> Dispatch {
    Dispatch::new().with_custom_resource("Seed", move |_: CustomResource<Seed>, _: Invocation| {
        let response = response.clone();
        async { Ok::<_, BoxError>(response) }
    })
}

fn failing() -> Dispatch {
    Dispatch::new().with_custom_resource("Seed", |_: CustomResource<Seed>, _: Invocation| async {
        Err::<(), BoxError>("the table is gone".into())
    })
}

#[tokio::test]
async fn a_create_is_answered_at_its_url_with_a_stable_id() {
    let bucket = Bucket::start(&[]).await;
    let event = bucket.event();
    let expected = json!({
        "Status": "SUCCESS", "Reason": "", "PhysicalResourceId": DEFAULT_ID, "NoEcho": false, "Data": {},
        "StackId": event.0["StackId"], "RequestId": event.0["RequestId"], "LogicalResourceId": "Seed",
    });
    for name in ["Seed", "Custom::Seed"] {
        let dispatch = Dispatch::new().with_custom_resource(name, seed);
        assert_eq!(bucket.respond(dispatch, event.clone()).await, expected, "{name}");
    }
    // By the logical id, where the type is CloudFormation's own.
    let event = event.with("/ResourceType", "AWS::CloudFormation::CustomResource");
    assert_eq!(bucket.respond(Dispatch::new().with_custom_resource("Seed", seed), event).await, expected);
}

#[tokio::test]
async fn data_and_the_physical_id_come_from_the_handler() {
    let bucket = Bucket::start(&[]).await;
    let response = CustomResourceResponse::new().with_data(json!({"Token": "4711"})).expect("an object");
    let response = response.with_physical_id("users-2").with_no_echo();
    let body = bucket.respond(returning(response.clone()), bucket.event()).await;
    assert_eq!((&body["PhysicalResourceId"], &body["Data"]["Token"]), (&json!("users-2"), &json!("4711")));
    assert_eq!(body["NoEcho"], true);
    // Another id of an update is a replacement; a delete has no choice.
    let body = bucket.respond(returning(response.clone()), bucket.later_event("Update")).await;
    assert_eq!(body["PhysicalResourceId"], "users-2");
    let body = bucket.respond(returning(response), bucket.later_event("Delete")).await;
    assert_eq!(body["PhysicalResourceId"], "users-1");

    let data = Dispatch::new().with_custom_resource("Seed", |_: CustomResource<Seed>, _: Invocation| async {
        Ok::<_, BoxError>(json!({"Token": "4711"}))
    });
    assert_eq!(bucket.respond(data, bucket.event()).await["Data"], json!({"Token": "4711"}));
    let body = bucket.respond(Dispatch::new().with_custom_resource("Seed", seed), bucket.later_event("Update")).await;
    assert_eq!(body["PhysicalResourceId"], "users-1", "an update without an id is no replacement");
    let text = Dispatch::new()
        .with_custom_resource("Seed", |_: CustomResource<Seed>, _: Invocation| async { Ok::<_, BoxError>("4711") });
    let body = bucket.respond(text, bucket.event()).await;
    assert!(body["Reason"].as_str().unwrap().contains("must be an object"), "{body}");
}

#[tokio::test]
async fn an_update_has_the_old_properties_too() {
    let bucket = Bucket::start(&[]).await;
    let dispatch = Dispatch::new().with_custom_resource("Seed", |request: CustomResource<Seed>, _: Invocation| {
        let old = request.old_properties::<Seed>().map(|old| old.map(|old| old.rows)).map_err(|error| error.chain());
        async move { Ok::<_, BoxError>(json!({"Old": format!("{:?} {old:?}", request.change)})) }
    });
    let update = bucket.later_event("Update").with("/OldResourceProperties", json!({"Rows": "2", "ServiceToken": "x"}));
    let unreadable = update.clone().with("/OldResourceProperties/Rows", "two");
    assert_eq!(bucket.respond(dispatch.clone(), update).await["Data"]["Old"], "Update Ok(Some(2))");
    assert_eq!(bucket.respond(dispatch.clone(), bucket.event()).await["Data"]["Old"], "Create Ok(None)");
    let body = bucket.respond(dispatch, unreadable).await;
    let old = body["Data"]["Old"].as_str().unwrap();
    assert!(old.contains("`old_properties` of `Seed`") && old.contains("two"), "{old}");
}

#[tokio::test]
async fn a_failure_is_answered_with_its_reason_and_the_invocation_is_not_repeated() {
    let log = Log::listen();
    let bucket = Bucket::start(&[]).await;
    let body = bucket.respond(failing(), bucket.event()).await;
    assert_eq!(body["Status"], "FAILED");
    let reason = body["Reason"].as_str().unwrap();
    assert!(reason.starts_with("custom resource `Seed` failed: the table is gone (request "), "{reason}");
    assert!(reason.contains(invocation().request_id()), "{reason}");
    assert!(log.has_error(&["custom resource `Seed` failed", "the table is gone"]), "{log:?}");

    for in_future in [false, true] {
        let dispatch = Dispatch::new().with_custom_resource("Seed", move |_: CustomResource<Seed>, _: Invocation| {
            assert!(in_future, "before the future");
            async move {
                assert!(!in_future, "in the future");
                Ok::<_, BoxError>(())
            }
        });
        let body = bucket.respond(dispatch, bucket.event()).await;
        let reason = body["Reason"].as_str().unwrap();
        assert!(reason.contains(if in_future { "in the future" } else { "before the future" }), "{reason}");
    }
    let body = bucket.respond(failing(), bucket.event().with("/ResourceProperties/Rows", "many")).await;
    let reason = body["Reason"].as_str().unwrap();
    assert!(reason.contains("`ResourceProperties`") && reason.contains("many"), "{reason}");
}

#[tokio::test]
async fn the_delete_of_a_failed_create_succeeds_without_the_handler() {
    let bucket = Bucket::start(&[]).await;
    let created = bucket.respond(failing(), bucket.event()).await;
    let delete = bucket.event().with("/RequestType", "Delete");
    let delete = delete.with("/PhysicalResourceId", created["PhysicalResourceId"].clone());
    let deleted = bucket.respond(failing(), delete.clone()).await;
    assert_eq!(
        (&deleted["Status"], &deleted["PhysicalResourceId"]),
        (&json!("SUCCESS"), &created["PhysicalResourceId"])
    );
    // Also if no handler was registered.
    let error = invoke(Dispatch::new(), &bucket.event().0).await.expect_err("no handler");
    assert!(error.contains("no handler is registered for custom resource `Custom::Seed`"), "{error}");
    let [created] = bucket.bodies().try_into().expect("one response");
    assert_eq!(
        (&created["Status"], &created["PhysicalResourceId"]),
        (&json!("FAILED"), &deleted["PhysicalResourceId"])
    );
    invoke(Dispatch::new(), &delete.0).await.expect_err("no handler");
    assert_eq!(bucket.bodies()[0]["Status"], "SUCCESS");
    // Other deletes reach the handler.
    let body = bucket.respond(failing(), bucket.later_event("Delete")).await;
    assert_eq!((&body["Status"], &body["PhysicalResourceId"]), (&json!("FAILED"), &json!("users-1")));
}

#[tokio::test]
async fn a_handler_that_is_not_done_is_answered_before_the_deadline() {
    let bucket = Bucket::start(&[]).await;
    let dispatch = Dispatch::new()
        .with_custom_resource("Seed", |_: CustomResource<Seed>, _: Invocation| pending::<Result<(), BoxError>>());
    let late = invocation().with_deadline(SystemTime::now() + Duration::from_millis(800));
    let deadline = late.clone();
    assert_eq!(invoke_with(dispatch, Options::default(), &bucket.event().0, late).await, Ok(Value::Null));
    assert!(deadline.remaining() > Some(Duration::ZERO));
    let body = &bucket.bodies()[0];
    assert!(body["Reason"].as_str().unwrap().contains("was not done shortly before the function's timeout"), "{body}");
}

#[tokio::test]
async fn a_response_that_is_too_large_is_a_failure_of_a_resource_that_exists() {
    let bucket = Bucket::start(&[]).await;
    let response = CustomResourceResponse::new().with_data(json!({"Text": "x".repeat(5000)})).expect("an object");
    let body = bucket.respond(returning(response), bucket.event()).await;
    assert_eq!((&body["Status"], &body["PhysicalResourceId"]), (&json!("FAILED"), &json!(DEFAULT_ID)));
    assert!(body["Reason"].as_str().unwrap().contains("of which 4096 are the most"), "{body}");
    let long = CustomResourceResponse::new().with_physical_id("x".repeat(1025));
    let body = bucket.respond(returning(long), bucket.event()).await;
    assert!(body["Reason"].as_str().unwrap().contains("of which 1024 are the most"), "{body}");
    for character in ["x", "é", "\u{1}"] {
        let text = character.repeat(6000);
        let dispatch = Dispatch::new().with_custom_resource("Seed", move |_: CustomResource<Seed>, _: Invocation| {
            let text = text.clone();
            async { Err::<(), BoxError>(text.into()) }
        });
        let body = bucket.respond(dispatch, bucket.event()).await;
        let reason = body["Reason"].as_str().unwrap();
        assert!(reason.contains(&character.repeat(500)) && reason.ends_with(')'), "{reason}");
    }
}

#[tokio::test]
async fn sending_is_repeated_and_its_failure_fails_the_invocation_without_the_url() {
    let log = Log::listen();
    let dispatch = Dispatch::new().with_custom_resource("Seed", seed);
    let bucket = Bucket::start(&[503, 500]).await;
    assert_eq!(invoke(dispatch.clone(), &bucket.event().0).await, Ok(Value::Null));
    assert_eq!(bucket.bodies().len(), 3);

    let bucket = Bucket::start(&[403]).await;
    let error = invoke(dispatch.clone(), &bucket.event().0).await.expect_err("it is refused");
    assert!(error.contains("could not be sent to CloudFormation: status 403 Forbidden AccessDenied"), "{error}");
    assert_eq!(bucket.bodies().len(), 1, "an expired signature stays expired");

    let soon = invocation().with_deadline(SystemTime::now() + Duration::from_millis(500));
    let event = Sample::named("cloudformation-custom-resource").with("/ResponseURL", "http://127.0.0.1:1/?SECRET");
    let error = invoke_with(dispatch, Options::default(), &event.0, soon).await.expect_err("nobody listens");
    assert!(error.contains("could not be sent") && !error.contains("SECRET"), "{error}");
    assert!(!log.has_error(&["SECRET"]), "{log:?}");
}

#[tokio::test]
async fn a_handler_of_the_whole_source_gets_what_no_other_handler_gets() {
    let bucket = Bucket::start(&[]).await;
    let whole = Dispatch::new().with_source(Source::CustomResource, |event: Value, _: Invocation| async move {
        Ok::<_, BoxError>(event["RequestType"].clone())
    });
    let named = whole.clone().with_custom_resource("Seed", seed);
    assert_eq!(invoke(whole, &bucket.event().0).await, Ok(json!("Create")));
    assert!(bucket.bodies().is_empty(), "that handler responds itself");
    assert_eq!(bucket.respond(named, bucket.event()).await["Status"], "SUCCESS");
}

#[test]
fn what_may_be_secret_is_not_printed() {
    let request = CustomResource::new(ResourceChange::Update, "SECRET").with_physical_id("users-1");
    let response = CustomResourceResponse::new().with_data(json!({"Token": "SECRET"})).expect("an object");
    let text = format!("{request:?} {response:?}");
    assert!(text.contains("users-1") && !text.contains("SECRET"), "{text}");
}
