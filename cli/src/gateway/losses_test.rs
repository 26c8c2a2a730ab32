//! The losses of gateways: one test for each row of the table in `docs/events.md`.
//!
//! A loss on the way in is shown by two requests that give one event, a loss on the way out by what the client gets.

use std::io::Write as _;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{
    arrival::Arrival,
    event,
    response::{self, StatusDescription},
    sample, {Gateway, GatewayKind},
};

use GatewayKind::{Alb, FunctionUrl, Http, Rest};

/// The kinds, the ALB in both modes.
fn gateways() -> [Gateway; 5] {
    let multi = Gateway { multi_value_headers: true, ..sample::gateway(Alb) };
    [sample::gateway(Rest), sample::gateway(Http), sample::gateway(FunctionUrl), sample::gateway(Alb), multi]
}

/// A GET of a target below the stage, with headers beside `host`.
fn get(gateway: &Gateway, target: &str, headers: &[(&str, &str)]) -> Arrival {
    let stage = if gateway.kind == Rest { "/dev" } else { "" };
    let mut arrival = sample::get(&format!("{stage}{target}"));
    for (name, value) in sample::headers(headers).iter() {
        arrival.headers.append(name, value.clone());
    }
    arrival
}

fn made(gateway: &Gateway, arrival: &Arrival) -> Bytes {
    event::build(gateway, arrival, &sample::stamp()).unwrap()
}

/// Whether a gateway makes one event of two requests.
fn confuses(gateway: &Gateway, one: &Arrival, other: &Arrival) -> bool {
    made(gateway, one) == made(gateway, other)
}

/// Which kinds confuse two targets.
fn confused_targets(one: &str, other: &str) -> Vec<String> {
    quote_list(|gateway| confuses(gateway, &get(gateway, one, &[]), &get(gateway, other, &[])))
}

/// Which kinds confuse two lists of headers.
fn confused_headers(one: &[(&str, &str)], other: &[(&str, &str)]) -> Vec<String> {
    quote_list(|gateway| confuses(gateway, &get(gateway, "/", one), &get(gateway, "/", other)))
}

fn quote_list(has: impl Fn(&Gateway) -> bool) -> Vec<String> {
    let name = |gateway: &Gateway| match gateway.kind {
        Alb if gateway.multi_value_headers => "Alb multi".to_owned(),
        Alb => "Alb single".to_owned(),
        kind => format!("{kind:?}"),
    };
    gateways().iter().filter(|gateway| has(gateway)).map(name).collect()
}

/// The answer with these headers as each kind writes them, and a body.
fn answered(gateway: &Gateway, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let multiple = gateway.kind == Rest || gateway.multi_value_headers;
    let map =
        headers.iter().map(|&(name, value)| (name.to_owned(), if multiple { json!([value]) } else { json!(value) }));
    let map = Value::Object(map.collect());
    let key = if multiple { "multiValueHeaders" } else { "headers" };
    let payload = json!({"statusCode": 200, key: map, "body": body}).to_string();
    response::parse(gateway, &get(gateway, "/", &[]), &sample::stamp(), payload.as_bytes()).unwrap()
}

const ALL: [&str; 5] = ["Rest", "Http", "FunctionUrl", "Alb single", "Alb multi"];

#[test]
fn nothing_else_confuses_requests() {
    for (one, other) in [
        ("/a", "/a/"),
        ("/a", "//a"),
        ("/a/b", "/a/./b"),
        ("/a;v=1", "/a"),
        ("/?a=1&a=2", "/?a=2&a=1"),
        ("/?a=1", "/?a=1&a=1&a=2"),
        ("/?a=b", "/?A=b"),
        ("/?a", "/?b"),
        ("/?a=%26", "/?a&"),
        ("/?a=%2B", "/?a=+"),
    ] {
        assert_eq!(confused_targets(one, other), [""; 0], "{one} {other}");
    }
    for (one, other) in [
        (&[("a", "1")][..], &[("a", "2")][..]),
        (&[("a", "")], &[]),
        (&[("a", "1"), ("a", "2")], &[("a", "2"), ("a", "1")]),
        (&[("cookie", "a=1; b=2")], &[("cookie", "b=2; a=1")]),
        (&[("authorization", "Bearer a")], &[]),
        (&[("user-agent", "a")], &[]),
        (&[("x-forwarded-for", "192.0.2.1")], &[]),
    ] {
        assert_eq!(confused_headers(one, other), [""; 0], "{one:?} {other:?}");
    }
}

