//! The events by which gateways send HTTP requests.

use std::borrow::Cow;

use base64_simd::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use zappa_rs_adapter::sample::Sample;

/// The prefix of the stage of the sample of a REST API.
const REST_PREFIX: &str = "/dev";

/// The gateway in front of the app, which determines the shape of events and responses.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Gateway {
    /// An API Gateway HTTP API, payload 2.0.
    #[default]
    HttpApi,
    /// An API Gateway REST API with the stage `dev`, whose clients have the prefix `/dev` before the app's paths.
    Rest,
    /// A Lambda Function URL.
    FunctionUrl,
    /// An Application Load Balancer.
    LoadBalancer,
}

/// A request, before it becomes an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case, in the order of the request.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Gateway {
    /// The event of a request.
    pub(super) fn event(self, parts: &Parts) -> Value {
        let name = match self {
            Self::HttpApi => "http-api",
            Self::Rest => "rest",
            Self::FunctionUrl => "function-url",
            Self::LoadBalancer => "alb",
        };
        let sample = Sample::find(name).expect("a sample of every gateway");
        let mut event = serde_json::to_value(sample.event()).expect("a sample is JSON");
        let (path, query) = parts.target.split_once('?').unwrap_or((&parts.target, ""));
        match self {
            Self::HttpApi | Self::FunctionUrl => set_payload_2(&mut event, parts, path, query),
            Self::Rest => set_payload_1(&mut event, parts, path, query),
            Self::LoadBalancer => set_load_balancer(&mut event, parts, path, query),
        }
        let (body, is_base64) = body(&parts.body);
        if is_base64 || !parts.body.is_empty() {
            event["body"] = body;
        }
        event["isBase64Encoded"] = is_base64.into();
        event
    }
}

/// Payload 2.0: a decoded path, joined headers, cookies in a list of their own.
fn set_payload_2(event: &mut Value, parts: &Parts, path: &str, query: &str) {
    let path = decode(path);
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]["http"]["method"] = json!(parts.method);
    let (cookies, others): (Vec<_>, Vec<_>) = parts.headers.iter().partition(|(name, _)| name == "cookie");
    let cookies: Vec<&str> =
        cookies.iter().flat_map(|(_, line)| line.split(';')).map(str::trim).filter(|pair| !pair.is_empty()).collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    for (name, values) in grouped(others.into_iter().map(|(name, value)| (name.clone(), value.clone()))) {
        event["headers"][name] = values.join(",").into();
    }
    let pairs = grouped(pairs(query, decode_form));
    if !pairs.is_empty() {
        let joined = pairs.into_iter().map(|(name, values)| (name, Value::from(values.join(","))));
        event["queryStringParameters"] = Value::Object(joined.collect());
    }
}

/// Payload 1.0: an encoded path, and all values of headers and of the decoded query beside the last ones.
fn set_payload_1(event: &mut Value, parts: &Parts, path: &str, query: &str) {
    event["path"] = json!(path);
    event["httpMethod"] = json!(parts.method);
    event["requestContext"]["httpMethod"] = json!(parts.method);
    event["requestContext"]["path"] = json!(format!("{REST_PREFIX}{path}"));
    event["pathParameters"]["proxy"] = json!(decode(path.trim_start_matches('/')));
    set_all(event, "headers", "multiValueHeaders", grouped(parts.headers.iter().cloned()));
    let query = grouped(pairs(query, decode_form));
    if !query.is_empty() {
        event["queryStringParameters"] = json!({});
        event["multiValueQueryStringParameters"] = json!({});
        set_all(event, "queryStringParameters", "multiValueQueryStringParameters", query);
    }
}

/// A load balancer without multi-value headers: path and query as they were sent, the last value of a repeated header.
fn set_load_balancer(event: &mut Value, parts: &Parts, path: &str, query: &str) {
    event["path"] = json!(path);
    event["httpMethod"] = json!(parts.method);
    for (name, value) in &parts.headers {
        event["headers"][name.as_str()] = value.as_str().into();
    }
    for (name, value) in pairs(query, str::to_owned) {
        event["queryStringParameters"][name] = value.into();
    }
}

fn set_all(event: &mut Value, single: &str, multi: &str, groups: Vec<(String, Vec<String>)>) {
    for (name, values) in groups {
        event[single][name.as_str()] = values.last().cloned().into();
        event[multi][name.as_str()] = values.into();
    }
}

/// Values by name, the names in the order of their first value.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => groups.push((name, vec![value])),
        }
    }
    groups
}

/// The pairs of a query string.
fn pairs(query: &str, read: impl Fn(&str) -> String) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (read(name), read(value))
    })
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

fn decode_form(text: &str) -> String {
    decode(&text.replace('+', " ")).into_owned()
}

/// Text, or base64 of what is not text.
fn body(bytes: &[u8]) -> (Value, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), false),
        Err(_) => (STANDARD.encode_to_string(bytes).into(), true),
    }
}
