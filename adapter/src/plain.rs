//! Requests that come without a gateway: the app sees the same things and fails in the same way as behind one.

use std::{future::poll_fn, net::SocketAddr, panic::AssertUnwindSafe};

use axum_core::body::Body;
use futures_util::FutureExt as _;
use http::{Request, Response, header::HOST};
use tracing::Instrument as _;

use crate::{
    HttpResponse as _, HttpService, Invocation, RequestContext,
    failure::{Failure, panic_message},
};

/// Asks `service`, with the client's address and a request id of its own; a panic or an error becomes a 500.
pub async fn serve(mut service: impl HttpService, mut request: Request<Body>, client: SocketAddr) -> Response<Body> {
    let invocation = Invocation::with_random_id();
    let host = request.headers().get(HOST).cloned();
    let extensions = request.extensions_mut();
    #[cfg(feature = "axum")]
    crate::axum_extensions::extend(extensions, client);
    extensions.insert(RequestContext::without_gateway(invocation.clone(), client, host));

    let span = tracing::info_span!("request", request_id = invocation.request_id());
    let work = AssertUnwindSafe(async {
        poll_fn(|context| service.poll_ready(context)).await?;
        service.call(request).await
    });
    let failure = match work.catch_unwind().instrument(span).await {
        Ok(Ok(response)) => return response.into_http().map(Body::new),
        Ok(Err(error)) => Failure::Service(error.into()),
        Err(panic) => Failure::Panic(panic_message(&*panic).to_owned()),
    };
    failure.answer(&invocation)
}
