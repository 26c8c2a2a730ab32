//! Payload 2.0, the shape that HTTP APIs and Function URLs share.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use serde::Serialize;
use serde_json::Value;

use super::{
    body::{self, Body},
    header::{self, Headers, Rule},
    query::Joined,
};
use crate::gateway::{
    arrival::{Arrival, Stamp},
    date, media,
};

/// What does not reach the function: cookies stand in their own list, the rest belongs to the connection.
const DROPPED: &[&str] =
    &["connection", "cookie", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    pub(super) version: &'static str,
    pub(super) route_key: Cow<'a, str>,
    pub(super) raw_path: Cow<'a, str>,
    pub(super) raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cookies: Vec<String>,
    pub(super) headers: Joined<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query_string_parameters: Option<Joined<'a>>,
    pub(super) request_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path_parameters: Option<BTreeMap<&'a str, &'a str>>,
    pub(super) is_base64_encoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage_variables: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Context<'a> {
    pub(super) account_id: &'a str,
    pub(super) api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorizer: Option<Value>,
    pub(super) domain_name: String,
    pub(super) domain_prefix: String,
    pub(super) http: Http<'a>,
    pub(super) request_id: &'a str,
    pub(super) route_key: Cow<'a, str>,
    pub(super) stage: &'a str,
    pub(super) time: String,
    pub(super) time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http<'a> {
    method: &'a str,
    path: Cow<'a, str>,
    protocol: &'a str,
    source_ip: IpAddr,
    user_agent: Cow<'a, str>,
}

impl<'a> Http<'a> {
    pub(super) fn new(arrival: &'a Arrival, path: Cow<'a, str>) -> Self {
        Self {
            method: arrival.method.as_str(),
            path,
            protocol: arrival.protocol,
            source_ip: header::address(arrival.client),
            user_agent: arrival.header("user-agent").unwrap_or_default(),
        }
    }
}

/// The headers, in lower case and without the cookies.
pub(super) fn headers(arrival: &Arrival, stamp: &Stamp) -> Headers {
    Headers::new(arrival, stamp, Rule { dropped: DROPPED, capitalized: false })
}

/// The body: text for a few types that are not compressed, base64 for the rest.
pub(super) fn body(arrival: &Arrival) -> Body<'_> {
    let text = media::is_text(arrival.header("content-type").as_deref());
    body::textual(&arrival.body, text && !arrival.headers.contains_key("content-encoding"))
}

/// `time` and `timeEpoch`.
pub(super) fn times(stamp: &Stamp) -> (String, u64) {
    (date::format(stamp.epoch_millis()), stamp.epoch_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn compressed_text_is_base64() {
        let mut arrival = sample::post("/", Some("text/plain"), b"hi");
        assert_eq!(body(&arrival), (Some("hi".into()), false));
        arrival.headers.extend(sample::headers(&[("content-encoding", "br")]));
        assert_eq!(body(&arrival), (Some("aGk=".into()), true));
    }
}
