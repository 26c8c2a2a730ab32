//! Odd events: one invalid field must not fail the whole event.

use serde_json::{Value, json};
use zappa_rs_adapter::InvocationResult;

use crate::{
    exchange::{AppRequest, Exchange},
    sample::Sample,
};

async fn app_request(sample: Sample) -> AppRequest {
    Exchange::new(sample).app_request().await
}

#[tokio::test]
async fn number_where_a_string_belongs_is_read_as_its_text() {
    let http = Sample::named("http-get").with("/headers/x-count", 42).with("/rawQueryString", 7);
    let http_request = app_request(http).await;
    assert_eq!(http_request.value("x-count").as_deref(), Some("42"));
    assert_eq!(http_request.query(), Some("7"));

    let rest = Sample::named("rest-get")
        .with("/multiValueHeaders/x-count", json!([1, 2.5, "3"]))
        .with("/multiValueQueryStringParameters", json!({"n": [10, "x"]}))
        .with("/body", 12.5);
    let rest_request = app_request(rest).await;
    assert_eq!(rest_request.values("x-count"), ["1", "2.5", "3"]);
    assert_eq!(rest_request.query(), Some("n=10&n=x"));
    assert_eq!(&*rest_request.body, b"12.5");
}

/// A regression that the fuzzer found: such a value was not a slice of the event, so making a view of it panicked.
#[tokio::test]
async fn boolean_where_a_string_belongs_is_read_as_its_text() {
    let http =
        Sample::named("http-get").with("/headers/x-flag", true).with("/headers/x-off", false).with("/body", true);
    let http_request = app_request(http).await;
    assert_eq!(http_request.value("x-flag").as_deref(), Some("true"));
    assert_eq!(http_request.value("x-off").as_deref(), Some("false"));
    assert_eq!(&*http_request.body, b"true");
    let rest = Sample::named("rest-get").with("/multiValueHeaders/x-flag", json!([true, false])).with("/body", false);
    let rest_request = app_request(rest).await;
    assert_eq!(rest_request.values("x-flag"), ["true", "false"]);
    assert_eq!(&*rest_request.body, b"false");
}

#[tokio::test]
async fn number_keeps_the_digits_of_the_event() {
    for digits in ["12345678901234567890123", "1e400", "-0", "1.10", "0.1000"] {
        let event = format!(
            r#"{{"version":"2.0","rawPath":"/","headers":{{"x-count":{digits}}},"requestContext":{{"http":{{"method":"GET"}}}}}}"#
        );
        assert_eq!(Exchange::new(event).app_request().await.value("x-count").as_deref(), Some(digits));
    }
}

#[tokio::test]
async fn version_and_stage_as_numbers_are_read_as_their_text() {
    let event = Sample::named("http-named-stage")
        .with("/version", json!(2.0))
        .with("/requestContext/stage", json!(1))
        .with("/rawPath", json!("/1/users/7"));
    assert_eq!(app_request(event).await.path(), "/users/7");
}

#[tokio::test]
async fn null_empty_and_absent_mean_the_same_for_every_map() {
    for (sample, maps) in [
        (
            "rest-get",
            &[
                "/headers",
                "/multiValueHeaders",
                "/queryStringParameters",
                "/multiValueQueryStringParameters",
                "/pathParameters",
                "/stageVariables",
                "/requestContext/identity",
                "/requestContext/authorizer",
            ][..],
        ),
        (
            "http-get",
            &["/headers", "/queryStringParameters", "/pathParameters", "/stageVariables", "/requestContext/authorizer"],
        ),
        ("alb-single", &["/headers", "/queryStringParameters"]),
        ("alb-multi", &["/multiValueQueryStringParameters"]),
        ("lattice-v2", &["/headers", "/queryStringParameters"]),
        ("lattice-v1", &["/headers", "/query_string_parameters"]),
        (
            "websocket-connect",
            &["/headers", "/multiValueHeaders", "/queryStringParameters", "/multiValueQueryStringParameters"],
        ),
    ] {
        for map in maps {
            let absent = app_request(Sample::named(sample).without(map)).await;
            for value in [Value::Null, json!({})] {
                let other = app_request(Sample::named(sample).with(map, value.clone())).await;
                assert_eq!(other.head.uri, absent.head.uri, "{sample} {map} {value}");
                assert_eq!(other.head.headers, absent.head.headers, "{sample} {map} {value}");
                assert_eq!(other.peer(), absent.peer(), "{sample} {map} {value}");
            }
        }
    }
}