#[test]
fn encoded_path_segments() {
    for (one, other) in [("/a%2Fb", "/a/b"), ("/%41", "/A"), ("/a%20b", "/a b"), ("/%ff", "/%fe")] {
        assert_eq!(confused_targets(one, other), ["Http"], "{one} {other}");
    }
}

#[test]
fn fragments() {
    assert_eq!(confused_targets("/a#b", "/a"), ALL);
}

#[test]
fn a_question_mark_without_a_query() {
    assert_eq!(confused_targets("/a?", "/a"), ALL);
}

#[test]
fn empty_pieces_of_a_query() {
    assert_eq!(confused_targets("/?a=1&&b=2&", "/?a=1&b=2"), ["Rest", "Alb single", "Alb multi"]);
}

#[test]
fn a_key_without_an_equals_sign() {
    assert_eq!(confused_targets("/?flag", "/?flag="), ["Rest", "Alb single", "Alb multi"]);
}

#[test]
fn the_order_of_different_keys() {
    assert_eq!(confused_targets("/?a=1&b=2", "/?b=2&a=1"), ["Rest", "Alb single", "Alb multi"]);
}

#[test]
fn the_spelling_of_a_query() {
    for (one, other) in [("/?a=b+c", "/?a=b%20c"), ("/?a=%62", "/?a=b"), ("/?a=%ff", "/?a=%fe")] {
        assert_eq!(confused_targets(one, other), ["Rest"], "{one} {other}");
    }
}

#[test]
fn semicolons_in_a_query() {
    assert_eq!(confused_targets("/?a=1;b=2", "/?a=1&b=2"), ["Rest"]);
}

#[test]
fn repeated_keys_of_a_query() {
    assert_eq!(confused_targets("/?a=1&a=2", "/?a=2"), ["Alb single"]);
}

#[test]
fn repeated_headers() {
    assert_eq!(confused_headers(&[("a", "1"), ("a", "2")], &[("a", "2")]), ["Alb single"]);
}

#[test]
fn repeated_headers_and_commas() {
    let (two, one) = ([("a", "1"), ("a", "2")], [("a", "1,2")]);
    assert_eq!(confused_headers(&two, &one), ["Http", "FunctionUrl"]);
}

#[test]
fn cookie_lines_and_spaces() {
    let (two, one) = ([("cookie", "a=1;b=2"), ("cookie", "c=3")], [("cookie", "a=1; b=2; c=3")]);
    assert_eq!(confused_headers(&two, &one), ["Http", "FunctionUrl"]);
}

#[test]
fn the_order_of_different_headers() {
    assert_eq!(confused_headers(&[("a", "1"), ("b", "2")], &[("b", "2"), ("a", "1")]), ALL);
}

#[test]
fn latin_1_and_utf_8_in_a_header() {
    for gateway in gateways() {
        let (mut latin, utf) = (get(&gateway, "/", &[]), get(&gateway, "/", &[("a", "é")]));
        latin.headers.insert("a", http::HeaderValue::from_bytes(b"\xe9").unwrap());
        assert!(confuses(&gateway, &latin, &utf), "{:?}", gateway.kind);
    }
}

#[test]
fn headers_of_the_connection() {
    for name in ["expect", "keep-alive", "te", "trailer", "transfer-encoding"] {
        assert_eq!(confused_headers(&[(name, "x")], &[]), ALL, "{name}");
    }
    for name in ["connection", "upgrade"] {
        assert_eq!(confused_headers(&[(name, "x")], &[]), ["Rest", "Http", "FunctionUrl"], "{name}");
    }
}

#[test]
fn request_headers_of_a_rest_api() {
    for name in ["content-md5", "max-forwards", "proxy-authenticate", "server", "www-authenticate"] {
        assert_eq!(confused_headers(&[(name, "x")], &[]), ["Rest"], "{name}");
    }
    // An HTTP API writes its own instead.
    assert_eq!(confused_headers(&[("content-length", "0")], &[]), ["Rest", "Http"]);
}

#[test]
fn signatures() {
    let signed = [("authorization", "AWS4-HMAC-SHA256 Credential=x")];
    assert_eq!(confused_headers(&signed, &[]), ["Rest"]);
}

#[test]
fn what_a_client_says_about_its_connection() {
    for name in ["x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"] {
        assert_eq!(confused_headers(&[(name, "x")], &[]), ALL, "{name}");
    }
}

