//! Requests of the plain HTTP server, with the same request extensions and error responses as behind a gateway.

use std::{future::poll_fn, net::SocketAddr, panic::AssertUnwindSafe};

use axum_core::body::Body;
use futures_util::FutureExt as _;
use http::{HeaderValue, Request, Response, header::HOST};
use tracing::{Instrument as _, field::Empty};

use crate::{
    HttpResponse as _, HttpService, Invocation, RequestContext,
    failure::{Failure, panic_message},
};

/// Calls `service` with the client's address and a random request id; a panic or an error becomes a 500 response.
pub async fn serve(mut service: impl HttpService, mut request: Request<Body>, client: SocketAddr) -> Response<Body> {
    let invocation = Invocation::with_random_id();
    let host = host(&request);
    let extensions = request.extensions_mut();
    #[cfg(feature = "axum")]
    crate::axum_extensions::extend(extensions, client);
    extensions.insert(RequestContext::without_gateway(invocation.clone(), client, host));

    let span =
        tracing::info_span!("request", request_id = invocation.request_id(), otel.kind = Empty, otel.name = Empty,);
    #[cfg(feature = "otel")]
    crate::otel::start_request(&span, &mut request, &invocation);
    let work = AssertUnwindSafe(async {
        poll_fn(|context| service.poll_ready(context)).await?;
        service.call(request).await
    });
    let failure = match work.catch_unwind().instrument(span.clone()).await {
        Ok(Ok(response)) => {
            let response = response.into_http().map(Body::new);
            #[cfg(feature = "otel")]
            crate::otel::record_status(&span, response.status());
            return response;
        }
        Ok(Err(error)) => Failure::Service(error.into()),
        Err(panic) => Failure::Panic(panic_message(&*panic).to_owned()),
    };
    let response = span.in_scope(|| failure.respond(&invocation));
    #[cfg(feature = "otel")]
    crate::otel::record_status(&span, response.status());
    response
}

/// The host of a request. The authority of a target in absolute form takes precedence over `Host`
/// ([RFC 9112 §3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)), and HTTP/2 has only an authority. An
/// empty `Host` counts as absent.
fn host<B>(request: &Request<B>) -> Option<HeaderValue> {
    let authority = request.uri().authority().and_then(|authority| authority.as_str().rsplit('@').next());
    let host = match authority {
        Some(authority) => HeaderValue::from_str(authority).ok(),
        None => request.headers().get(HOST).cloned(),
    };
    host.filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_of_the_target_is_the_host_before_the_header() {
        for (target, header, expected) in [
            ("/x", Some("a.example:80"), Some("a.example:80")),
            ("/x", Some(""), None),
            ("/x", None, None),
            ("http://other:81/x", Some("a.example"), Some("other:81")),
            ("http://other/x", None, Some("other")),
            ("http://user@other/x", Some("a.example"), Some("other")),
        ] {
            let mut request = Request::get(target);
            if let Some(header) = header {
                request = request.header(HOST, header);
            }
            let found = host(&request.body(()).unwrap());
            assert_eq!(found.as_ref().map(|host| host.to_str().unwrap()), expected, "{target} {header:?}");
        }
    }
}
