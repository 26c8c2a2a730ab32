//! Events of a REST API: payload 1.0.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and, for
//! the headers, the table in <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.

use std::{borrow::Cow, collections::BTreeMap, hash::Hasher as _, net::IpAddr};

use fnv::FnvHasher;
use serde::Serialize;
use serde_json::Value;

use super::{
    GatewayError, Outcome, body, coding,
    header::{self, Headers, Rule},
    location::{self, Location},
    query::{Last, Query},
    route::{self, Taken},
};
use crate::{
    gateway::{
        Gateway,
        access::{API_KEY_HEADER, Access, Caller, IamIdentity},
        arrival::{Arrival, Stamp},
        date, limit, media,
    },
    regions,
};

/// What the table says is dropped on the way to a Lambda function. It says that `Content-Length` is generated; events
/// show none.
const DROPPED: &[&str] = &[
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: Last<'a>,
    multi_value_headers: &'a BTreeMap<String, Vec<String>>,
    query_string_parameters: Option<Last<'a>>,
    multi_value_query_string_parameters: Option<&'a BTreeMap<String, Vec<String>>>,
    path_parameters: Option<&'a BTreeMap<&'a str, &'a str>>,
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: Context<'a>,
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    resource_id: String,
    resource_path: &'a str,
    http_method: &'a str,
    extended_request_id: &'a str,
    request_time: String,
    path: &'a str,
    account_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Value>,
    protocol: &'a str,
    stage: &'a str,
    domain_prefix: String,
    request_time_epoch: u64,
    request_id: &'a str,
    identity: Identity<'a>,
    domain_name: String,
    deployment_id: String,
    api_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<String>,
    cognito_identity_pool_id: (),
    account_id: Option<&'a str>,
    cognito_identity_id: (),
    caller: Option<&'a str>,
    source_ip: IpAddr,
    principal_org_id: (),
    access_key: Option<&'a str>,
    cognito_authentication_type: (),
    cognito_authentication_provider: (),
    user_arn: Option<&'a str>,
    user_agent: Option<Cow<'a, str>>,
    user: Option<&'a str>,
}

/// The event, or the error for which there is none.
pub(super) fn event(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp, caller: &Caller) -> Outcome {
    let location = Location::new(gateway, arrival)?;
    let taken = take(gateway, arrival, location.inner)?;
    let query = Query::decoded_at_semicolons(arrival.query());
    let mut headers = Headers::new(arrival, stamp, Rule { dropped: DROPPED, capitalized: true });
    // A signature was meant for the gateway.
    if arrival.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")) {
        headers.remove("Authorization");
    }
    let content_type = arrival.header("content-type");
    let binary = media::is_binary(&gateway.binary_media_types, content_type.as_deref());
    let bytes = if binary {
        Cow::Borrowed(&arrival.body[..])
    } else {
        coding::decompress(arrival, limit::request_body(gateway.kind))?
    };
    let (body, is_base64_encoded) = body::classify(&bytes, binary);
    let full = !query.is_empty();
    Ok(serde_json::to_vec(&Event {
        resource: taken.path,
        // On a custom domain the mapping's base path stays in; on the API's own host the stage does not.
        path: if gateway.base_path.is_some() { location.asked } else { location.inner },
        http_method: arrival.method.as_str(),
        headers: headers.last(),
        multi_value_headers: headers.all(),
        query_string_parameters: full.then(|| query.last()),
        multi_value_query_string_parameters: full.then(|| query.all()),
        path_parameters: Some(&taken.parameters).filter(|parameters| !parameters.is_empty()),
        stage_variables: Some(&gateway.stage_variables).filter(|variables| !variables.is_empty()),
        request_context: context(Seen { gateway, arrival, stamp, caller }, &location, &taken),
        body,
        is_base64_encoded,
    }))
}

/// What the API asks of the request.
pub(super) fn access<'a>(
    gateway: &'a Gateway,
    arrival: &Arrival,
) -> Result<Option<(usize, &'a Access)>, (GatewayError, String)> {
    let location = Location::new(gateway, arrival)?;
    let taken = take(gateway, arrival, location.inner)?;
    Ok(gateway.access.get(taken.method, taken.path))
}

/// Whether the API asks for an API key of the request.
pub(super) fn asks_for_key(gateway: &Gateway, arrival: &Arrival) -> Result<bool, (GatewayError, String)> {
    let location = Location::new(gateway, arrival)?;
    let taken = take(gateway, arrival, location.inner)?;
    Ok(gateway.access.asks_for_key(taken.method, taken.path))
}

