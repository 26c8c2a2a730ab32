//! What the client sent is what the app sees, and what the app says is what the client gets.
//!
//! The tool's gateway makes the event and reads the answer, the adapter is between them: identity, but for the losses that
//! `docs/events.md` lists and `cli/src/gateway/losses_test.rs` proves. Each allowance below names its row of that table.

#[path = "round_trip/documented.rs"]
mod documented;
#[path = "round_trip/generated.rs"]
mod generated;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use self::generated::{app_response, sent};
use axum::extract::ConnectInfo;
use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, request::Parts};
use http_body_util::BodyExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::{prelude::*, sample::select};
use zappa_rs_adapter::{Adapter, HttpService, Invocation, InvocationResult, Options};

use crate::gateway::{
    Gateway, GatewayKind, Routes,
    access::AccessTable,
    arrival::{Arrival, Stamp},
    event, response,
};

use GatewayKind::{Alb, FunctionUrl, Http, Rest};

/// What a path of RFC 3986 may hold unencoded, `/` included.
const NOT_PCHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A gateway, and what clients write in front of the application's paths.
#[derive(Clone, Debug)]
struct Front {
    gateway: Gateway,
    prefix: &'static str,
}

impl Front {
    fn new(kind: GatewayKind, stage: &str, base_path: Option<&str>, prefix: &'static str, multi_value: bool) -> Self {
        let gateway = Gateway {
            kind,
            api_id: "a1b2c3d4e5".into(),
            stage: stage.into(),
            base_path: base_path.map(str::to_owned),
            host: None,
            binary_media_types: vec!["*/*".into()],
            streaming: false,
            multi_value_headers: multi_value,
            routes: Routes::default(),
            stage_variables: BTreeMap::new(),
            compression: None,
            cors: None,
            access: AccessTable::default(),
            timeout: Duration::from_secs(29),
            region: "eu-central-1".into(),
            account_id: "123456789012".into(),
        };
        Self { gateway, prefix }
    }

    /// Every kind, with and without a prefix where it can have one.
    fn all() -> Vec<Self> {
        vec![
            Self::new(Rest, "dev", None, "/dev", false),
            Self::new(Rest, "prod", Some("/shop"), "/shop", false),
            Self::new(Http, "$default", None, "", false),
            Self::new(Http, "prod", None, "/prod", false),
            Self::new(Http, "$default", Some("/shop"), "/shop", false),
            Self::new(FunctionUrl, "$default", None, "", false),
            Self::new(Alb, "$default", None, "", false),
            Self::new(Alb, "$default", None, "", true),
        ]
    }

    /// Whether headers and query keys keep one value only: rows `repeated_headers`, `repeated_keys_of_a_query`.
    fn keeps_the_last(&self) -> bool {
        self.gateway.kind == Alb && !self.gateway.multi_value_headers
    }

    /// Whether repeated headers are joined: row `repeated_headers_and_commas`.
    fn joins(&self) -> bool {
        matches!(self.gateway.kind, Http | FunctionUrl)
    }
}

/// What a client sends, in the application's own words.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    kind: Option<&'static str>,
    body: Vec<u8>,
    client: IpAddr,
}

impl Sent {
    fn query(&self) -> String {
        self.query.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }

    fn arrival(&self, front: &Front) -> Arrival {
        let query = self.query();
        let question = if query.is_empty() { "" } else { "?" };
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("api.example.com"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        if !self.cookies.is_empty() {
            headers.insert("cookie", HeaderValue::from_str(&self.cookies.join("; ")).expect("cookies"));
        }
        if let Some(kind) = self.kind {
            headers.insert("content-type", HeaderValue::from_static(kind));
        }
        if !self.body.is_empty() {
            headers.insert("content-length", self.body.len().into());
        }
        Arrival {
            method: self.method.clone(),
            target: format!("{}{}{question}{query}", front.prefix, self.path),
            headers,
            body: self.body.clone().into(),
            client: SocketAddr::new(self.client, 50_000),
            protocol: "HTTP/1.1",
            scheme: "http",
        }
    }
}

/// A request for one page, and nothing more.
fn get() -> Sent {
    Sent {
        method: Method::GET,
        path: "/x".into(),
        query: Vec::new(),
        headers: Vec::new(),
        cookies: Vec::new(),
        kind: None,
        body: Vec::new(),
        client: IpAddr::from([203, 0, 113, 45]),
    }
}

/// What an application answers.
#[derive(Clone, Debug)]
struct AppResponse {
    status: u16,
    kind: &'static str,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    body: Vec<u8>,
}

impl AppResponse {
    fn response(&self) -> Response<Body> {
        let builder = Response::builder().status(self.status).header("content-type", self.kind);
        let builder = self.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
        let builder = self.cookies.iter().fold(builder, |builder, cookie| builder.header("set-cookie", cookie));
        builder.body(Body::from(self.body.clone())).expect("a response")
    }
}

fn stamp() -> Stamp {
    Stamp {
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into(),
        extended_request_id: "JKJaXmPLvHcESHA=".into(),
        trace_id: "Root=1-68d9f2a1-4f6b0c3e1d2a59780b1c2d3e".into(),
        time: UNIX_EPOCH + Duration::from_millis(1_759_113_889_123),
    }
}

/// The service behind the adapter and the gateway: what the client gets for an event.
fn asked(
    front: &Front,
    arrival: &Arrival,
    event: Bytes,
    service: impl HttpService,
    invocation: Invocation,
) -> Response<Bytes> {
    let base_path = front.gateway.base_path.as_deref().unwrap_or_default();
    let adapter = Adapter::new(service).with_options(Options::default().with_base_path(base_path));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let client_response = match runtime.block_on(adapter.invoke(event, invocation)) {
        InvocationResult::Buffered(json) => json,
        other => panic!("not answered: {other:?}"),
    };
    response::parse(&front.gateway, arrival, &stamp(), &client_response).expect("the gateway takes the answer")
}

/// Client, gateway, adapter, application, and all the way back.
fn exchange(front: &Front, arrival: &Arrival, app_response: Response<Body>) -> (Parts, Bytes, Response<Bytes>) {
    let event = event::build(&front.gateway, arrival, &stamp()).expect("the gateway takes the request");
    let seen = Arc::new(Mutex::new(None));
    let app_response = Arc::new(Mutex::new(Some(app_response)));
    let slot = Arc::clone(&seen);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (slot, app_response) = (Arc::clone(&slot), Arc::clone(&app_response));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a request body does not fail").to_bytes();
            *slot.lock().expect("one thread") = Some((head, body));
            Ok::<_, Infallible>(app_response.lock().expect("one thread").take().expect("one event is one request"))
        }
    });
    let client_response = asked(front, arrival, event, service, Invocation::new("id"));
    let (head, body) = seen.lock().expect("one thread").take().expect("the application was asked");
    (head, body, client_response)
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// The values under one name, in order.
fn sent_values<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
}