#[test]
fn binary_bodies_without_a_binary_type() {
    let body = |gateway: &Gateway, byte| {
        let mut arrival = get(gateway, "/", &[("content-type", "text/plain")]);
        arrival.body = vec![byte].into();
        arrival
    };
    let lost = quote_list(|gateway| confuses(gateway, &body(gateway, 0xfe), &body(gateway, 0xff)));
    assert_eq!(lost, ["Rest"]);
    let binary = Gateway { binary_media_types: vec!["*/*".into()], ..sample::gateway(Rest) };
    assert!(!confuses(&binary, &body(&binary, 0xfe), &body(&binary, 0xff)));
}

#[test]
fn compressed_bodies() {
    let body = |gateway: &Gateway, level| {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        coder.write_all(&b"text ".repeat(100)).unwrap();
        let mut arrival = get(gateway, "/", &[("content-type", "text/plain"), ("content-encoding", "gzip")]);
        arrival.body = coder.finish().unwrap().into();
        arrival
    };
    let lost = quote_list(|gateway| confuses(gateway, &body(gateway, 0), &body(gateway, 9)));
    assert_eq!(lost, ["Rest"]);
    let binary = Gateway { binary_media_types: vec!["*/*".into()], ..sample::gateway(Rest) };
    assert!(!confuses(&binary, &body(&binary, 0), &body(&binary, 9)));
}

#[test]
fn answer_headers_that_are_renamed() {
    for name in [
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
    ] {
        let renamed = format!("x-amzn-remapped-{name}");
        let lost = quote_list(|gateway| {
            let response = answered(gateway, &[(name, "1")], "");
            let moved = response.headers().get(&renamed).is_some_and(|value| value == "1");
            assert!(!moved || !response.headers().contains_key(name));
            moved
        });
        assert_eq!(lost, ["Rest", "FunctionUrl"], "{name}");
    }
}

#[test]
fn answer_headers_that_are_dropped() {
    let dropped = |name: &str| {
        quote_list(|gateway| answered(gateway, &[(name, "1")], "").headers().values().all(|value| value != "1"))
    };
    for name in ["keep-alive", "te", "trailer", "transfer-encoding", "upgrade"] {
        assert_eq!(dropped(name), ALL, "{name}");
    }
    for name in ["expect", "host", "proxy-authenticate", "via"] {
        assert_eq!(dropped(name), ["Rest", "FunctionUrl"], "{name}");
    }
    for name in ["connection", "content-length"] {
        assert_eq!(dropped(name), ["Http", "Alb single", "Alb multi"], "{name}");
    }
    for name in ["etag", "location", "set-cookie", "cache-control", "x-any"] {
        assert_eq!(dropped(name), [""; 0], "{name}");
    }
}

#[test]
fn nothing_of_the_length_that_a_head_asks_for() {
    for payload in [
        r#"{"statusCode":200,"headers":{"Content-Length":"12"},"body":"odd"}"#,
        r#"{"statusCode":200,"multiValueHeaders":{"Content-Length":["12"]}}"#,
    ] {
        let kept = quote_list(|gateway| {
            let head = Arrival { method: http::Method::HEAD, ..get(gateway, "/", &[]) };
            let response = response::parse(gateway, &head, &sample::stamp(), payload.as_bytes()).unwrap();
            assert!(!response.headers().contains_key("x-amzn-remapped-content-length"));
            let length = response.headers().get("content-length");
            length.is_some_and(|length| length == "12" && response.body().is_empty())
        });
        let multiple = payload.contains("multi");
        let expected =
            if multiple { &["Rest", "Alb multi"][..] } else { &["Rest", "Http", "FunctionUrl", "Alb single"] };
        assert_eq!(kept, expected, "{payload}");
    }
}

#[test]
fn the_server_of_an_answer() {
    let own = |gateway: &Gateway| answered(gateway, &[("server", "mine")], "").headers().get("server").cloned();
    let replaced = quote_list(|gateway| own(gateway).is_some_and(|value| value == "awselb/2.0"));
    assert_eq!(replaced, ["Alb single", "Alb multi"]);
}

