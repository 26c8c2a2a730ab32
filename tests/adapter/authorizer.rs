//! Lambda authorizers: what their handlers get, what API Gateway gets, and what never reaches the application.

use std::sync::{Arc, Mutex};

use axum::Router;
use http::StatusCode;
use serde_json::{Value, json};
use zappa_rs_adapter::{
    Adapter, AuthorizerRequest, AuthorizerResponse, BoxError, Dispatch, Invocation, InvocationResult, Options,
};

use crate::sample::{AUTHORIZERS, NAMED, REQUESTS, SOURCES, Sample};

/// The result of the authorizer `session`, which is given `given` of an event.
async fn invoke<F>(event: Sample, given: &str, decide: F) -> InvocationResult
where
    F: Fn(AuthorizerRequest) -> Result<AuthorizerResponse, BoxError> + Clone + Send + Sync + 'static,
{
    let handler = move |request: AuthorizerRequest, _: Invocation| {
        let decide = decide.clone();
        async move { decide(request) }
    };
    let app = Router::new().fallback(|| async { StatusCode::OK });
    let dispatch = Dispatch::new().with_authorizer("session", handler);
    let adapter =
        Adapter::new(app).with_options(Options::default().with_authorizer("session", given)).with_dispatch(dispatch);
    adapter.invoke(event.into(), Invocation::new("id-1")).await
}

/// The response of an authorizer that decides `decide`.
async fn respond<F>(sample: &str, decide: F) -> Value
where
    F: Fn(AuthorizerRequest) -> Result<AuthorizerResponse, BoxError> + Clone + Send + Sync + 'static,
{
    match invoke(Sample::named(sample), "*", decide).await {
        InvocationResult::Buffered(json) => serde_json::from_slice(&json).expect("a response is JSON"),
        other => panic!("{sample}: {other:?}"),
    }
}

/// The error of an authorizer.
async fn fail<F>(event: Sample, decide: F) -> String
where
    F: Fn(AuthorizerRequest) -> Result<AuthorizerResponse, BoxError> + Clone + Send + Sync + 'static,
{
    match invoke(event, "*", decide).await {
        InvocationResult::Failed(error) => error.chain(),
        other => panic!("{other:?}"),
    }
}

/// What a handler gets of an event.
async fn request(event: Sample, given: &str) -> AuthorizerRequest {
    let seen: Arc<Mutex<Option<AuthorizerRequest>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let result = invoke(event, given, move |request| {
        *sink.lock().unwrap() = Some(request);
        Ok(AuthorizerResponse::allow("ada"))
    });
    assert!(matches!(result.await, InvocationResult::Buffered(_)));
    let request = seen.lock().unwrap().take();
    request.expect("the handler was called")
}

fn policy(effect: &str, resource: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource }],
    })
}

#[tokio::test]
async fn a_policy_is_for_the_whole_stage_and_a_simple_response_for_payload_2() {
    let allow = |_| Ok(AuthorizerResponse::allow("ada").with_context(&json!({ "team": "red", "none": null })));
    for (sample, resource) in [
        ("authorizer-rest-token", "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/dev/*"),
        ("authorizer-rest-request", "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/dev/*"),
        ("authorizer-websocket-request", "arn:aws:execute-api:eu-central-1:123456789012:w1s2a3p4i5/prod/*"),
    ] {
        let expected = json!({
            "principalId": "ada",
            "policyDocument": policy("Allow", resource),
            "context": { "team": "red" },
        });
        assert_eq!(respond(sample, allow).await, expected, "{sample}");
        let denied = respond(sample, |_| Ok(AuthorizerResponse::deny())).await;
        assert_eq!(denied["policyDocument"], policy("Deny", resource), "{sample}");
        assert_eq!(denied["principalId"], "anonymous");
    }
    let sample = "authorizer-http-request";
    let expected = json!({ "isAuthorized": true, "context": { "principalId": "ada", "team": "red" } });
    assert_eq!(respond(sample, allow).await, expected);
    let denied = respond(sample, |_| Ok(AuthorizerResponse::deny())).await;
    assert_eq!(denied, json!({ "isAuthorized": false, "context": {} }));
    let resource = "arn:aws:execute-api:eu-central-1:123456789012:f6g7h8i9j0/$default/*";
    let by_policy = respond(sample, |_| Ok(AuthorizerResponse::allow("ada").into_policy())).await;
    assert_eq!(by_policy["policyDocument"], policy("Allow", resource));
    let version_1 = Sample::named(sample).with("/version", "1.0");
    let InvocationResult::Buffered(json) = invoke(version_1, "*", allow).await else { panic!("no response") };
    let version_1: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(version_1["policyDocument"], policy("Allow", resource));
}

