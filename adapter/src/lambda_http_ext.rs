//! `lambda_http::RequestExt` on our requests: whoever comes from `lambda_http` keeps the code of the handlers.
//!
//! Costs a second, typed parse of `requestContext`, so it is a feature.

use http::Extensions;
use lambda_http::{RequestExt as _, aws_lambda_events::query_map::QueryMap, request::RequestContext};
use serde::de::DeserializeOwned;

use crate::{
    event::{Fields, Gateway},
    invocation::Invocation,
    json::Reader,
};

/// Adds what `lambda_http` would have added.
pub(crate) fn extend(extensions: &mut Extensions, gateway: Gateway, fields: &Fields<'_>, invocation: &Invocation) {
    let raw_path = fields.raw_path.or(fields.path).map(|path| path.into_cow().into_owned()).unwrap_or_default();
    let query = match fields.raw_query {
        Some(raw) => raw.into_cow().parse().unwrap_or_default(),
        None => map(fields.multi_query.or(fields.query)),
    };
    let mut extended = std::mem::take(extensions)
        .with_raw_http_path(raw_path)
        .with_query_string_parameters(query)
        .with_path_parameters(map(fields.path_parameters))
        .with_stage_variables(map(fields.stage_variables))
        .with_lambda_context(invocation.context().clone());
    if let Some(context) = fields.context.as_ref().and_then(|context| typed(gateway, context.raw)) {
        extended = extended.with_request_context(context);
    }
    *extensions = extended;
}

fn map(raw: Option<&str>) -> QueryMap {
    let mut values = std::collections::HashMap::<String, Vec<String>>::new();
    // The map was walked with the event, so there is no fault left to report.
    let pairs = raw.map(|raw| crate::event::pairs(&mut Reader::new(raw)).unwrap_or_default()).unwrap_or_default();
    for (name, value) in pairs {
        values.entry(name.into_cow().into_owned()).or_default().push(value.into_cow().into_owned());
    }
    QueryMap::from(values)
}

/// `None` where AWS's types do not fit what AWS has sent.
fn typed(gateway: Gateway, raw: &str) -> Option<RequestContext> {
    fn parse<T: DeserializeOwned>(raw: &str) -> Option<T> {
        serde_json::from_str(raw).ok()
    }
    match gateway {
        Gateway::Rest => parse(raw).map(RequestContext::ApiGatewayV1),
        Gateway::HttpApi | Gateway::FunctionUrl => parse(raw).map(RequestContext::ApiGatewayV2),
        Gateway::Alb { .. } => parse(raw).map(RequestContext::Alb),
        Gateway::WebSocket => parse(raw).map(RequestContext::WebSocket),
        Gateway::Lattice => parse(raw).map(RequestContext::VpcLattice),
    }
}
