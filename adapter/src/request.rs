//! The request: builds an `http::Request` from the fields of an event.

use std::{borrow::Cow, fmt};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Method, Request, Uri, header::HOST, uri::PathAndQuery};

use crate::{
    address,
    body::{self, NotBase64},
    context::{ContextParts, RequestContext},
    event::{Fields, Gateway, HttpFields},
    header_name::FORWARDED_PROTO,
    headers::Headers,
    invocation::Invocation,
    options::Options,
    prefix::BaseUrl,
};

/// The reason why a request is invalid; the client gets a 4xx response.
#[derive(Debug)]
pub(crate) enum BadRequest {
    Method,
    Target,
    Body,
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "the method is missing or invalid",
            Self::Target => "the path and query are too long for a URI",
            Self::Body => "the body is marked as base64 and is not valid base64",
        })
    }
}

impl From<NotBase64> for BadRequest {
    fn from(_: NotBase64) -> Self {
        Self::Body
    }
}

/// Builds the request that the client sent, and the base URL that the client used. Header values and a text body
/// without escapes are views of the event.
pub(crate) fn build(
    event: &Bytes,
    gateway: Gateway,
    fields: &mut Fields<'_>,
    invocation: &Invocation,
    options: &Options,
) -> Result<(Request<Body>, BaseUrl), BadRequest> {
    let http = HttpFields::new(gateway, fields, options);
    let method = http.method.and_then(|method| Method::from_bytes(method.into_cow().as_bytes()).ok());
    let method = method.ok_or(BadRequest::Method)?;
    let target = PathAndQuery::from_maybe_shared(Bytes::from(http.target.app)).map_err(|_| BadRequest::Target)?;
    let body = body::decode(event, fields.body.take(), fields.is_base64)?;

    let mut headers = Headers::read(event, invocation, fields);
    if gateway == Gateway::Rest && !fields.is_base64 {
        headers.drop_content_encoding();
    }
    if let Some(domain) = options.domain().filter(|_| gateway == Gateway::FunctionUrl) {
        headers.restore_host(domain);
    }
    if gateway == Gateway::WebSocket && body.trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte)) {
        // A message has no headers, and an extractor of JSON asks for the type.
        headers.set_json();
    }
    // A load balancer and VPC Lattice give the client's address only in the header. Behind other gateways the client
    // may have written the header, so without an address from the gateway the client is unknown.
    let has_peer = !matches!(gateway, Gateway::Alb { .. } | Gateway::Lattice);
    let peer = http.peer.map(|peer| peer.into_cow()).or(has_peer.then_some(Cow::Borrowed("")));
    let client = address::client(peer.as_deref(), headers.map(), options.trusted_hops());
    let is_forwarded_http = headers.map().get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "http");
    let is_plain_http = matches!(gateway, Gateway::Alb { .. } | Gateway::Lattice) && is_forwarded_http;
    let domain = fields.context.as_ref().and_then(|context| context.domain_name);

    let length = body.len();
    let mut request = Request::new(if length == 0 { Body::empty() } else { Body::from(body) });
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = headers.finish(domain, length);

    let slice = |text: Option<&str>| text.map(|text| event.slice_ref(text.as_bytes())).unwrap_or_default();
    let host = request.headers().get(HOST).cloned();
    let base_url = BaseUrl::new(http.target.prefix, is_forwarded_http, host.clone());
    let context = RequestContext::new(ContextParts {
        invocation: invocation.clone(),
        raw: slice(fields.context.as_ref().map(|context| context.raw)),
        stage_variables: slice(fields.stage_variables),
        path_parameters: slice(fields.path_parameters),
        prefix: base_url.prefix().to_owned(),
        client,
        host,
        is_plain_http,
    });
    let extensions = request.extensions_mut();
    #[cfg(feature = "axum")]
    crate::axum_extensions::extend(extensions, client);
    #[cfg(feature = "lambda-http-ext")]
    crate::lambda_http_ext::extend(extensions, gateway, fields, invocation);
    extensions.insert(context);
    Ok((request, base_url))
}