#[test]
fn an_answer_without_a_type() {
    let media = |body: &str| {
        gateways().map(|gateway| {
            let response = answered(&gateway, &[], body);
            response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned())
        })
    };
    let json = Some("application/json".to_owned());
    let (text, bytes) = (Some("text/plain;charset=utf-8".into()), Some("application/octet-stream".into()));
    assert_eq!(media("x"), [json.clone(), text, json.clone(), bytes.clone(), bytes]);
    assert_eq!(media(""), [json.clone(), None, json, None, None]);
    let streamed = |kind| {
        let prelude =
            response::prelude(&sample::gateway(kind), &http::Method::GET, &sample::stamp(), br#"{"statusCode":200}"#);
        prelude.unwrap().headers["content-type"].clone()
    };
    assert_eq!(streamed(Rest), "application/json");
    assert_eq!(streamed(FunctionUrl), "application/octet-stream");
}

/// The answer in the gateway's own map, with values that are lists where it has lists.
fn told(gateway: &Gateway, value: &Value) -> Option<Response<Bytes>> {
    let multiple = gateway.kind == Rest || gateway.multi_value_headers;
    let key = if multiple { "multiValueHeaders" } else { "headers" };
    let payload = json!({"statusCode": 200, key: {"a": value}}).to_string();
    response::parse(gateway, &get(gateway, "/", &[]), &sample::stamp(), payload.as_bytes()).ok()
}

#[test]
fn repeated_answer_headers() {
    // The map has no place for a second value.
    let lost = quote_list(|gateway| told(gateway, &json!(["1", "2"])).is_none());
    assert_eq!(lost, ["Http", "FunctionUrl", "Alb single"]);
}

#[test]
fn the_order_of_repeated_answer_headers() {
    let lost = quote_list(|gateway| {
        let response = told(gateway, &json!(["1", "2"]));
        response.is_some_and(|response| response.headers().get_all("a").iter().ne(["1", "2"]))
    });
    assert_eq!(lost, ["Alb multi"]);
}

#[test]
fn latin_1_in_an_answer_header() {
    let lost = quote_list(|gateway| answered(gateway, &[("a", "\u{e9}")], "").headers()["a"] == "\u{e9}");
    assert_eq!(lost, ALL);
}

#[test]
fn answer_headers_that_are_added() {
    let added = gateways().map(|gateway| {
        let response = answered(&gateway, &[("content-type", "a/b")], "x");
        let names = response.headers().keys().map(|name| name.as_str().to_owned());
        names.filter(|name| name != "content-type").collect::<Vec<_>>()
    });
    let (rest, url) =
        (["x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"], ["x-amzn-requestid", "x-amzn-trace-id"]);
    assert_eq!(added, [&rest[..], &["apigw-requestid"], &url, &["server"], &["server"]]);
}

#[test]
fn base64_that_the_client_did_not_accept() {
    let payload = br#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#;
    let lost = quote_list(|gateway| {
        let accepting = get(gateway, "/", &[("accept", "image/png")]);
        response::parse(gateway, &accepting, &sample::stamp(), payload).unwrap().body() == "aGk="
    });
    assert_eq!(lost, ["Rest"]);
}

#[test]
fn headers_in_the_other_mode() {
    let payload = br#"{"statusCode":200,"headers":{"a":"1"},"multiValueHeaders":{"b":["2"]}}"#;
    let found = |name: &str| {
        quote_list(|gateway| {
            let response = response::parse(gateway, &get(gateway, "/", &[]), &sample::stamp(), payload);
            response.unwrap().headers().contains_key(name)
        })
    };
    assert_eq!(found("a"), ["Rest", "Http", "FunctionUrl", "Alb single"]);
    assert_eq!(found("b"), ["Rest", "Alb multi"]);
}

#[test]
fn words_on_the_status_line() {
    let payload = br#"{"statusCode":200,"statusDescription":"200 Fine"}"#;
    let kept = quote_list(|gateway| {
        let response = response::parse(gateway, &get(gateway, "/", &[]), &sample::stamp(), payload);
        response.is_ok_and(|response| response.extensions().get::<StatusDescription>().is_some())
    });
    assert_eq!(kept, ["Alb single", "Alb multi"]);
}

#[test]
fn the_table_and_these_tests_name_each_other() {
    let table = include_str!("../../../docs/events.md");
    let rows = table.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once("| `"));
    let mut rows: Vec<_> = rows.map(|(_, name)| name).collect();
    let tests = include_str!("losses_test.rs").split("#[test]\nfn ").skip(1);
    let mut tests: Vec<_> = tests.filter_map(|test| Some(test.split_once('(')?.0)).collect();
    tests.retain(|name| *name != "the_table_and_these_tests_name_each_other");
    rows.sort_unstable();
    tests.sort_unstable();
    assert_eq!(rows, tests);
}
