//! Extractors: real events through a real axum router.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use axum::{Json, Router, handler::Handler, http::StatusCode, response::IntoResponse};
use serde_json::{Value, json};
use zappa_rs_adapter::{
    Adapter, ApiKeyId, Authorizer, Claims, Invocation, Prefix, RequestContext, StageVariables,
    contract::variable::BASE_PATH,
};

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, options},
    sample::{REQUESTS, Sample},
};

/// Calls a handler with an event.
async fn call_handler<T: 'static>(handler: impl Handler<T, ()>, event: Sample) -> GatewayResponse {
    call_handler_with(handler, event, invocation()).await
}

async fn call_handler_with<T: 'static>(
    handler: impl Handler<T, ()>,
    event: Sample,
    invocation: Invocation,
) -> GatewayResponse {
    let app = Router::new().fallback(handler);
    GatewayResponse::new(Adapter::new(app).invoke(event.into(), invocation).await)
}

fn json_of(output: &GatewayResponse) -> Value {
    assert_eq!(output.status(), 200, "{}", output.0);
    serde_json::from_slice(&output.body()).expect("a JSON body")
}

async fn claims(Claims(claims): Claims<BTreeMap<String, Value>>) -> Json<BTreeMap<String, Value>> {
    Json(claims)
}

async fn authorizer(Authorizer(context): Authorizer<Value>) -> Json<Value> {
    Json(context)
}

#[tokio::test]
async fn claims_of_cognito_and_of_a_jwt_are_read_alike() {
    for (sample, subject) in [("rest-cognito", "5f0c9a6e-1b2d-4c3e-8f4a-6b7c8d9e0f1a"), ("http-jwt", "auth0|5f7c8ec7")]
    {
        let output = call_handler(claims, Sample::named(sample)).await;
        assert_eq!(json_of(&output)["sub"], subject, "{sample}");
    }
}

#[tokio::test]
async fn claims_fit_a_type_of_the_application() {
    #[derive(serde::Deserialize, serde::Serialize)]
    struct User {
        email: String,
        #[serde(rename = "cognito:groups")]
        groups: String,
    }
    async fn user(Claims(user): Claims<User>) -> Json<User> {
        Json(user)
    }
    let output = call_handler(user, Sample::named("rest-cognito")).await;
    assert_eq!(json_of(&output), json!({"email": "ada@example.com", "cognito:groups": "admins,editors"}));
}

#[tokio::test]
async fn request_without_claims_is_unauthorized_unless_they_are_optional() {
    async fn maybe(claims: Option<Claims<Value>>) -> Json<bool> {
        Json(claims.is_some())
    }
    for sample in ["rest-get", "http-get", "url-get", "alb-single", "rest-null-maps"] {
        assert_eq!(call_handler(claims, Sample::named(sample)).await.status(), 401, "{sample}");
        assert_eq!(json_of(&call_handler(maybe, Sample::named(sample)).await), json!(false), "{sample}");
    }
}

#[tokio::test]
async fn authorizer_context_is_handed_on_with_its_types() {
    let output = call_handler(authorizer, Sample::named("rest-custom-authorizer")).await;
    let context = json_of(&output);
    assert_eq!((&context["principalId"], &context["tenant"]), (&json!("user|4711"), &json!("acme")));
    let output = call_handler(authorizer, Sample::named("http-lambda-authorizer")).await;
    assert_eq!(json_of(&output), json!({"tenant": "acme", "quota": 250, "admin": true, "roles": ["editor", "owner"]}));
    for sample in ["http-iam", "url-iam"] {
        let output = call_handler(authorizer, Sample::named(sample)).await;
        assert_eq!(json_of(&output)["userArn"], "arn:aws:iam::123456789012:user/ada", "{sample}");
    }
}

#[tokio::test]
async fn api_key_id_is_known_and_the_key_is_not_taken_for_it() {
    async fn key(key: ApiKeyId) -> String {
        key.to_uppercase()
    }
    async fn maybe(key: Option<ApiKeyId>) -> Json<Option<String>> {
        Json(key.map(|ApiKeyId(id)| id))
    }
    assert_eq!(json_of(&call_handler(maybe, Sample::named("rest-api-key")).await), json!("k3y1d5amp1e"));
    let output = call_handler(key, Sample::named("rest-api-key")).await;
    assert_eq!((output.status(), output.body()), (200, b"K3Y1D5AMP1E".to_vec()));
    for sample in ["rest-get", "http-get", "url-get", "alb-single", "lattice-v2"] {
        assert_eq!(json_of(&call_handler(maybe, Sample::named(sample)).await), Value::Null, "{sample}");
        assert_eq!(call_handler(key, Sample::named(sample)).await.status(), 401, "{sample}");
    }
}

#[tokio::test]
async fn stage_variables_are_known() {
    async fn variables(StageVariables(variables): StageVariables) -> Json<BTreeMap<String, String>> {
        Json(variables)
    }
    let output = call_handler(variables, Sample::named("rest-post-json")).await;
    assert_eq!(json_of(&output), json!({"table": "bookmarks-dev", "feature": "on"}));
    let output = call_handler(variables, Sample::named("http-named-stage")).await;
    assert_eq!(json_of(&output), json!({"table": "users-prod"}));
    for sample in ["rest-get", "http-get", "alb-single", "rest-null-maps"] {
        assert_eq!(json_of(&call_handler(variables, Sample::named(sample)).await), json!({}), "{sample}");
    }
}

