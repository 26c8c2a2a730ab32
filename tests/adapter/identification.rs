//! Detection of events: the kind of an event follows from its keys.

use bytes::Bytes;
use serde_json::{Value, json};
use zappa_rs_adapter::InvocationResult;

use crate::{
    exchange::{Exchange, GatewayResponse, response},
    sample::{AUTHORIZERS, GATEWAYS, NAMED, REQUESTS, SOURCES, Sample},
};

/// Returns the error of a failed invocation; panics on success, with which a queue would delete its batch.
fn failure(result: &InvocationResult) -> String {
    match result {
        InvocationResult::Failed(error) => error.chain(),
        other => panic!("not an invocation error: {other:?}"),
    }
}

#[tokio::test]
async fn every_request_reaches_the_app() {
    for sample in REQUESTS {
        let output = Exchange::new(Sample::named(sample)).gateway_response(response(200, &[], "served")).await;
        assert_eq!((output.status(), output.body()), (200, b"served".to_vec()), "{sample}");
    }
}

#[tokio::test]
async fn authorizers_never_reach_the_app() {
    for sample in AUTHORIZERS {
        failure(&Exchange::new(Sample::named(sample)).result_without_app().await);
    }
}

#[tokio::test]
async fn authorizer_is_known_by_type_and_arn_together() {
    for sample in ["rest-get", "http-get"] {
        for (key, value) in
            [("/type", "REQUEST"), ("/methodArn", "arn:aws:execute-api:x"), ("/routeArn", "arn:aws:execute-api:x")]
        {
            let event = Sample::named(sample).with(key, value);
            assert_eq!(Exchange::new(event).app_request().await.head.method, "GET", "{sample} {key}");
        }
        for kind in ["TOKEN", "REQUEST"] {
            for arn in ["/methodArn", "/routeArn"] {
                let event = Sample::named(sample).with("/type", kind).with(arn, "arn:aws:execute-api:x");
                failure(&Exchange::new(event).result_without_app().await);
            }
        }
    }
}

#[tokio::test]
async fn sources_without_a_handler_are_loud_errors() {
    for sample in SOURCES {
        let message = failure(&Exchange::new(Sample::named(sample)).result_without_app().await);
        assert!(!message.is_empty(), "{sample}");
    }
}

