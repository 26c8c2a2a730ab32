//! The layer in front of a router: on the plain server, on Lambda, and among other layers.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
    routing::{get, options},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceBuilder;
use tower_http::{compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer};
use zappa_rs_adapter::{
    Adapter, Claims, Invocation, InvocationResult,
    jwt::{JwtLayer, Verifier},
    plain,
};

use super::{
    builder, claims,
    issuer::{Answer, Issuer},
    signer::*,
};

/// What a client gets.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn challenge(&self) -> Option<&str> {
        Some(self.headers.get(header::WWW_AUTHENTICATE)?.to_str().expect("it is text"))
    }
}

/// Sends a request through the plain server's part of the adapter.
async fn send(app: &Router, request: Request<Body>) -> Reply {
    let client = SocketAddr::from(([127, 0, 0, 1], 4711));
    let (head, body) = plain::serve(app.clone(), request, client).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Reply { status: head.status.as_u16(), headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn request(headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).expect("a request")
}

fn with_token(token: &str) -> Request<Body> {
    request(&[("authorization", &format!("Bearer {token}"))])
}

async fn subject(Claims(claims): Claims<Value>) -> String {
    claims["sub"].as_str().unwrap_or_default().to_owned()
}

async fn maybe(claims: Option<Claims<Value>>) -> Json<Option<Value>> {
    Json(claims.map(|Claims(claims)| claims["sub"].clone()))
}

fn layer(signer: &Signer) -> JwtLayer {
    JwtLayer::new(builder(&[signer]).build().expect("it is complete"))
}

fn app(signer: &Signer) -> Router {
    Router::new().route("/", get(subject)).layer(layer(signer))
}

#[tokio::test]
async fn the_claims_of_the_token_reach_the_handler() {
    let signer = Signer::rsa("a", "RS256");
    let reply = send(&app(&signer), with_token(&signer.sign(&claims(&json!({}))))).await;
    assert_eq!((reply.status, &*reply.body), (200, "ada"));
}

#[tokio::test]
async fn a_request_without_a_valid_token_is_refused_as_the_specification_says() {
    let signer = Signer::rsa("a", "RS256");
    let verifier = builder(&[&signer]).scopes(["read", "write"]).build().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let handler = {
        let calls = Arc::clone(&calls);
        move || async move { calls.fetch_add(1, Ordering::SeqCst).to_string() }
    };
    let app = Router::new().route("/", get(handler)).layer(JwtLayer::new(verifier));
    let bearer = |changes: Value| format!("Bearer {}", signer.sign(&claims(&changes)));
    let (expired, scopeless) = (bearer(json!({"exp": 1})), bearer(json!({"scope": "other"})));
    let large = format!("Bearer {}", "a".repeat(10 << 20));
    let scope = r#", scope="read write""#;
    for (headers, status, challenge) in [
        (&[][..], 401, format!(r#"Bearer realm="api"{scope}"#)),
        (&[("authorization", "Basic YTpi")], 401, format!(r#"Bearer realm="api"{scope}"#)),
        (&[("authorization", "Bearer")], 401, format!(r#"Bearer realm="api"{scope}"#)),
        (
            &[("authorization", &*expired)],
            401,
            format!(r#"Bearer realm="api", error="invalid_token", error_description="the token has expired"{scope}"#),
        ),
        (
            &[("authorization", &*large)],
            401,
            format!(
                r#"Bearer realm="api", error="invalid_token", error_description="the token is malformed: it is too long"{scope}"#
            ),
        ),
        (
            &[("authorization", &*scopeless)],
            403,
            format!(
                r#"Bearer realm="api", error="insufficient_scope", error_description="the token has none of the required scopes"{scope}"#
            ),
        ),
        (
            &[("authorization", &*expired), ("authorization", &*scopeless)],
            400,
            r#"Bearer error="invalid_request", error_description="one Authorization header is expected""#.to_owned(),
        ),
    ] {
        let reply = send(&app, request(headers)).await;
        assert_eq!((reply.status, reply.challenge()), (status, Some(&*challenge)));
        let reason = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
        assert_eq!(reply.body, format!(r#"{{"message":"{reason}"}}"#));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert_eq!(send(&app, request(&[("authorization", &bearer(json!({"scope": "write"})))])).await.status, 200);
}

#[tokio::test]
async fn headers_of_the_client_never_become_claims() {
    let signer = Signer::rsa("a", "RS256");
    let app = Router::new().route("/", get(maybe)).layer(layer(&signer).optional());
    let forged = json!({"sub": "eve"}).to_string();
    let encoded = signer.sign(&claims(&json!({"sub": "eve", "exp": 1})));
    let mut headers = vec![("x-forwarded-for", "127.0.0.1"), ("x-forwarded-user", "eve")];
    for name in [
        "x-amzn-oidc-data",
        "x-amzn-oidc-identity",
        "x-amzn-request-context",
        "x-amzn-lambda-context",
        "x-amzn-authorizer-claims",
        "x-amz-jwt-claims",
        "claims",
    ] {
        headers.extend([(name, &*forged), (name, &*encoded)]);
    }
    assert_eq!(send(&app, request(&headers)).await.body, "null");
    let bearer = format!("Bearer {}", signer.sign(&claims(&json!({}))));
    headers.push(("authorization", &*bearer));
    assert_eq!(send(&app, request(&headers)).await.body, r#""ada""#);
}

#[tokio::test]
async fn optional_tokens_may_be_missing_and_not_wrong() {
    let signer = Signer::rsa("a", "RS256");
    let app = Router::new().route("/", get(maybe)).layer(layer(&signer).optional());
    assert_eq!(send(&app, request(&[])).await.body, "null");
    assert_eq!(send(&app, request(&[("authorization", "Basic YTpi")])).await.body, "null");
    assert_eq!(send(&app, with_token(&signer.sign(&claims(&json!({}))))).await.body, r#""ada""#);
    for wrong in ["", "x", &signer.sign(&claims(&json!({"exp": 1})))] {
        let reply = send(&app, with_token(wrong)).await;
        assert_eq!(reply.status, 401, "{wrong}");
    }
}

/// The token in a reply's challenge or body would be a way to write a client's text into a response.
#[tokio::test]
async fn nothing_of_the_request_is_in_a_refusal() {
    let signer = Signer::rsa("a", "RS256");
    let app = app(&signer);
    for (token, status) in [
        // With a comma it may be two credentials that a gateway joined.
        (r#"injected", error="none"#.to_owned(), 400),
        (r#"x" error="injected"#.to_owned(), 401),
        ("injected\tinjected".to_owned(), 401),
        (signer.sign_with(&json!({"alg": "injected\r\nset-cookie: a=b", "kid": "injected"}), &claims(&json!({}))), 401),
        (signer.sign(&claims(&json!({"iss": "injected\r\nset-cookie: a=b", "aud": "injected"}))), 401),
    ] {
        let reply = send(&app, with_token(&token)).await;
        assert_eq!(reply.status, status, "{token}");
        assert!(!reply.challenge().unwrap().contains("injected") && !reply.body.contains("injected"));
        assert!(reply.headers.get(header::SET_COOKIE).is_none());
    }
}

#[tokio::test]
async fn preflights_pass_where_the_application_answers_them() {
    let signer = Signer::rsa("a", "RS256");
    let routes = || Router::new().route("/", options(|| async { "preflight" }).get(subject));
    let preflight = || {
        let request = Request::builder().method(Method::OPTIONS).uri("/").header("origin", "https://shop.example.com");
        request.header("access-control-request-method", "GET").body(Body::empty()).unwrap()
    };
    assert_eq!(send(&routes().layer(layer(&signer)), preflight()).await.status, 401);
    let allowing = routes().layer(layer(&signer).allow_preflight());
    assert_eq!(send(&allowing, preflight()).await.body, "preflight");
    // No other request passes by it.
    let plain = Request::builder().method(Method::OPTIONS).uri("/").body(Body::empty()).unwrap();
    assert_eq!(send(&allowing, plain).await.status, 401);
    let get = request(&[("access-control-request-method", "GET")]);
    assert_eq!(send(&allowing, get).await.status, 401);
    // A layer outside answers first, and adds its headers to refusals.
    let outside = routes().layer(layer(&signer)).layer(CorsLayer::permissive());
    assert_eq!(send(&outside, preflight()).await.status, 200);
    let refused = send(&outside, request(&[("origin", "https://shop.example.com")])).await;
    assert_eq!((refused.status, &refused.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN]), (401, &"*".parse().unwrap()));
}

#[tokio::test]
async fn the_layer_stands_anywhere_among_others() {
    let signer = Signer::rsa("a", "RS256");
    let token = signer.sign(&claims(&json!({})));
    let routes = || Router::new().route("/", get(subject));
    let timeout = || TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(5));
    let layer = || layer(&signer);
    for app in [
        routes().layer(layer()).layer(CompressionLayer::new()).layer(TraceLayer::new_for_http()).layer(timeout()),
        routes().layer(timeout()).layer(CompressionLayer::new()).layer(TraceLayer::new_for_http()).layer(layer()),
        routes().route_layer(layer()),
        routes().layer(
            ServiceBuilder::new().layer(TraceLayer::new_for_http()).layer(layer()).layer(CompressionLayer::new()),
        ),
        routes().layer(ServiceBuilder::new().layer(layer()).layer(TraceLayer::new_for_http()).layer(timeout())),
        Router::new().merge(routes().layer(layer())),
    ] {
        let reply = send(&app, with_token(&token)).await;
        assert_eq!((reply.status, &*reply.body), (200, "ada"));
        assert_eq!(send(&app, request(&[])).await.status, 401);
    }
}

#[tokio::test]
async fn a_route_may_ask_for_more_than_the_router() {
    let signer = Signer::rsa("a", "RS256");
    let admin = JwtLayer::new(builder(&[&signer]).scopes(["admin"]).build().unwrap());
    let app = Router::new().route("/", get(subject).layer(admin)).layer(layer(&signer));
    assert_eq!(send(&app, with_token(&signer.sign(&claims(&json!({}))))).await.status, 403);
    let token = signer.sign(&claims(&json!({"scope": "admin"})));
    assert_eq!(send(&app, with_token(&token)).await.status, 200);
}

#[tokio::test]
async fn without_keys_nobody_passes_and_the_reason_stays_inside() {
    let signer = Signer::rsa("a", "RS256");
    let issuer = Issuer::start(Answer::down()).await;
    let verifier = Verifier::builder(issuer.name()).audience(["shop"]).build().unwrap();
    let app = Router::new().route("/", get(subject)).layer(JwtLayer::new(verifier));
    let reply = send(&app, with_token(&signer.sign(&claims(&json!({"iss": issuer.name()}))))).await;
    assert_eq!((reply.status, &*reply.body), (503, r#"{"message":"Service Unavailable"}"#));
    assert_eq!((reply.challenge(), &reply.headers[header::RETRY_AFTER]), (None, &"5".parse().unwrap()));
}

/// An event with other headers.
fn event(name: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let path = format!("{}/../tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let mut event: Value = serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("JSON");
    for (name, value) in headers {
        match event.get_mut("multiValueHeaders") {
            Some(map) => map[*name] = json!([value]),
            None => event["headers"][*name] = json!(value),
        }
    }
    event.to_string().into_bytes()
}

async fn invoke(app: Router, event: Vec<u8>) -> Value {
    match Adapter::new(app).invoke(event.into(), Invocation::default()).await {
        InvocationResult::Buffered(bytes) => serde_json::from_slice(&bytes).expect("a response is JSON"),
        other => panic!("not a buffered response: {other:?}"),
    }
}

#[tokio::test]
async fn on_lambda_the_layer_does_the_same() {
    let signer = Signer::rsa("a", "RS256");
    let bearer = format!("Bearer {}", signer.sign(&claims(&json!({}))));
    let app = Router::new().fallback(subject).layer(layer(&signer));
    for name in ["url-get", "alb-single", "alb-multi", "http-get", "lattice-v2"] {
        let response = invoke(app.clone(), event(name, &[])).await;
        assert_eq!(response["statusCode"], 401, "{name}");
        assert!(response.to_string().contains(r#"Bearer realm=\"api\""#), "{response}");
        let response = invoke(app.clone(), event(name, &[("authorization", &bearer)])).await;
        assert_eq!((&response["statusCode"], &response["body"]), (&json!(200), &json!("ada")), "{name}");
    }
}

#[tokio::test]
async fn the_claims_of_the_layer_come_before_those_of_the_gateway() {
    let signer = Signer::rsa("a", "RS256");
    let bearer = format!("Bearer {}", signer.sign(&claims(&json!({}))));
    let app = Router::new().fallback(subject).layer(layer(&signer));
    assert_eq!(invoke(app.clone(), event("http-jwt", &[("authorization", &bearer)])).await["body"], "ada");
    // The gateway verified this token, and the layer's issuer did not sign it.
    assert_eq!(invoke(app, event("http-jwt", &[])).await["statusCode"], 401);
    let without = Router::new().fallback(subject);
    assert_eq!(invoke(without, event("http-jwt", &[])).await["body"], "auth0|5f7c8ec7");
}
