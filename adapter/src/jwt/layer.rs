//! The tower layer that asks every request for a token.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Request, Response, header::ACCESS_CONTROL_REQUEST_METHOD};
use tower_layer::Layer;
use tower_service::Service;

use super::{bearer::Bearer, refusal, rejection::Rejection, verifier::Verifier};
use crate::{BoxError, RequestContext, log};

/// Asks every request for a token that a [`Verifier`] accepts. It belongs to Function URLs, load balancers and the plain
/// server, whose front ends check no tokens, and works everywhere.
///
/// A handler reads the claims with the extractor [`Claims`](crate::Claims), as behind an authorizer of API Gateway. There,
/// the claims of an HTTP API are texts; here, they are the JSON values of the token. Headers of a client never become claims.
///
/// | request | response |
/// |---|---|
/// | without `Authorization: Bearer …` | 401, `WWW-Authenticate: Bearer realm="api"` |
/// | with a token that is expired, forged, or of another issuer or audience | 401, `error="invalid_token"` |
/// | with a token that has none of the scopes | 403, `error="insufficient_scope"` |
/// | with several `Authorization` headers | 400, `error="invalid_request"` |
/// | while the keys of the issuer are unavailable | 503, `Retry-After`, and the reason in the log |
///
/// It is a layer of tower: of a whole `Router` by `layer`, of its routes without the fallback by `route_layer`, and in a
/// `ServiceBuilder`. Preflights of CORS have no token. A `CorsLayer` outside of this one answers them first; see
/// [`allow_preflight`](Self::allow_preflight) otherwise.
///
/// # Examples
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use zappa_rs_adapter::{
///     Claims,
///     jwt::{JwtLayer, Verifier},
/// };
///
/// #[derive(serde::Deserialize)]
/// struct User {
///     sub: String,
/// }
///
/// async fn profile(Claims(user): Claims<User>) -> String {
///     format!("you are {}", user.sub)
/// }
///
/// # fn example() -> Result<Router, zappa_rs_adapter::jwt::VerifierError> {
/// let users = Verifier::builder("https://id.example.com").audience(["shop"]).build()?;
/// let app = Router::new()
///     .route("/profile", get(profile))
///     .route_layer(JwtLayer::new(users))
///     .route("/", get(|| async { "everybody may read this" }));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JwtLayer {
    verifier: Verifier,
    is_optional: bool,
    allows_preflight: bool,
}

impl JwtLayer {
    /// A layer that lets requests with a valid token through, and no others.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, is_optional: false, allows_preflight: false }
    }

    /// Lets requests without a token through, too, for handlers that take `Option<Claims<T>>`. A token that is not valid is
    /// rejected all the same.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Lets preflights of CORS through without a token: `OPTIONS` with `Access-Control-Request-Method`. They need it where
    /// the handlers inside answer them. By default they are rejected as any other request.
    #[must_use]
    pub fn allow_preflight(mut self) -> Self {
        self.allows_preflight = true;
        self
    }

    /// What becomes of a request with this head.
    fn judge(&self, method: &Method, headers: &HeaderMap) -> Judgement {
        let is_preflight = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        match Bearer::of(headers) {
            Bearer::Ambiguous => Judgement::Refuse(refusal::ambiguous()),
            Bearer::Token(token) => Judgement::Verify(token.to_owned()),
            Bearer::Absent if self.is_optional || (self.allows_preflight && is_preflight) => Judgement::Pass,
            Bearer::Absent => Judgement::Refuse(refusal::of(&Rejection::Missing, self.verifier.scopes())),
        }
    }

    /// Verifies a token and gives its claims to the handlers.
    async fn verify(&self, token: &str, extensions: &mut Extensions) -> Result<(), Response<Body>> {
        let context = RequestContext::of(extensions);
        match self.verifier.verify(token).await {
            Ok(verified) => {
                extensions.insert(context.with_claims(verified.into_value()));
                Ok(())
            }
            Err(rejection) => {
                if rejection.is_temporary() {
                    log::error(context.invocation().request_id(), &rejection.to_string());
                }
                Err(refusal::of(&rejection, self.verifier.scopes()))
            }
        }
    }
}

/// What becomes of a request.
enum Judgement {
    Pass,
    Verify(String),
    Refuse(Response<Body>),
}

impl<S> Layer<S> for JwtLayer {
    type Service = JwtService<S>;

    fn layer(&self, inner: S) -> JwtService<S> {
        JwtService { inner, layer: self.clone() }
    }
}

/// The service of a [`JwtLayer`].
#[derive(Clone, Debug)]
pub struct JwtService<S> {
    inner: S,
    layer: JwtLayer,
}

impl<S, B, R> Service<Request<B>> for JwtService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let judgement = self.layer.judge(request.method(), request.headers());
        let layer = self.layer.clone();
        // The service that is ready is this one, and not its clone.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match judgement {
                Judgement::Pass => {}
                Judgement::Refuse(response) => return Ok(response),
                Judgement::Verify(token) => {
                    if let Err(response) = layer.verify(&token, request.extensions_mut()).await {
                        return Ok(response);
                    }
                }
            }
            inner.call(request).await.map(|response| response.map(Body::new))
        })
    }
}