#[tokio::test]
async fn names_without_a_handler_are_loud_errors_that_say_the_name() {
    for sample in NAMED {
        let event = Sample::named(sample);
        let name = event.0["name"].as_str().unwrap().to_owned();
        let message = failure(&Exchange::new(event).result_without_app().await);
        assert!(message.contains(&name), "{sample}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn keep_warm_is_handled_without_the_app() {
    let result = Exchange::new(Sample::named("zappa-keep-warm")).result_without_app().await;
    assert!(matches!(result, InvocationResult::Buffered(_)), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn keep_warm_holds_its_instance_for_a_moment() {
    // Several targets of one rule are called at once; an instance that responded at once could serve them all.
    let started = tokio::time::Instant::now();
    Exchange::new(Sample::named("zappa-keep-warm")).result_without_app().await;
    let held = started.elapsed().as_millis();
    assert!((50..200).contains(&held), "{held} ms");
}

#[tokio::test(start_paused = true)]
async fn our_own_key_is_asked_first() {
    for sample in [REQUESTS, AUTHORIZERS, SOURCES].concat() {
        let event = Sample::named(sample).with("/zappa_rs", "keep-warm");
        assert!(matches!(Exchange::new(event).result_without_app().await, InvocationResult::Buffered(_)), "{sample}");
    }
}

#[tokio::test]
async fn our_own_key_with_an_unknown_word_is_a_loud_error() {
    for word in [json!("keep-cold"), json!(""), json!(1), json!(true)] {
        let message = failure(&Exchange::new(Sample(json!({"zappa_rs": word}))).result_without_app().await);
        assert!(!message.is_empty());
    }
}

#[tokio::test]
async fn load_balancer_is_asked_before_the_payload_version() {
    let event =
        Sample::named("alb-single").with("/version", "2.0").with("/requestContext/http", json!({"method": "POST"}));
    let output = Exchange::new(event).gateway_response(response(200, &[], "")).await;
    assert_eq!(output.0["statusDescription"], "200 OK");
}

#[tokio::test]
async fn load_balancer_mode_follows_from_the_multi_value_headers() {
    let output = Exchange::new(Sample::named("alb-multi")).gateway_response(response(200, &[], "")).await;
    assert!(output.0.get("multiValueHeaders").is_some() && output.0.get("headers").is_none(), "{}", output.0);
    let single = Sample::named("alb-multi").without("/multiValueHeaders");
    let output = Exchange::new(single).gateway_response(response(200, &[], "")).await;
    assert!(output.0.get("headers").is_some() && output.0.get("multiValueHeaders").is_none(), "{}", output.0);
}

#[tokio::test]
async fn payload_2_needs_the_version_and_the_http_context() {
    let event = Sample::named("http-get").without("/requestContext/http");
    failure(&Exchange::new(event).result_without_app().await);
    let event = Sample::named("http-get").with("/version", "3.0");
    failure(&Exchange::new(event).result_without_app().await);
}

#[tokio::test]
async fn payload_1_of_an_http_api_is_a_rest_event_with_an_http_apis_path() {
    let (request, result) = Exchange::new(Sample::named("http-v1-get"))
        .outcome(response(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], "served"))
        .await;
    let request = request.expect("the application was called");
    assert_eq!((request.head.method.as_str(), request.path()), ("GET", "/bookmarks/caf%C3%A9/a%20b"));
    assert_eq!(request.query().map(|query| query.contains("q=a%20b%26c%3Dd%2Be%25")), Some(true));
    assert_eq!(request.query().map(|query| query.matches("tag=").count()), Some(2));
    assert_eq!(request.value("cookie").as_deref(), Some("session=abc123; theme=dark"));
    assert_eq!(request.peer().ip().to_string(), "203.0.113.45");
    let output = GatewayResponse::new(result);
    assert_eq!(output.0["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert!(output.0.get("cookies").is_none() && output.0.get("headers").is_none(), "{}", output.0);
}

#[tokio::test]
async fn request_without_a_context_is_a_rest_apis() {
    for context in [None, Some(Value::Null), Some(json!({})), Some(json!([])), Some(json!("none")), Some(json!(0))] {
        let event = Sample::named("rest-get");
        let event = match &context {
            None => event.without("/requestContext"),
            Some(context) => event.with("/requestContext", context.clone()),
        };
        let (request, result) = Exchange::new(event).outcome(response(302, &[("location", "/login")], "")).await;
        let request = request.unwrap_or_else(|| panic!("{context:?}: {result:?}"));
        assert_eq!((request.head.method.as_str(), request.path()), ("GET", "/bookmarks/caf%C3%A9%2F1"), "{context:?}");
        assert_eq!(request.peer().to_string(), "0.0.0.0:0", "{context:?}");
        assert_eq!(GatewayResponse::new(result).0["multiValueHeaders"]["location"], json!(["/login"]), "{context:?}");
    }
    let request = Exchange::new(r#"{"httpMethod":"POST","path":"/a b","body":"x"}"#).app_request().await;
    assert_eq!((request.head.method.as_str(), request.path(), &*request.body), ("POST", "/a%20b", b"x".as_slice()));
}

#[tokio::test]
async fn request_without_a_context_needs_a_method_and_a_path() {
    for event in [
        json!({"httpMethod": "GET"}),
        json!({"httpMethod": "GET", "requestContext": null}),
        json!({"path": "/", "requestContext": null}),
        json!({"httpMethod": null, "path": "/"}),
        json!({"httpMethod": "GET", "path": null}),
        json!({"httpMethod": {}, "path": "/"}),
        json!({"version": "2.0", "rawPath": "/", "requestContext": null}),
    ] {
        failure(&Exchange::new(Sample(event)).result_without_app().await);
    }
}

#[tokio::test]
async fn missing_context_does_not_hide_another_source() {
    // An authorizer's event, and an event of zappa-rs itself, may have all keys of a request.
    for (key, value) in [("/type", "TOKEN"), ("/zappa_rs", "function")] {
        let event = Sample::named("rest-get")
            .without("/requestContext")
            .with("/methodArn", "arn:aws:execute-api:x")
            .with(key, value);
        failure(&Exchange::new(event).result_without_app().await);
    }
    for sample in SOURCES {
        let event = Sample::named(sample).with("/requestContext", Value::Null).with("/path", "/");
        failure(&Exchange::new(event).result_without_app().await);
    }
}

#[tokio::test]
async fn websocket_events_come_by_their_route() {
    for (sample, method, path, body) in [
        ("websocket-connect", "GET", "/$connect", ""),
        ("websocket-message", "POST", "/sendmessage", r#"{"action":"sendmessage","text":"hello"}"#),
        ("websocket-disconnect", "POST", "/$disconnect", ""),
    ] {
        let request = Exchange::new(Sample::named(sample)).app_request().await;
        assert_eq!(
            (request.head.method.as_str(), request.path(), &*request.body),
            (method, path, body.as_bytes()),
            "{sample}"
        );
    }
    let request = Exchange::new(Sample::named("websocket-connect")).app_request().await;
    assert_eq!(request.query(), Some("room=lobby"));
    assert_eq!(request.value("content-type"), None);
    for (body, kind) in [(" {\"a\":1}", Some("application/json")), ("[1]", Some("application/json")), ("hi", None)] {
        let event = Sample::named("websocket-message").with("/body", body);
        let request = Exchange::new(event).app_request().await;
        assert_eq!(request.value("content-type").as_deref(), kind, "{body}");
    }
}

#[tokio::test]
async fn websocket_is_known_by_its_three_event_types() {
    let event = Sample::named("websocket-message").with("/requestContext/eventType", "CLOSED");
    failure(&Exchange::new(event).result_without_app().await);
}

#[tokio::test]
async fn lattice_is_known_in_both_versions() {
    let v1 = Exchange::new(Sample::named("lattice-v1")).app_request().await;
    assert_eq!((v1.head.method.as_str(), v1.path(), &*v1.body), ("POST", "/bookmarks/caf%C3%A9", &[0_u8, 1, 0xff][..]));
    let v2 = Exchange::new(Sample::named("lattice-v2")).app_request().await;
    assert_eq!((v2.head.method.as_str(), v2.path(), v2.query().is_some()), ("GET", "/bookmarks/caf%C3%A9", true));
}

#[tokio::test]
async fn anything_else_is_an_error_that_names_the_keys() {
    let message =
        failure(&Exchange::new(Sample(json!({"first-key": 1, "second-key": {"inner": 2}}))).result_without_app().await);
    assert!(message.contains("first-key") && message.contains("second-key"), "{message}");
    assert!(!message.contains("inner"), "{message}");
}

#[tokio::test]
async fn values_of_an_unknown_event_are_not_repeated() {
    let message = failure(&Exchange::new(Sample(json!({"password": "correct horse"}))).result_without_app().await);
    assert!(message.contains("password") && !message.contains("correct horse"), "{message}");
}

#[tokio::test]
async fn event_that_is_no_object_is_an_error() {
    for event in [
        "",
        " ",
        "null",
        "true",
        "42",
        "\"text\"",
        "[]",
        "[{}]",
        "{}",
        "{",
        "{\"a\":",
        "{\"httpMethod\":\"GET\"",
        "{}{}",
        "{} x",
    ] {
        failure(&Exchange::new(event.to_owned()).result_without_app().await);
    }
}

#[tokio::test]
async fn event_that_is_not_utf_8_is_an_error() {
    let mut event = Sample::text("rest-get").into_bytes();
    let at = event.iter().position(|byte| *byte == b'G').unwrap();
    event[at] = 0xff;
    failure(&Exchange::new(event).result_without_app().await);
    failure(&Exchange::new(Bytes::from_static(b"\xff\xfe{}")).result_without_app().await);
}

#[tokio::test]
async fn truncated_event_is_an_error_and_never_reaches_the_app() {
    for sample in GATEWAYS {
        let text = Sample::text(sample);
        let text = text.trim_end();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(37).chain([text.len() - 1]) {
            failure(&Exchange::new(text[..end].to_owned()).result_without_app().await);
        }
    }
}

#[tokio::test]
async fn order_of_keys_does_not_matter() {
    for sample in REQUESTS {
        let as_sent = Exchange::new(Sample::text(sample)).app_request().await;
        for text in [Sample::named(sample).0.to_string(), reversed(&Sample::named(sample).0)] {
            let request = Exchange::new(text).app_request().await;
            assert_eq!(request.head.method, as_sent.head.method, "{sample}");
            assert_eq!(request.path(), as_sent.path(), "{sample}");
            assert_eq!(request.head.headers, as_sent.head.headers, "{sample}");
            assert_eq!(request.peer(), as_sent.peer(), "{sample}");
            assert_eq!(request.body, as_sent.body, "{sample}");
        }
    }
    for sample in [AUTHORIZERS, SOURCES, NAMED].concat() {
        failure(&Exchange::new(reversed(&Sample::named(sample).0)).result_without_app().await);
    }
}

/// Serializes a value with the keys of every object in reverse order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let pairs: Vec<_> = map
                .iter()
                .rev()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), reversed(value)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn failed_invocation_has_an_error_type() {
    for (event, name) in [
        (Bytes::from_static(b"{"), "ZappaRs.MalformedEvent"),
        (Sample(json!({"unknown": 1})).into(), "ZappaRs.UnknownEvent"),
        (Sample::named("sqs-batch").into(), "ZappaRs.UnmappedEvent"),
    ] {
        let result = Exchange::new(event).result_without_app().await;
        let InvocationResult::Failed(error) = result else { panic!("{result:?}") };
        assert_eq!(error.name(), name);
        assert_eq!(error.is_malformed_event(), name.contains("Malformed"));
        assert_eq!(error.is_unknown_event(), !name.contains("Malformed"));
    }
}

#[tokio::test]
async fn event_that_cannot_be_read_is_reported_with_its_reason() {
    let deep = ["{\"a\":", &"[".repeat(200), &"]".repeat(200), "}"].concat();
    for (event, reason) in [
        (Bytes::from(deep), "nested too deeply at byte "),
        (Bytes::from_static(b"[1]"), "expected an object at byte 0"),
        (Bytes::from_static(b"{\"a\":1"), ""),
        (Bytes::from_static(b"\"\xff\""), "invalid utf-8"),
    ] {
        let result = Exchange::new(event).result_without_app().await;
        let InvocationResult::Failed(error) = result else { panic!("{result:?}") };
        let message = error.chain();
        let cause = message.strip_prefix("the event cannot be read: ");
        assert!(cause.is_some_and(|cause| cause.to_lowercase().starts_with(reason)), "{message}");
    }
}