#[tokio::test]
async fn odd_stage_variable_does_not_lose_the_others() {
    async fn variables(StageVariables(variables): StageVariables) -> Json<BTreeMap<String, String>> {
        Json(variables)
    }
    let event = Sample::named("rest-get").with("/stageVariables", json!({"table": "t", "count": 3, "none": null}));
    let variables = json_of(&call_handler(variables, event).await);
    assert_eq!((&variables["table"], &variables["count"]), (&json!("t"), &json!("3")));
}

#[tokio::test]
async fn path_parameters_are_known() {
    async fn parameters(context: RequestContext) -> Json<BTreeMap<String, String>> {
        Json(context.path_parameters())
    }
    let output = call_handler(parameters, Sample::named("http-named-stage")).await;
    assert_eq!(json_of(&output), json!({"proxy": "users/7"}));
    let event = Sample::named("rest-get").with("/pathParameters", json!({"proxy": "x", "id": 7}));
    assert_eq!(json_of(&call_handler(parameters, event).await), json!({"proxy": "x", "id": "7"}));
    assert_eq!(json_of(&call_handler(parameters, Sample::named("rest-null-maps")).await), json!({}));
}

#[tokio::test]
async fn raw_request_context_is_the_one_of_the_event() {
    async fn raw(context: RequestContext) -> Vec<u8> {
        context.raw().to_vec()
    }
    for sample in REQUESTS {
        let output = call_handler(raw, Sample::named(sample)).await;
        let expected = Sample::named(sample).0.get("requestContext").cloned();
        let actual: Option<Value> =
            (!output.body().is_empty()).then(|| serde_json::from_slice(&output.body()).expect("JSON"));
        assert_eq!(actual, expected, "{sample}");
    }
}

#[tokio::test]
async fn raw_request_context_keeps_the_bytes_of_the_event() {
    async fn raw(context: RequestContext) -> Vec<u8> {
        context.raw().to_vec()
    }
    let text = r#"{ "http" : {"method":"GET"},"n":1.10,"é":"\u00e9" }"#;
    let event = format!(r#"{{"version":"2.0","rawPath":"/","requestContext": {text} }}"#);
    let app = Router::new().fallback(raw);
    let output = GatewayResponse::new(Adapter::new(app).invoke(event.into(), invocation()).await);
    assert_eq!(String::from_utf8(output.body()).unwrap(), text);
}

#[tokio::test]
async fn invocation_is_known_to_handlers() {
    async fn about(invocation: Invocation) -> Json<Value> {
        Json(json!([
            invocation.request_id(),
            invocation.function_arn(),
            invocation.trace_id(),
            invocation.deadline().map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()),
        ]))
    }
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:bookmarks-dev:live";
    let invocation = Invocation::new("id-1")
        .with_function_arn(arn)
        .with_trace_id("Root=1-a")
        .with_deadline(SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_444_800_123));
    for sample in REQUESTS {
        let output = call_handler_with(about, Sample::named(sample), invocation.clone()).await;
        assert_eq!(json_of(&output), json!(["id-1", arn, "Root=1-a", 4_102_444_800_123_u64]), "{sample}");
    }
}

#[tokio::test]
async fn each_of_many_invocations_has_its_own() {
    async fn about(invocation: Invocation) -> impl IntoResponse {
        tokio::task::yield_now().await;
        (StatusCode::OK, invocation.request_id().to_owned())
    }
    let adapter = Adapter::new(Router::new().fallback(about));
    let deadline = SystemTime::now() + Duration::from_secs(900);
    let all = (0..100).map(|number| {
        let adapter = adapter.clone();
        async move {
            let invocation = Invocation::new(format!("id-{number}")).with_deadline(deadline);
            let output = GatewayResponse::new(adapter.invoke(Sample::named("http-get").into(), invocation).await);
            (format!("id-{number}").into_bytes(), output.body())
        }
    });
    for (expected, actual) in futures_util::future::join_all(all).await {
        assert_eq!(expected, actual);
    }
}

#[tokio::test]
async fn prefix_is_known_to_handlers() {
    async fn prefix(Prefix(prefix): Prefix) -> String {
        prefix
    }
    for (sample, base_path, expected) in [
        ("rest-get", "", "/dev"),
        ("rest-custom-domain", "/shop", "/shop"),
        ("rest-custom-domain", "", ""),
        ("http-named-stage", "", "/prod"),
        ("http-get", "", ""),
        ("url-get", "", ""),
        ("alb-single", "", ""),
    ] {
        let adapter = Adapter::new(Router::new().fallback(prefix)).with_options(options(&[(BASE_PATH, base_path)]));
        let output = GatewayResponse::new(adapter.invoke(Sample::named(sample).into(), invocation()).await);
        assert_eq!(String::from_utf8(output.body()).unwrap(), expected, "{sample}");
    }
}

#[tokio::test]
async fn scheme_is_known() {
    for (sample, scheme) in [("rest-get", "https"), ("http-get", "https"), ("alb-single", "https")] {
        let request = Exchange::new(Sample::named(sample)).app_request().await;
        assert_eq!(RequestContext::of(&request.head.extensions).scheme().as_str(), scheme, "{sample}");
    }
    let plain = Sample::named("alb-single").with("/headers/x-forwarded-proto", "http");
    let request = Exchange::new(plain).app_request().await;
    assert_eq!(RequestContext::of(&request.head.extensions).scheme().as_str(), "http");
    let spoofed = Sample::named("http-get").with("/headers/x-forwarded-proto", "http");
    let request = Exchange::new(spoofed).app_request().await;
    assert_eq!(RequestContext::of(&request.head.extensions).scheme().as_str(), "https");
}
