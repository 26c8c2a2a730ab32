//! Property tests: claims about all events and all responses, checked on generated ones.

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;
use zappa_rs_adapter::{
    InvocationResult,
    contract::variable::{BASE_PATH, TRUSTED_HOPS},
};

use crate::{
    exchange::{AppRequest, Exchange, GatewayResponse},
    sample::{AUTHORIZERS, GATEWAYS, NAMED, REQUESTS, SOURCES, Sample},
};

/// The configuration; seeds are not kept, since a finding becomes a test of its own.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Invokes the adapter with one event, on a runtime of its own.
fn outcome(event: impl Into<Bytes>, response: Response<Body>) -> (Option<AppRequest>, InvocationResult) {
    let exchange = Exchange::new(event).with_variables(&[(BASE_PATH, "/shop"), (TRUSTED_HOPS, "1")]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(exchange.outcome(response))
}

/// Asserts that the result is honest for any event: a request is served, a bad one rejected, and the rest is an error.
fn assert_honest(event: &[u8]) {
    let (request, result) = outcome(event.to_vec(), Response::new(Body::from("served")));
    match (request, result) {
        (Some(request), result @ InvocationResult::Buffered(_)) => {
            assert_eq!(GatewayResponse::new(result).status(), 200);
            assert!(request.path().starts_with('/'), "{:?}", request.head.uri);
            assert!(request.head.uri.authority().is_none());
            assert!(request.values("transfer-encoding").is_empty());
            if let Some(length) = request.value("content-length") {
                assert_eq!(length, request.body.len().to_string());
            }
            request.peer();
            assert!(is_json(event), "not JSON, yet served");
        }
        (None, InvocationResult::Failed(_)) => {}
        (None, result @ InvocationResult::Buffered(_)) if !is_keep_warm(event) => {
            assert_eq!(GatewayResponse::new(result).status(), 400);
        }
        (None, InvocationResult::Buffered(_)) => {}
        (request, result) => panic!("app called: {}, {result:?}", request.is_some()),
    }
}

/// Whether the text is JSON by the grammar; a tree would also reject numbers that no `f64` holds.
fn is_json(event: &[u8]) -> bool {
    std::str::from_utf8(event).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok())
}

/// Whether the text contains `keep-warm` anywhere, since the last one of a repeated key counts.
fn is_keep_warm(event: &[u8]) -> bool {
    event.windows(9).any(|window| window == b"keep-warm")
}

/// A JSON string, valid or invalid.
fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>().prop_map(|text| Value::from(text).to_string()),
        2 => select(vec![
            "GET", "POST", "HEAD", "/", "/shop/x", "2.0", "$default", "REQUEST", "TOKEN", "CONNECT", "MESSAGE", "keep-warm", "task", "aws:sqs",
            "AP/+", "*", "203.0.113.45", "x.lambda-url.eu-central-1.on.aws", "a=1; b=2", "//", "%", "?", "é", "",
        ]).prop_map(|text| format!("\"{text}\"")),
        1 => select(vec![r#""\ud800""#, r#""\udc00\ud800""#, r#""\ud83e\udd80""#, r#""\u0000""#, r#""\x""#, r#""\u12""#, "\"\u{0}\"", "\"", r#""\""#])
            .prop_map(str::to_owned),
    ]
}

/// A key that identifies some source, or any key.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec![
            "zappa_rs", "name", "payload", "type", "methodArn", "routeArn", "version", "httpMethod", "method", "path", "rawPath", "raw_path",
            "rawQueryString", "headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "query_string_parameters",
            "cookies", "body", "isBase64Encoded", "is_base64_encoded", "requestContext", "elb", "http", "identity", "sourceIp", "eventType",
            "routeKey", "stage", "domainName", "serviceNetworkArn", "authorizer", "stageVariables", "pathParameters", "Records", "eventSource",
            "EventSource", "source", "detail-type", "awslogs", "deliveryStreamArn", "triggerSource", "RequestType", "ResponseURL", "host", "cookie",
            "content-length", "transfer-encoding", "x-forwarded-for",
        ]).prop_map(|text| format!("\"{text}\"")),
        1 => string(),
    ]
}

/// A JSON text of any shape, mostly valid.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => string(),
        1 => select(vec!["null", "true", "false", "0", "-0", "-1", "1.5", "1e999", "-1e-999", "18446744073709551616", "9007199254740993", "01", "nul", "NaN"])
            .prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => Just("9".repeat(400)),
    ];
    leaf.prop_recursive(5, 96, 10, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            3 => vec((key(), inner), 0..10)
                .prop_map(|pairs| format!("{{{}}}", pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(","))),
        ]
    })
}

