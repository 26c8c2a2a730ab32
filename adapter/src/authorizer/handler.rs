//! The bound of a handler of an authorizer, under one name, with the compiler's message for it.

use std::{future::Future, pin::Pin};

use super::AuthorizerResponse;
use crate::error::BoxError;

/// The future of an authorizer's decision.
pub(crate) type AuthorizerFuture = Pin<Box<dyn Future<Output = Result<AuthorizerResponse, BoxError>> + Send>>;

/// A handler of an authorizer: an async function of an [`AuthorizerRequest`](crate::AuthorizerRequest) and an
/// [`Invocation`](crate::Invocation).
///
/// Every `async fn(AuthorizerRequest, Invocation) -> Result<AuthorizerResponse, E>` is one, if `E` is an error. It is sealed:
/// there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler of an authorizer",
    label = "expected an `async fn(AuthorizerRequest, Invocation) -> Result<AuthorizerResponse, E>`",
    note = "it takes two arguments: a `zappa_rs::AuthorizerRequest` and a `zappa_rs::Invocation`",
    note = "it returns `Result<AuthorizerResponse, E>` with `E: Into<zappa_rs::BoxError>`; its future is `Send`",
    note = "a closure captures only what is `Send + Sync + 'static`: clone an `Arc` into it"
)]
pub trait AuthorizerHandler: sealed::Authorize {}

impl<F> AuthorizerHandler for F where F: sealed::Authorize {}

/// A second implementation, which no type has: it makes the compiler report the trait and not its innermost bound, as
/// for [`EventHandler`](crate::EventHandler).
impl<F> AuthorizerHandler for F
where
    sealed::Nothing<F>: sealed::Impossible,
    F: AuthorizerHandler,
{
}

mod sealed {
    use std::future::Future;

    use super::AuthorizerFuture;
    use crate::{
        authorizer::{AuthorizerRequest, AuthorizerResponse},
        error::BoxError,
        invocation::Invocation,
    };

    #[derive(Debug)]
    pub struct Nothing<F>(F);

    pub trait Impossible {}

    pub trait Authorize: Send + Sync + 'static {
        /// Decides about one request.
        fn authorize(&self, request: AuthorizerRequest, invocation: Invocation) -> AuthorizerFuture;
    }

    impl<F, Fut, E> Authorize for F
    where
        F: Fn(AuthorizerRequest, Invocation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<AuthorizerResponse, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        fn authorize(&self, request: AuthorizerRequest, invocation: Invocation) -> AuthorizerFuture {
            let response = self(request, invocation);
            Box::pin(async move { response.await.map_err(Into::into) })
        }
    }
}