/// The values of each key, in order; the order of keys is lost (row `the_order_of_different_keys`).
fn by_key(pairs: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    pairs.into_iter().fold(BTreeMap::new(), |mut map, (key, value)| {
        map.entry(key).or_default().push(value);
        map
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_reaches_the_app_as_it_was_sent(sent in sent(), front in select(Front::all())) {
        let (head, body, _) = exchange(&front, &sent.arrival(&front), Response::new(Body::empty()));
        prop_assert_eq!(&head.method, &sent.method);
        prop_assert_eq!(&body, &sent.body);
        // Of an IPv4 address in IPv6's clothes every gateway writes the IPv4 one.
        let client = sent.client.to_canonical();
        prop_assert_eq!(head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()), Some(client));

        // Row `encoded_path_segments`.
        let path = if front.gateway.kind == Http { utf8_percent_encode(&decoded(&sent.path), NOT_PCHAR).to_string() } else { sent.path.clone() };
        prop_assert_eq!(head.uri.path(), path);

        let query = head.uri.query().unwrap_or_default();
        if front.joins() {
            prop_assert_eq!(query, sent.query());
        } else {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned()));
            let mut expected = by_key(sent.query.clone());
            let mut seen = by_key(pairs);
            if front.gateway.kind == Rest {
                // Row `the_spelling_of_a_query`.
                let spelled = |map: BTreeMap<String, Vec<String>>| by_key(map.into_iter().flat_map(|(key, values)| {
                    values.into_iter().map(move |value| (decoded(&key), decoded(&value)))
                }));
                (expected, seen) = (spelled(expected), spelled(seen));
            }
            if front.keeps_the_last() {
                expected.values_mut().for_each(|values| drop(values.drain(..values.len() - 1)));
            }
            prop_assert_eq!(seen, expected);
        }

        for (name, _) in &sent.headers {
            let expected = sent_values(&sent.headers, name);
            let seen = values(&head.headers, name);
            if front.keeps_the_last() {
                prop_assert_eq!(&seen, &expected[expected.len() - 1..], "{}", name);
            } else if front.joins() {
                prop_assert_eq!(seen, [expected.join(",")], "{}", name);
            } else {
                prop_assert_eq!(seen, expected, "{}", name);
            }
        }
        let cookies = if sent.cookies.is_empty() { Vec::new() } else { vec![sent.cookies.join("; ")] };
        prop_assert_eq!(values(&head.headers, "cookie"), cookies);
        if !sent.body.is_empty() {
            prop_assert_eq!(values(&head.headers, "content-length"), [sent.body.len().to_string()]);
        }
        if let Some(kind) = sent.kind {
            prop_assert_eq!(values(&head.headers, "content-type"), [kind]);
        }
    }

    #[test]
    fn any_answer_reaches_the_client_unchanged(app_response in app_response(), front in select(Front::all())) {
        let (_, _, client_response) = exchange(&front, &get().arrival(&front), app_response.response());
        prop_assert_eq!(client_response.status().as_u16(), app_response.status);
        prop_assert_eq!(client_response.body(), &app_response.body);
        prop_assert_eq!(values(client_response.headers(), "content-type"), [app_response.kind]);
        // Row `the_order_of_repeated_answer_headers`.
        let in_order = |mut values: Vec<String>| {
            if front.gateway.multi_value_headers { values.sort() }
            values
        };
        prop_assert_eq!(in_order(values(client_response.headers(), "set-cookie")), app_response.cookies);
        for (name, _) in &app_response.headers {
            let expected = sent_values(&app_response.headers, name);
            let seen = values(client_response.headers(), name);
            // Row `repeated_answer_headers`.
            if front.joins() || front.keeps_the_last() {
                prop_assert_eq!(seen, [expected.join(", ")], "{}", name);
            } else {
                let expected = expected.into_iter().map(str::to_owned).collect();
                prop_assert_eq!(in_order(seen), in_order(expected), "{}", name);
            }
        }
    }
}
