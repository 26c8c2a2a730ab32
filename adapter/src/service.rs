//! The trait bound of every function that takes an application, under one name, with the compiler's message for it.

use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use crate::BoxError;

/// An HTTP service that can be served: an axum `Router`, or any tower service of its shape.
///
/// Every `tower::Service<http::Request<Body>>` is one if it responds with an `http::Response` of any body of bytes, can
/// be cloned and sent to another thread, and its futures can be sent as well. It is sealed: there is nothing to
/// implement by hand.
///
/// ```
/// use axum::{Router, routing::get};
/// use zappa_rs_adapter::HttpService;
///
/// fn app() -> impl HttpService {
///     Router::new().route("/", get(|| async { "hello" }))
/// }
/// # app();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP service",
    label = "expected a `Router` that has its state, or a `tower::Service` of HTTP requests",
    note = "a `Router` that misses its state: pass `router.with_state(state)`",
    note = "the result of `into_make_service()` or `into_make_service_with_connect_info()`: pass the `Router` itself; \
            `ConnectInfo<SocketAddr>` works without them",
    note = "a listener or an address: `zappa_rs::App::new(router).listener(listener)` or `.bind(address)`",
    note = "a service of your own: it must be a `Service<http::Request<zappa_rs::Body>>` that responds with an \
            `http::Response`, with `Error: Into<zappa_rs::BoxError>` and `Future: Send`, and `Clone + Send + Sync + 'static`"
)]
pub trait HttpService:
    Service<Request<Body>, Response: HttpResponse, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> HttpService for S where
    S: Service<Request<Body>, Response: HttpResponse, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// A second implementation, which no type has. With one alone the compiler follows its bounds and reports the innermost
/// that does not hold, several times and in the terms of axum's internals; between two it reports the trait.
impl<S> HttpService for S
where
    sealed::Nothing<S>: sealed::Impossible,
    S: HttpService,
{
}

/// The response of an [`HttpService`]: an `http::Response` of any body of bytes. It is sealed.
pub trait HttpResponse: sealed::Response {
    /// The response's body.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;

    /// Returns the response as an `http::Response`.
    #[doc(hidden)]
    fn into_http(self) -> Response<Self::Body>;
}

impl<B> HttpResponse for Response<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Body = B;

    fn into_http(self) -> Self {
        self
    }
}

mod sealed {
    pub trait Response {}

    impl<B> Response for http::Response<B> {}

    #[derive(Debug)]
    pub struct Nothing<S>(S);

    pub trait Impossible {}
}
