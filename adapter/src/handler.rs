//! The bound of every function that takes a handler of events, under one name, with the compiler's message for it.

use std::{future::Future, pin::Pin};

use crate::error::Error;

/// The future of a handler's response, as JSON.
pub(crate) type HandlerFuture = Pin<Box<dyn Future<Output = Result<Vec<u8>, Error>> + Send>>;

/// A handler of events: an async function of a payload and an [`Invocation`](crate::Invocation).
///
/// Every `async fn(T, Invocation) -> Result<R, E>` is one, if `serde` can read `T` and write `R`, and `E` is an error.
/// It is sealed: there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler of events",
    label = "expected an `async fn(T, Invocation) -> Result<R, E>`",
    note = "it takes two arguments: a payload `T: serde::de::DeserializeOwned` and a `zappa_rs::Invocation`",
    note = "it returns `Result<R, E>` with `R: serde::Serialize` and `E: Into<zappa_rs::BoxError>`; its future is `Send`",
    note = "a closure captures only what is `Send + Sync + 'static`: clone an `Arc` into it"
)]
pub trait EventHandler<T>: sealed::Handle<T> {}

impl<F, T> EventHandler<T> for F where F: sealed::Handle<T> {}

/// A second implementation, which no type has: it makes the compiler report the trait and not its innermost bound, as
/// for
/// [`HttpService`](crate::HttpService).
impl<F, T> EventHandler<T> for F
where
    sealed::Nothing<F>: sealed::Impossible,
    F: EventHandler<T>,
{
}

mod sealed {
    use serde::{Serialize, de::DeserializeOwned};
    use std::future::{Future, ready};

    use super::HandlerFuture;
    use crate::{
        error::{BoxError, Error, Kind},
        invocation::Invocation,
    };

    #[derive(Debug)]
    pub struct Nothing<F>(F);

    pub trait Impossible {}

    pub trait Handle<T>: Send + Sync + 'static {
        /// Handles one payload; payload and response are JSON. `name` identifies the handler in errors.
        fn handle(&self, name: &str, payload: &[u8], invocation: Invocation) -> HandlerFuture;
    }

    impl<F, Fut, T, R, E> Handle<T> for F
    where
        F: Fn(T, Invocation) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, E>> + Send + 'static,
        T: DeserializeOwned,
        R: Serialize,
        E: Into<BoxError>,
    {
        fn handle(&self, name: &str, payload: &[u8], invocation: Invocation) -> HandlerFuture {
            let name = name.to_owned();
            match serde_json::from_slice(payload) {
                Ok(payload) => {
                    let response = self(payload, invocation);
                    Box::pin(async move {
                        let handler_error = |source| Error::with_source(Kind::Handler(name), source);
                        match response.await {
                            Ok(response) => serde_json::to_vec(&response).map_err(|error| handler_error(error.into())),
                            Err(error) => Err(handler_error(error.into())),
                        }
                    })
                }
                Err(error) => Box::pin(ready(Err(Error::with_source(Kind::Payload(name), error)))),
            }
        }
    }
}