fn object() -> impl Strategy<Value = String> {
    vec((key(), json()), 0..14).prop_map(|pairs| {
        format!("{{{}}}", pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(","))
    })
}

fn sample() -> impl Strategy<Value = &'static str> {
    select([REQUESTS, AUTHORIZERS, SOURCES, NAMED].concat())
}

/// JSON pointers to all parts of a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                pointers(value, &at, found);
                found.push(at);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                pointers(value, &at, found);
                found.push(at);
            }
        }
        _ => {}
    }
}

/// A placeholder, which no sample contains, for generated JSON.
const PLACE: &str = "\"put the generated value here\"";

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn no_json_panics_or_succeeds_silently(event in json()) {
        assert_honest(event.as_bytes());
    }

    #[test]
    fn no_object_with_known_keys_panics_or_succeeds_silently(event in object()) {
        assert_honest(event.as_bytes());
    }

    #[test]
    fn no_bytes_panic_or_succeed_silently(event in vec(any::<u8>(), 0..200)) {
        assert_honest(&event);
    }

    #[test]
    fn no_sample_with_another_value_somewhere_panics(name in sample(), place in any::<Index>(), value in json()) {
        let mut event = Sample::named(name).0;
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        *event.pointer_mut(place.get::<String>(&places)).unwrap() = Value::from(PLACE.trim_matches('"'));
        assert_honest(event.to_string().replace(PLACE, &value).as_bytes());
    }

    #[test]
    fn no_sample_with_other_bytes_panics(name in sample(), edits in vec((any::<Index>(), any::<u8>()), 1..6), end in option::weighted(0.2, any::<Index>())) {
        let mut event = Sample::text(name).into_bytes();
        for (at, byte) in edits {
            let at = at.index(event.len());
            event[at] = byte;
        }
        if let Some(end) = end {
            event.truncate(end.index(event.len()));
        }
        assert_honest(&event);
    }

    #[test]
    fn no_sample_with_a_repeated_key_panics(name in sample(), again in key(), value in json(), first in any::<bool>()) {
        let text = Sample::text(name);
        let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap();
        let event = match first {
            true => format!("{{{again}:{value},{inner}}}"),
            false => format!("{{{inner},{again}:{value}}}"),
        };
        assert_honest(event.as_bytes());
    }
}

/// A response of an application.
#[derive(Clone, Debug)]
struct AppResponse {
    status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl AppResponse {
    fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap();
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }

    /// The values of a header as text, which JSON can represent.
    fn values(&self, name: &HeaderName) -> Vec<String> {
        let values = self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_bytes());
        values
            .map(|value| match std::str::from_utf8(value) {
                Ok(text) => text.to_owned(),
                Err(_) => value.iter().copied().map(char::from).collect(),
            })
            .collect()
    }
}

fn header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let name = prop_oneof![
        3 => select(vec!["content-type", "content-encoding", "set-cookie", "x-list", "etag", "vary", "date", "www-authenticate"]).prop_map(str::to_owned),
        1 => "[a-z0-9!#$%&'*+.^_`|~-]{1,20}",
    ];
    let value = prop_oneof![
        2 => select(vec!["text/plain", "application/json; charset=UTF-8", "IMAGE/PNG", "application/octet-stream", "gzip", "identity", "a=1; Path=/", "\"q\\\"", ""])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff, Just(b'\t')], 0..40),
    ];
    (name, value)
        .prop_filter_map("a header that HTTP can hold", |(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(&value).ok()?))
        })
        .prop_filter("one that a response keeps", |(name, _)| {
            let dropped =
                ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "content-length"];
            let rewritten = ["location", "content-location"];
            !dropped.iter().chain(&rewritten).any(|other| name == other)
        })
}