#[tokio::test]
async fn the_key_of_a_usage_plan_is_part_of_a_policy() {
    let response = respond("authorizer-rest-request", |_| Ok(AuthorizerResponse::allow("ada").with_usage_key("k-1")));
    assert_eq!(response.await["usageIdentifierKey"], "k-1");
}

#[tokio::test]
async fn a_context_that_a_gateway_does_not_take_refuses_the_request() {
    let nested = |_| Ok(AuthorizerResponse::allow("ada").with_context(&json!({ "roles": ["a"] })));
    let error = fail(Sample::named("authorizer-rest-request"), nested).await;
    assert!(error.contains("a list or a map in `roles`"), "{error}");
    assert_eq!(respond("authorizer-http-request", nested).await["context"]["roles"], json!(["a"]));
    let text = |_| Ok(AuthorizerResponse::allow("ada").with_context(&"red"));
    let error = fail(Sample::named("authorizer-http-request"), text).await;
    assert!(error.contains("a struct or a map"), "{error}");
    let arnless = Sample::named("authorizer-rest-request").with("/methodArn", "x");
    let error = fail(arnless, |_| Ok(AuthorizerResponse::allow("ada"))).await;
    assert!(error.contains("no ARN of a stage"), "{error}");
}

#[tokio::test]
async fn unauthorized_is_an_error_of_this_text_alone_and_every_other_error_names_the_handler() {
    for sample in AUTHORIZERS {
        let sample = || Sample::named(sample);
        assert_eq!(fail(sample(), |_| Ok(AuthorizerResponse::unauthorized())).await, "Unauthorized");
        assert_eq!(fail(sample(), |_| Err("Unauthorized".into())).await, "Unauthorized");
        let error = fail(sample(), |_| Err("no database".into())).await;
        assert_eq!(error, "authorizer `session` failed: no database");
        let error = fail(sample(), |_| panic!("oh")).await;
        assert_eq!(error, "authorizer `session` failed: panic: oh");
    }
}

#[tokio::test]
async fn the_whole_request_is_read_from_every_form_of_event() {
    let rest = Sample::named("authorizer-rest-request")
        .with("/multiValueHeaders/Cookie", json!(["a=1; session=s1"]))
        .with("/queryStringParameters", json!({ "q": "2" }))
        .with("/multiValueQueryStringParameters", json!({ "q": ["1", "2"] }))
        .with("/stageVariables", json!({ "tier": "gold" }));
    let http = Sample::named("authorizer-http-request")
        .with("/cookies", json!(["a=1", "session=s1"]))
        .with("/queryStringParameters", json!({ "q": "1" }))
        .with("/pathParameters", json!({ "proxy": "me" }))
        .with("/stageVariables", json!({ "tier": "gold" }));
    for event in [rest, http] {
        let request = request(event, "*").await;
        assert_eq!((request.method(), request.path()), (Some("GET"), Some("/me")));
        assert_eq!(request.token(), Some("allow-me"));
        assert_eq!(request.bearer_token(), None);
        assert_eq!(request.headers()["accept"], "application/json");
        assert_eq!((request.cookie("session"), request.cookie("b")), (Some("s1"), None));
        assert_eq!((request.query("q"), request.query("p")), (Some("1"), None));
        assert_eq!(request.path_parameter("proxy"), Some("me"));
        assert_eq!(request.stage_variable("tier"), Some("gold"));
        assert_eq!(request.source_ip().map(|address| address.to_string()).as_deref(), Some("203.0.113.45"));
        assert!(request.arn().is_some_and(|arn| arn.ends_with("/GET/me")));
        assert!(!format!("{request:?}").contains("allow-me"));
    }
    let token = Sample::named("authorizer-rest-token").with("/authorizationToken", "bearer  t-1");
    let request = request(token, "*").await;
    assert_eq!((request.token(), request.bearer_token()), (Some("bearer  t-1"), Some("t-1")));
    assert!(request.headers().is_empty() && request.method().is_none());
}

