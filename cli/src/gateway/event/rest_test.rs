//! Tests of the event of a REST API.

use serde_json::{Value, json};

use super::*;
use crate::gateway::{
    GatewayKind,
    access::{ApiKey, ApiKeys, UsagePlan},
    sample,
};

fn parsed(gateway: &Gateway, arrival: &Arrival) -> Value {
    serde_json::from_slice(&super::super::build(gateway, arrival, &sample::stamp()).unwrap()).unwrap()
}

#[test]
fn a_bare_get_is_the_whole_document() {
    let event = parsed(&sample::gateway(GatewayKind::Rest), &sample::get("/dev"));
    let expected = json!({
        "resource": "/",
        "path": "/",
        "httpMethod": "GET",
        "headers": {
            "Host": "127.0.0.1:3000",
            "X-Amzn-Trace-Id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Port": "3000",
            "X-Forwarded-Proto": "http",
        },
        "multiValueHeaders": {
            "Host": ["127.0.0.1:3000"],
            "X-Amzn-Trace-Id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
            "X-Forwarded-For": ["127.0.0.1"],
            "X-Forwarded-Port": ["3000"],
            "X-Forwarded-Proto": ["http"],
        },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "resourceId": identifier("a1b2c3d4e5", "/", 10),
            "resourcePath": "/",
            "httpMethod": "GET",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "12/Mar/2020:19:03:58 +0000",
            "path": "/dev",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainPrefix": "a1b2c3d4e5",
            "requestTimeEpoch": 1_584_039_838_390_u64,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {
                "cognitoIdentityPoolId": null,
                "accountId": null,
                "cognitoIdentityId": null,
                "caller": null,
                "sourceIp": "127.0.0.1",
                "principalOrgId": null,
                "accessKey": null,
                "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null,
                "userArn": null,
                "userAgent": null,
                "user": null,
            },
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "deploymentId": identifier("a1b2c3d4e5", "dev", 6),
            "apiId": "a1b2c3d4e5",
        },
        "body": null,
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
}

#[test]
fn a_post_with_everything_is_the_whole_document() {
    let mut gateway = sample::gateway(GatewayKind::Rest);
    gateway.stage_variables.insert("table".into(), "users".into());
    let mut arrival = sample::post("/dev/a%20b/c?q=1&q=2&e&n=%26+x", Some("application/json"), b"{\"a\":1}");
    arrival.headers.extend(sample::headers(&[("user-agent", "curl/8.5.0"), ("x-many", "1"), ("x-many", "2")]));
    let mut event = parsed(&gateway, &arrival);
    let context = event["requestContext"].take();
    assert_eq!(context["resourcePath"], "/{proxy+}");
    assert_eq!(context["path"], "/dev/a%20b/c");
    assert_eq!(context["identity"]["userAgent"], "curl/8.5.0");
    assert_eq!(context["httpMethod"], "POST");
    let expected = json!({
        "resource": "/{proxy+}",
        "path": "/a%20b/c",
        "httpMethod": "POST",
        "headers": {
            "Content-Type": "application/json",
            "Host": "127.0.0.1:3000",
            "User-Agent": "curl/8.5.0",
            "X-Amzn-Trace-Id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Port": "3000",
            "X-Forwarded-Proto": "http",
            "X-Many": "2",
        },
        "multiValueHeaders": {
            "Content-Type": ["application/json"],
            "Host": ["127.0.0.1:3000"],
            "User-Agent": ["curl/8.5.0"],
            "X-Amzn-Trace-Id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
            "X-Forwarded-For": ["127.0.0.1"],
            "X-Forwarded-Port": ["3000"],
            "X-Forwarded-Proto": ["http"],
            "X-Many": ["1", "2"],
        },
        "queryStringParameters": {"e": "", "n": "& x", "q": "2"},
        "multiValueQueryStringParameters": {"e": [""], "n": ["& x"], "q": ["1", "2"]},
        "pathParameters": {"proxy": "a%20b/c"},
        "stageVariables": {"table": "users"},
        "requestContext": null,
        "body": "{\"a\":1}",
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
}

#[test]
fn keys_stand_in_the_order_of_aws() {
    let event = super::super::build(&sample::gateway(GatewayKind::Rest), &sample::get("/dev/x"), &sample::stamp());
    let text = String::from_utf8(event.unwrap().to_vec()).unwrap();
    assert!(text.starts_with(r#"{"resource":"/{proxy+}","path":"/x","httpMethod":"GET","headers":{"Host""#), "{text}");
    assert!(text.ends_with(r#""apiId":"a1b2c3d4e5"},"body":null,"isBase64Encoded":false}"#), "{text}");
}

#[test]
fn a_custom_domain_keeps_its_base_path_in_the_path() {
    let mut gateway = sample::gateway(GatewayKind::Rest);
    gateway.base_path = Some("/shop".into());
    let event = parsed(&gateway, &sample::get("/shop/x/y"));
    assert_eq!(event["path"], "/shop/x/y");
    assert_eq!(event["requestContext"]["path"], "/shop/x/y");
    assert_eq!(event["pathParameters"], json!({"proxy": "x/y"}));
    assert_eq!(event["requestContext"]["stage"], "dev");
    assert_eq!(event["requestContext"]["domainName"], "127.0.0.1");
}

#[test]
fn a_key_that_a_method_asks_for_is_in_the_identity() {
    let mut gateway = sample::gateway(GatewayKind::Rest);
    let mut arrival = sample::get("/dev/a");
    arrival.headers.extend(sample::headers(&[("x-api-key", "0123456789abcdefghij")]));
    assert!(parsed(&gateway, &arrival)["requestContext"]["identity"]["apiKey"].is_null());
    let key = ApiKey { name: "app".to_owned(), plan: UsagePlan::default(), development_value: None };
    let mut keys = ApiKeys::default();
    keys.insert(key, "0123456789abcdefghij");
    gateway.access.require_key("ANY", "/{proxy+}");
    gateway.access.set_keys(keys);
    let identity = parsed(&gateway, &arrival)["requestContext"]["identity"].take();
    assert_eq!((&identity["apiKey"], &identity["apiKeyId"]), (&json!("0123456789abcdefghij"), &json!("local-app")));
}

#[test]
fn only_routes_that_exist_reach_the_function() {
    let mut gateway = sample::gateway(GatewayKind::Rest);
    gateway.routes = [sample::route("GET /pets/{id}")].into_iter().collect();
    let event = parsed(&gateway, &sample::get("/dev/pets/7"));
    assert_eq!((&event["resource"], &event["pathParameters"]), (&json!("/pets/{id}"), &json!({"id": "7"})));
    for arrival in [sample::get("/dev/dogs"), sample::post("/dev/pets/7", None, b"")] {
        let refusal = super::super::build(&gateway, &arrival, &sample::stamp()).unwrap_err();
        assert_eq!(refusal.response.status(), 403);
        assert_eq!(refusal.response.body(), r#"{"message":"Missing Authentication Token"}"#);
        assert!(refusal.reason.contains("has no method"), "{}", refusal.reason);
    }
}

#[test]
fn bodies_are_base64_only_where_the_api_says_so() {
    for (types, content_type, body, base64) in [
        (&["*/*"][..], Some("text/plain"), "aGk=", true),
        (&["*/*"], None, "aGk=", true),
        (&["image/png"], Some("image/png"), "aGk=", true),
        (&["image/png"], Some("text/plain"), "hi", false),
        (&[], Some("image/png"), "hi", false),
    ] {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.binary_media_types = types.iter().map(|&entry| entry.into()).collect();
        let event = parsed(&gateway, &sample::post("/dev/x", content_type, b"hi"));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(base64)), "{types:?}");
    }
}

#[test]
fn a_signature_ends_at_the_gateway_and_other_authorization_passes() {
    let gateway = sample::gateway(GatewayKind::Rest);
    for (value, passes) in [("AWS4-HMAC-SHA256 Credential=x", false), ("Bearer x", true)] {
        let mut arrival = sample::get("/dev/x");
        arrival.headers.extend(sample::headers(&[
            ("authorization", value),
            ("connection", "close"),
            ("te", "trailers"),
        ]));
        let event = parsed(&gateway, &arrival);
        assert_eq!(event["headers"].get("Authorization").is_some(), passes, "{value}");
        assert_eq!(event["headers"].get("Connection"), None);
        assert_eq!(event["headers"].get("TE"), None);
    }
}

#[test]
fn identifiers_look_like_aws_and_stay() {
    assert_eq!(identifier("a", "/", 10).len(), 10);
    assert_eq!(identifier("a", "/x", 6), identifier("a", "/x", 6));
    assert_ne!(identifier("a", "/x", 6), identifier("b", "/x", 6));
}
