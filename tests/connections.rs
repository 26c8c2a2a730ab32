//! The connections of a WebSocket API: signed calls, and errors by what they mean.
//!
//! The SDK reads its credentials from the environment, which one process cannot change for itself: the test that is
//! ignored runs in a second process, which the other test starts.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, Method, StatusCode},
    routing::any,
};
use zappa_rs_adapter::{Adapter, Connections, Invocation, InvocationResult, RequestContext};

type Calls = Arc<Mutex<Vec<String>>>;

/// The API: it knows `known`, and one connection for each of its errors.
async fn respond(
    calls: Calls,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let signature = headers["authorization"].to_str().expect("text");
    let key = if id == "local" { "local" } else { "key" };
    let expected = format!("AWS4-HMAC-SHA256 Credential={key}/");
    assert!(signature.starts_with(&expected) && signature.contains("/execute-api/aws4"), "{signature}");
    calls.lock().expect("not poisoned").push(format!("{method} {id} {}", String::from_utf8_lossy(&body)));
    let (status, kind, body) = match &*id {
        "known=" if method == Method::GET => (
            StatusCode::OK,
            "",
            r#"{"connectedAt":"2026-01-31T03:00:00Z","identity":{"sourceIp":"203.0.113.45","userAgent":"x"},"lastActiveAt":"2026-01-31T04:00:00Z"}"#,
        ),
        "known=" => (StatusCode::OK, "", ""),
        "local" => (StatusCode::OK, "", ""),
        "large" => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", r#"{"message":"too large"}"#),
        "refused" => (StatusCode::FORBIDDEN, "ForbiddenException", r#"{"message":"not allowed"}"#),
        _ => (StatusCode::GONE, "GoneException", ""),
    };
    (status, [("x-amzn-errortype", kind)], body)
}

/// Runs one of the tests that are ignored in a process of its own, with these variables.
async fn run(test: &'static str, variables: Vec<(&'static str, String)>) {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(["--ignored", "--nocapture", "--exact", test]).envs(variables).envs([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("it can be started again");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_reach_the_connections_of_an_api() {
    let calls = Calls::default();
    let got = calls.clone();
    let handler = move |method, id, headers, body| respond(got.clone(), method, id, headers, body);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
    let endpoint = format!("http://{}/prod", listener.local_addr().expect("its address"));
    let router = Router::new().route("/prod/@connections/{id}", any(handler));
    tokio::spawn(axum::serve(listener, router).into_future());

    let variables = vec![
        ("TEST_ENDPOINT", endpoint.clone()),
        ("AWS_ACCESS_KEY_ID", "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
    ];
    run("second_process", variables).await;
    // `zappa-rs local` gives the app no credentials.
    run("second_process_under_local", vec![("ZAPPA_WEBSOCKET_URL", endpoint)]).await;
    let calls = calls.lock().unwrap();
    let expected = [
        "POST known= hello",
        "GET known= ",
        "DELETE known= ",
        "POST gone x",
        "POST large x",
        "POST refused x",
        "POST local hello",
    ];
    assert_eq!(*calls, expected);
}

#[tokio::test]
#[ignore = "in the second process"]
async fn second_process() {
    let connections = Connections::new(std::env::var("TEST_ENDPOINT").expect("the first process sets it"));
    connections.post("known=", "hello").await.expect("it is known");
    let connection = connections.get("known=").await.expect("it is known");
    assert_eq!(connection.source_ip, Some([203, 0, 113, 45].into()));
    assert_eq!(connection.user_agent.as_deref(), Some("x"));
    assert!(connection.connected_at < connection.last_active_at, "{connection:?}");
    connections.delete("known=").await.expect("it is known");
    let error = connections.post("gone", "x").await.expect_err("it is gone");
    assert!(error.is_gone() && !error.is_too_large(), "{error:?}");
    assert_eq!(error.to_string(), "cannot post to the WebSocket connection `gone`");
    let error = connections.post("large", "x").await.expect_err("it is too large");
    assert!(error.is_too_large() && !error.is_gone(), "{error:?}");
    let error = connections.post("refused", "x").await.expect_err("it is refused");
    assert!(!error.is_gone() && !error.is_throttled() && format!("{error:?}").contains("Forbidden"), "{error:?}");
}

#[tokio::test]
#[ignore = "in the second process"]
async fn second_process_under_local() {
    let connections = Connections::from_env().expect("the first process sets the variable");
    connections.post("local", "hello").await.expect("it is known");
}

/// The management URL that a handler sees, with the connection's id.
async fn endpoint_of(event: &str) -> String {
    let seen = Arc::new(Mutex::new(String::new()));
    let list = seen.clone();
    let handler = move |context: RequestContext| async move {
        *list.lock().expect("not poisoned") = format!("{:?} {:?}", Connections::of(&context), context.connection_id());
    };
    let router = Router::new().fallback(any(handler));
    let result = Adapter::new(router).invoke(event.to_owned().into(), Invocation::new("id")).await;
    assert!(matches!(result, InvocationResult::Buffered(_)), "{result:?}");
    seen.lock().expect("not poisoned").clone()
}

#[tokio::test]
async fn the_api_of_a_request_is_found_in_its_context() {
    let event = include_str!("fixtures/events/websocket-connect.json");
    let text = endpoint_of(event).await;
    assert!(text.contains("https://w1s2a3p4i5.execute-api.eu-central-1.amazonaws.com/prod"), "{text}");
    assert!(text.contains("Rq0WscHdFiACEJg="), "{text}");
    let text =
        endpoint_of(&event.replace("w1s2a3p4i5.execute-api.eu-central-1.amazonaws.com", "chat.example.com")).await;
    assert!(text.contains("https://w1s2a3p4i5.execute-api."), "{text}");
    assert_eq!(endpoint_of(include_str!("fixtures/events/rest-get.json")).await, "None None");
}
