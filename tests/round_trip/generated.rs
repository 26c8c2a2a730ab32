//! Requests and answers as generated ones: what clients send and applications say, odd characters among them.

use std::net::IpAddr;

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use super::{AppResponse, NOT_PCHAR, Sent};

/// Text with characters that mean something in URIs, in JSON or in neither.
fn text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![4 => any::<char>(), 4 => select("a/b?c#d&e=f+g%h;i:j@k \"\\{}é🦀".chars().collect::<Vec<_>>())],
        0..8,
    )
    .prop_map(String::from_iter)
}

/// A path segment as clients write it: some encode more than they must, in either case of the hexadecimal digits.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text().prop_map(|text| utf8_percent_encode(&text, NOT_PCHAR).to_string()),
        2 => text().prop_map(|text| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()),
        1 => select(vec!["", ".", "..", "%2F", "%2f", "%2e%2E", "a;v=1", "dev", "prod", "shop", "shopping", "%25", "%41", "a%20b", "a+b"])
            .prop_map(str::to_owned),
    ]
}

fn path() -> impl Strategy<Value = String> {
    vec(segment(), 1..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn query() -> impl Strategy<Value = Vec<(String, String)>> {
    let encoded = || text().prop_map(|text| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string());
    let key = prop_oneof![
        select(vec!["a", "b", "q%20x"]).prop_map(str::to_owned),
        encoded().prop_map(|key| format!("k{key}"))
    ];
    vec((key, encoded()), 0..6)
}

fn value() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,20}[!-~])?"
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((select(vec!["x-one", "x-two", "x-three", "if-none-match"]).prop_map(str::to_owned), value()), 0..8)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..200), any::<String>().prop_map(String::into_bytes)]
}

/// Any request that every gateway can pass on.
pub(crate) fn sent() -> impl Strategy<Value = Sent> {
    let method = select(vec![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]);
    let kind = select(vec![
        None,
        Some("text/plain"),
        Some("application/json"),
        Some("image/png"),
        Some("application/octet-stream"),
    ]);
    let cookies = subsequence(vec!["a=1".to_owned(), "b=\"2\"".to_owned(), "c=x=y".to_owned()], 0..=3);
    (method, path(), query(), headers(), cookies, kind, body(), any::<IpAddr>()).prop_map(
        |(method, path, query, headers, cookies, kind, body, client)| Sent {
            method,
            path,
            query,
            headers,
            cookies,
            kind,
            body,
            client,
        },
    )
}

/// Any response that every gateway can pass on.
pub(crate) fn app_response() -> impl Strategy<Value = AppResponse> {
    let kind = select(vec!["text/plain", "application/json; charset=utf-8", "IMAGE/PNG", "application/octet-stream"]);
    let status = select(vec![200_u16, 201, 206, 302, 400, 401, 404, 418, 500, 503]);
    let headers =
        vec((select(vec!["x-one", "x-two", "etag", "vary", "cache-control"]).prop_map(str::to_owned), value()), 0..8);
    let cookies = subsequence(
        vec!["a=1".to_owned(), "b=2; Max-Age=1".to_owned(), "c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT".to_owned()],
        0..=3,
    );
    (status, kind, headers, cookies, body()).prop_map(|(status, kind, headers, cookies, body)| AppResponse {
        status,
        kind,
        headers,
        cookies,
        body,
    })
}