fn app_response() -> impl Strategy<Value = AppResponse> {
    let body = prop_oneof![
        vec(any::<u8>(), 0..300),
        any::<String>().prop_map(String::into_bytes),
        any::<String>().prop_map(|text| [b"\xef\xbb\xbf", text.as_bytes()].concat()),
    ];
    (200_u16..=999, vec(header(), 0..12), body).prop_map(|(status, headers, body)| AppResponse {
        status,
        headers,
        body,
    })
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn any_response_reaches_the_client_unchanged(app in app_response(), name in select(GATEWAYS)) {
        // Without a stage, so that there is no prefix and cookies are not rewritten.
        let event = match name {
            "rest-get" => Sample::named(name).with("/requestContext/path", "/bookmarks/caf%C3%A9%2F1"),
            "http-v1-get" => Sample::named(name).with("/requestContext/stage", "$default"),
            _ => Sample::named(name),
        };
        let body = if matches!(app.status, 204 | 304) { &[][..] } else { &app.body };
        let (_, result) = outcome(event, app.response());
        if name == "websocket-message" {
            let is_text = std::str::from_utf8(body).is_ok();
            prop_assert_eq!(matches!(result, InvocationResult::Failed(_)), !is_text);
            if !is_text {
                return Ok(());
            }
        }
        let output = GatewayResponse::new(result);
        prop_assert_eq!(output.status(), u64::from(app.status));
        prop_assert!(name != "websocket-message" || !output.is_base64());
        prop_assert_eq!(output.body(), body);
        for (header, _) in &app.headers {
            let mut expected = app.values(header);
            let mut values = output.values(header.as_str());
            let is_cookie = header == http::header::SET_COOKIE;
            if matches!(name, "rest-get" | "http-v1-get" | "alb-multi") || is_cookie {
                expected.sort();
                values.sort();
                prop_assert_eq!(values, expected);
            } else {
                prop_assert_eq!(values, [expected.join(", ")]);
            }
        }
    }

    #[test]
    fn any_body_reaches_the_app_as_it_is(body in vec(any::<u8>(), 0..400), name in select(GATEWAYS)) {
        let flag = if name == "lattice-v1" { "/is_base64_encoded" } else { "/isBase64Encoded" };
        let event = Sample::named(name).with("/body", base64_simd::STANDARD.encode_to_string(&body)).with(flag, true);
        let (request, _) = outcome(event, Response::new(Body::empty()));
        prop_assert_eq!(&*request.unwrap().body, &body);
    }

    #[test]
    fn any_text_reaches_the_app_as_it_is(text in any::<String>(), name in select(GATEWAYS)) {
        let flag = if name == "lattice-v1" { "/is_base64_encoded" } else { "/isBase64Encoded" };
        let event = Sample::named(name).with("/body", text.as_str()).with(flag, false);
        let (request, _) = outcome(event, Response::new(Body::empty()));
        prop_assert_eq!(&*request.unwrap().body, text.as_bytes());
    }

    #[test]
    fn any_decoded_path_can_be_decoded_again(path in any::<String>()) {
        let raw = format!("/p{path}");
        let (request, _) = outcome(Sample::named("http-get").with("/rawPath", raw.as_str()), Response::new(Body::empty()));
        let request = request.unwrap();
        let decoded = percent_encoding::percent_decode_str(request.path()).decode_utf8().unwrap();
        prop_assert_eq!(decoded, raw);
    }

    #[test]
    fn any_rest_parameters_can_be_read_from_the_query(pairs in vec((any::<String>(), any::<String>()), 0..6)) {
        let mut map = serde_json::Map::new();
        for (key, value) in &pairs {
            map.insert(key.clone(), serde_json::json!([value, value]));
        }
        let expected: Vec<(String, String)> = map.iter()
            .flat_map(|(key, value)| value.as_array().unwrap().iter().map(|value| (key.clone(), value.as_str().unwrap().to_owned())))
            .collect();
        let event = Sample::named("rest-get").with("/multiValueQueryStringParameters", map).without("/queryStringParameters");
        let (request, _) = outcome(event, Response::new(Body::empty()));
        let request = request.unwrap();
        let read: Vec<(String, String)> = serde_urlencoded::from_str(request.query().unwrap_or_default()).unwrap();
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn depth_never_overflows_the_stack() {
    for depth in [100, 127, 128, 129, 10_000, 1_000_000] {
        for (open, close) in [
            ("[", "]"),
            ("{\"a\":", "}"),
            ("{\"requestContext\":", "}"),
            ("{\"headers\":", "}"),
            ("{\"Records\":[", "]}"),
        ] {
            assert_honest(format!("{}{}{}", open.repeat(depth), "1", close.repeat(depth)).as_bytes());
            assert_honest(open.repeat(depth).as_bytes());
            let nested = format!("{}{}{}", open.repeat(depth), "1", close.repeat(depth));
            let event = Sample::named("rest-get").with("/deep", Value::from("PLACE")).0.to_string();
            let event = event.replacen("\"PLACE\"", &nested, 1);
            assert!(event.contains(&nested));
            assert_honest(event.as_bytes());
        }
    }
}