#[tokio::test]
async fn values_of_a_wrong_type_lose_only_themselves() {
    let whole = app_request(Sample::named("rest-get")).await;
    assert!(!whole.values("accept").is_empty() && whole.query().is_some(), "the sample has what could be lost");
    for odd in [json!([]), json!([1]), json!("text"), json!(true), json!(3)] {
        for map in [
            "/headers",
            "/multiValueHeaders",
            "/queryStringParameters",
            "/multiValueQueryStringParameters",
            "/pathParameters",
        ] {
            let request = app_request(Sample::named("rest-get").with(map, odd.clone())).await;
            assert_eq!(request.path(), "/bookmarks/caf%C3%A9%2F1", "{map} {odd}");
            // Headers and query are in two maps each, of which one is enough.
            assert_eq!(request.values("accept"), whole.values("accept"), "{map} {odd}");
            assert_eq!(request.query().is_some(), whole.query().is_some(), "{map} {odd}");
        }
    }
    for odd in [json!({}), json!([]), json!({"a": 1}), Value::Null] {
        let request = app_request(Sample::named("http-get").with("/headers/x-odd", odd.clone())).await;
        assert_eq!(request.value("accept").as_deref(), Some("application/json"), "{odd}");
        assert_eq!(request.query(), Some("tag=rust&tag=aws&q=a%20b%26c&flag"), "{odd}");
    }
}

#[tokio::test]
async fn method_of_our_own_is_kept_and_one_that_http_cannot_hold_is_a_400() {
    let request = app_request(Sample::named("http-get").with_method("PURGE")).await;
    assert_eq!(request.head.method, "PURGE");
    for method in ["GE T", "G\u{e9}T", "\r\n"] {
        let result = Exchange::new(Sample::named("http-get").with_method(method)).result_without_app().await;
        assert_eq!(crate::exchange::GatewayResponse::new(result).status(), 400, "{method:?}");
    }
}

#[tokio::test]
async fn lone_surrogate_in_one_place_does_not_lose_the_event() {
    // No JSON value can hold a lone surrogate, so it is inserted into the text.
    let event = Sample::named("http-get").with("/headers/x-odd", json!("PLACE")).0.to_string();
    let event = event.replacen("PLACE", r"a\ud800b", 1);
    assert!(event.contains(r"a\ud800b"), "{event}");
    let request = Exchange::new(event).app_request().await;
    assert_eq!(request.value("accept").as_deref(), Some("application/json"));
}

#[tokio::test]
async fn body_that_is_no_string_is_its_json() {
    for body in [json!({"a": [1, "b"]}), json!([1, {"c": null}])] {
        let rest = app_request(Sample::named("rest-get").with("/body", body.clone())).await;
        assert_eq!(serde_json::from_slice::<Value>(&rest.body).unwrap(), body);
    }
}

/// A map of the `http` crate panics past some twenty thousand names; no gateway sends more than fit into 10 240 bytes.
#[tokio::test]
async fn headers_without_end_are_dropped_and_the_request_is_served() {
    let headers: serde_json::Map<String, Value> =
        (0..40_000).map(|number| (format!("x-{number}"), json!("v"))).collect();
    let http = app_request(Sample::named("http-get").with("/headers", Value::Object(headers))).await;
    assert_eq!(http.value("x-0").as_deref(), Some("v"));
    assert!(http.value("x-39999").is_none());
}

#[tokio::test]
async fn escaped_keys_and_words_mean_what_they_say() {
    let event = r#"{"\u0074ype":"REQ\u0055EST","methodArn":"arn","httpMethod":"GET","path":"/","requestContext":{}}"#;
    let result = Exchange::new(event.to_owned()).result_without_app().await;
    assert!(matches!(&result, InvocationResult::Failed(error) if error.is_unknown_event()), "{result:?}");
}