/// The API key of a request to a method that asks for one: value and id.
fn api_key<'a>(gateway: &Gateway, arrival: &'a Arrival, taken: &Taken<'_>) -> Option<(Cow<'a, str>, String)> {
    if !gateway.access.asks_for_key(taken.method, taken.path) {
        return None;
    }
    let value = arrival.header(API_KEY_HEADER)?;
    let id = gateway.access.keys().find(&value)?.1.id();
    Some((value, id))
}

/// The resource; without routes, those of a deploy: the root and the catch-all below it.
fn take<'a>(gateway: &'a Gateway, arrival: &Arrival, path: &'a str) -> Result<Taken<'a>, (GatewayError, String)> {
    if gateway.routes.is_empty() {
        return Ok(match path.strip_prefix('/') {
            None | Some("") => Taken { method: "ANY", path: "/", parameters: BTreeMap::new() },
            Some(rest) => Taken { method: "ANY", path: "/{proxy+}", parameters: [("proxy", rest)].into() },
        });
    }
    route::by_resource(&gateway.routes, &arrival.method, path).ok_or_else(|| {
        let reason =
            format!("the API has no method `{}` for `{path}`; add a route or ask for another path", arrival.method);
        (GatewayError::NoRoute, reason)
    })
}

/// What an event is made of.
#[derive(Clone, Copy)]
struct Seen<'a> {
    gateway: &'a Gateway,
    arrival: &'a Arrival,
    stamp: &'a Stamp,
    caller: &'a Caller,
}

fn context<'a>(seen: Seen<'a>, location: &Location<'a>, taken: &Taken<'a>) -> Context<'a> {
    let Seen { gateway, arrival, stamp, caller } = seen;
    let service = format!("execute-api.{}.{}", gateway.region, regions::partition(&gateway.region).dns_suffix);
    let (domain_name, domain_prefix) = location::domain(gateway, arrival, &service);
    let (api_key, api_key_id) = api_key(gateway, arrival, taken).unzip();
    Context {
        resource_id: identifier(&gateway.api_id, taken.path, if taken.path == "/" { 10 } else { 6 }),
        resource_path: taken.path,
        http_method: arrival.method.as_str(),
        extended_request_id: &stamp.extended_request_id,
        request_time: date::format(stamp.epoch_millis()),
        path: location.asked,
        account_id: &gateway.account_id,
        authorizer: caller.rest_authorizer(),
        protocol: arrival.protocol,
        stage: &gateway.stage,
        domain_prefix,
        request_time_epoch: stamp.epoch_millis(),
        request_id: &stamp.request_id,
        identity: Identity { api_key, api_key_id, ..identity(arrival, caller) },
        domain_name,
        deployment_id: identifier(&gateway.api_id, &gateway.stage, 6),
        api_id: &gateway.api_id,
    }
}

/// Who called, as far as the API asked.
fn identity<'a>(arrival: &'a Arrival, caller: &'a Caller) -> Identity<'a> {
    let iam = |field: fn(&IamIdentity) -> &String| caller.iam().map(|identity| field(identity).as_str());
    Identity {
        api_key: None,
        api_key_id: None,
        cognito_identity_pool_id: (),
        account_id: iam(|identity| &identity.account_id),
        cognito_identity_id: (),
        caller: iam(|identity| &identity.user_id),
        source_ip: header::address(arrival.client),
        principal_org_id: (),
        access_key: iam(|identity| &identity.access_key),
        cognito_authentication_type: (),
        cognito_authentication_provider: (),
        user_arn: iam(|identity| &identity.user_arn),
        user_agent: arrival.header("user-agent"),
        user: iam(|identity| &identity.user_id),
    }
}

/// An identifier of API Gateway's look, the same for the same thing at every start.
fn identifier(api: &str, thing: &str, length: usize) -> String {
    const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // Fixed for ever, and nothing here needs more than a spread.
    let mut hasher = FnvHasher::default();
    [api, "/", thing].iter().for_each(|part| hasher.write(part.as_bytes()));
    let digits = std::iter::successors(Some(hasher.finish()), |digest| Some(digest / 36));
    digits.take(length).map(|digest| char::from(LETTERS[(digest % 36) as usize])).collect()
}

#[cfg(test)]
#[path = "rest_test.rs"]
mod tests;
