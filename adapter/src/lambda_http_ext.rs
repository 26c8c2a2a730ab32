//! Request extensions for `lambda_http::RequestExt`, so that handlers written for `lambda_http` work unchanged.
//!
//! They need a second, typed parse of `requestContext`, so they are behind a feature.

use http::Extensions;
use lambda_http::{RequestExt as _, aws_lambda_events::query_map::QueryMap, request::RequestContext};
use serde::de::DeserializeOwned;

use crate::{
    entries,
    event::{Fields, Gateway},
    invocation::Invocation,
};

/// Inserts the extensions that `lambda_http` would have inserted.
pub(crate) fn extend(extensions: &mut Extensions, gateway: Gateway, fields: &Fields<'_>, invocation: &Invocation) {
    let raw_path = fields.raw_path.or(fields.path).map(|path| path.into_cow().into_owned()).unwrap_or_default();
    let query = match fields.raw_query {
        Some(raw) => raw.into_cow().parse().unwrap_or_default(),
        None => query_map(fields.multi_query.or(fields.query)),
    };
    let mut extended = std::mem::take(extensions)
        .with_raw_http_path(raw_path)
        .with_query_string_parameters(query)
        .with_path_parameters(query_map(fields.path_parameters))
        .with_stage_variables(query_map(fields.stage_variables))
        .with_lambda_context(invocation.context().clone());
    let context = match (&fields.context, gateway) {
        (Some(context), _) => parse_context(gateway, context.raw),
        // `RequestExt::request_context` panics without a context, so an absent one is treated as empty.
        (None, Gateway::Rest | Gateway::HttpApiV1) => Some(RequestContext::ApiGatewayV1(Default::default())),
        (None, _) => None,
    };
    if let Some(context) = context {
        extended = extended.with_request_context(context);
    }
    *extensions = extended;
}

/// Parses a map of the event.
fn query_map(raw: Option<&str>) -> QueryMap {
    let mut values = std::collections::HashMap::<String, Vec<String>>::new();
    for (name, value) in raw.map(entries::parse).unwrap_or_default() {
        values.entry(name.into_cow().into_owned()).or_default().push(value.into_cow().into_owned());
    }
    QueryMap::from(values)
}

/// Parses the context with AWS's types; `None` if it does not fit them.
fn parse_context(gateway: Gateway, raw: &str) -> Option<RequestContext> {
    fn parse<T: DeserializeOwned>(raw: &str) -> Option<T> {
        serde_json::from_str(raw).ok()
    }
    match gateway {
        Gateway::Rest | Gateway::HttpApiV1 => parse(raw).map(RequestContext::ApiGatewayV1),
        Gateway::HttpApi | Gateway::FunctionUrl => parse(raw).map(RequestContext::ApiGatewayV2),
        Gateway::Alb { .. } => parse(raw).map(RequestContext::Alb),
        Gateway::WebSocket => parse(raw).map(RequestContext::WebSocket),
        Gateway::Lattice => parse(raw).map(RequestContext::VpcLattice),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum_core::body::Body;
    use http::{Request, Response};
    use lambda_http::tower::service_fn;

    use super::*;
    use crate::{Adapter, InvocationResult};

    /// Formats what handlers written for `lambda_http` read from a request.
    fn summarize(request: &Request<Body>) -> String {
        let context = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => format!("v1 {:?}", context.stage),
            Some(RequestContext::ApiGatewayV2(context)) => format!("v2 {:?}", context.stage),
            other => format!("{other:?}"),
        };
        format!(
            "{} {:?} {:?} {:?} {} {context}",
            request.raw_http_path(),
            request.query_string_parameters().all("q"),
            request.path_parameters().first("proxy"),
            request.stage_variables().first("color"),
            request.lambda_context().request_id,
        )
    }

    #[tokio::test]
    async fn request_ext_works_for_both_payloads() {
        let service = service_fn(async |request: Request<Body>| {
            Ok::<_, Infallible>(Response::new(Body::from(summarize(&request))))
        });
        for (event, expected) in [
            (
                r#"{"httpMethod":"GET","path":"/a","multiValueQueryStringParameters":{"q":["1","2"]},
                   "pathParameters":{"proxy":"a"},"stageVariables":{"color":"red"},
                   "requestContext":{"stage":"prod","httpMethod":"GET","identity":{}}}"#,
                r#"/a Some(["1", "2"]) Some("a") Some("red") id-1 v1 Some("prod")"#,
            ),
            (
                r#"{"version":"2.0","rawPath":"/prod/a","rawQueryString":"q=1&q=2","pathParameters":{"proxy":"a"},
                   "stageVariables":{"color":"red"},
                   "requestContext":{"stage":"prod","http":{"method":"GET","path":"/prod/a"},"timeEpoch":1}}"#,
                r#"/prod/a Some(["1", "2"]) Some("a") Some("red") id-1 v2 Some("prod")"#,
            ),
            (r#"{"httpMethod":"GET","path":"/a","requestContext":null}"#, "/a None None None id-1 v1 None"),
        ] {
            let result = Adapter::new(service).invoke(event.into(), Invocation::new("id-1")).await;
            let InvocationResult::Buffered(json) = result else { panic!("{result:?}") };
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(json["body"], expected);
        }
    }
}