#[tokio::test]
async fn a_token_that_is_sent_twice_is_none() {
    let event = Sample::named("authorizer-rest-request").with("/multiValueHeaders/Authorization", json!(["a", "b"]));
    assert_eq!(request(event, "*").await.token(), None);
}

#[tokio::test]
async fn a_handler_whose_answers_are_kept_sees_its_identity_sources_alone() {
    let event = Sample::named("authorizer-rest-request")
        .with("/multiValueHeaders/X-Other", json!(["x"]))
        .with("/multiValueQueryStringParameters", json!({ "key": ["k"], "other": ["x"] }))
        .with("/stageVariables", json!({ "tier": "gold", "other": "x" }));
    let given = "header.Authorization,query.key,stage_variable.tier,context.identity.userAgent";
    let request = request(event, given).await;
    assert_eq!(request.headers().len(), 1);
    assert_eq!((request.token(), request.query("key")), (Some("allow-me"), Some("k")));
    assert_eq!(request.stage_variable("tier"), Some("gold"));
    assert!(request.context("identity.userAgent").is_some_and(|agent| agent.starts_with("Mozilla")));
    assert_eq!((request.query("other"), request.stage_variable("other")), (None, None));
    assert_eq!((request.method(), request.path(), request.arn()), (None, None, None));
    assert_eq!((request.path_parameter("proxy"), request.source_ip()), (None, None));
    assert_eq!(request.context("path"), None);
    let token = self::request(Sample::named("authorizer-rest-token"), "header.Authorization").await;
    assert_eq!((token.token(), token.arn()), (Some("allow-me"), None));
    // What names no identity source shows nothing.
    let none = self::request(Sample::named("authorizer-http-request"), "everything").await;
    assert!(none.headers().is_empty() && none.token().is_none() && none.path().is_none());
}

#[tokio::test]
async fn an_authorizer_takes_no_other_event() {
    for sample in REQUESTS.iter().chain(SOURCES).chain(NAMED) {
        let error = fail(Sample::named(sample), |_| Ok(AuthorizerResponse::allow("ada"))).await;
        assert!(
            error.starts_with("this function is the authorizer `session`: it takes events of"),
            "{sample}: {error}"
        );
    }
    let result = invoke(Sample::named("zappa-keep-warm"), "*", |_| Ok(AuthorizerResponse::allow("ada"))).await;
    let InvocationResult::Buffered(json) = result else { panic!("{result:?}") };
    let answer: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(answer["handlers"]["authorizer"], json!(["session"]));
}

#[tokio::test]
async fn the_main_function_and_one_without_the_handler_refuse_an_authorizers_event() {
    let handler = |_: AuthorizerRequest, _: Invocation| async { Ok::<_, BoxError>(AuthorizerResponse::allow("ada")) };
    for (options, expected) in [
        (Options::default(), "an authorizer's event reached a function that is none"),
        (Options::default().with_authorizer("sesion", "*"), "authorizer `sesion`; the registered names are: `session`"),
    ] {
        for sample in AUTHORIZERS {
            let app = Router::new().fallback(|| async { StatusCode::OK });
            let dispatch = Dispatch::new().with_authorizer("session", handler);
            let adapter = Adapter::new(app).with_options(options.clone()).with_dispatch(dispatch);
            let result = adapter.invoke(Sample::named(sample).into(), Invocation::new("id-1")).await;
            let InvocationResult::Failed(error) = result else { panic!("{sample}: {result:?}") };
            assert!(error.is_unknown_event() && error.chain().contains(expected), "{}", error.chain());
        }
    }
}
