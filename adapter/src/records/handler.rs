//! The bound of a handler of single records, under one name, with the compiler's message for it.

use std::{future::Future, pin::Pin};

use crate::error::BoxError;

/// The future of a handler of one record.
pub(crate) type RecordFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A handler of single records: an async function of a payload and a [`Record`](crate::Record).
///
/// Every `async fn(T, Record) -> Result<(), E>` is one, if `serde` can read `T` and `E` is an error. It is sealed:
/// there is nothing to implement by hand.
///
/// A payload is read as JSON. A body that is no JSON of this type is read as text, so that `String` takes any text, and
/// an enum its variant's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler of records",
    label = "expected an `async fn(T, Record) -> Result<(), E>`",
    note = "it takes two arguments: a payload `T: serde::de::DeserializeOwned` and a `zappa_rs::Record`",
    note = "it returns `Result<(), E>` with `E: Into<zappa_rs::BoxError>`; its future is `Send`",
    note = "a closure captures only what is `Send + Sync + 'static`: clone an `Arc` into it"
)]
pub trait RecordHandler<T>: sealed::HandleRecord<T> {}

impl<F, T> RecordHandler<T> for F where F: sealed::HandleRecord<T> {}

/// A second implementation, which no type has: it makes the compiler report the trait and not its innermost bound, as
/// for [`EventHandler`](crate::EventHandler).
impl<F, T> RecordHandler<T> for F
where
    sealed::Nothing<F>: sealed::Impossible,
    F: RecordHandler<T>,
{
}

pub(crate) mod sealed {
    use std::future::{Future, ready};

    use serde::de::DeserializeOwned;

    use super::RecordFuture;
    use crate::{
        error::BoxError,
        records::{Record, payload::Payload},
    };

    #[derive(Debug)]
    pub struct Nothing<F>(F);

    pub trait Impossible {}

    pub trait HandleRecord<T>: Send + Sync + 'static {
        /// Handles one record.
        fn handle(&self, payload: Payload, record: Record) -> RecordFuture;
    }

    impl<F, Fut, T, E> HandleRecord<T> for F
    where
        F: Fn(T, Record) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        T: DeserializeOwned,
        E: Into<BoxError>,
    {
        fn handle(&self, payload: Payload, record: Record) -> RecordFuture {
            match payload.read(record.body()) {
                Ok(payload) => {
                    let response = self(payload, record);
                    Box::pin(async move { response.await.map_err(Into::into) })
                }
                Err(misfit) => Box::pin(ready(Err(misfit.to_string().into()))),
            }
        }
    }
}
