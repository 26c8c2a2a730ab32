//! Custom resources of CloudFormation:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>.
//!
//! CloudFormation waits for a response at a presigned URL, for an hour if none comes. One is sent whatever happens to
//! the handler, short of the end of the process.

mod client;
mod lenient;
mod request;
mod response;

pub use self::{
    request::{CustomResource, ResourceChange},
    response::CustomResourceResponse,
};

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

use self::{request::Envelope, response::Outcome};
use crate::{
    Dispatch, EventHandler, Invocation, deadline,
    dispatch::Call,
    error::{BoxError, Error, Kind},
    failure::panic_message,
    handler::HandlerFuture,
    handler_key::Key,
    log,
};

/// The time that is reserved for sending the response, of which a quarter of the remaining time is the most: a new TLS
/// connection, and another after a failure.
const MARGIN: Duration = Duration::from_secs(5);

impl Dispatch {
    /// Registers the handler of a custom resource, by its type with or without `Custom::`, or by its logical id.
    ///
    /// The crate sends the handler's result to CloudFormation: what it returned, a failure with its error or panic, and
    /// a failure if it still runs shortly before the function's timeout. The invocation then succeeds, since Lambda
    /// must not repeat it. If no response could be sent, the invocation fails and is repeated.
    ///
    /// ```
    /// use zappa_rs_adapter::{BoxError, CustomResource, Dispatch, Invocation, ResourceChange};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Seed {
    ///     rows: u32,
    /// }
    ///
    /// async fn seed(request: CustomResource<Seed>, _: Invocation) -> Result<(), BoxError> {
    ///     if request.change != ResourceChange::Delete {
    ///         println!("inserting {} rows", request.properties.rows);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// let dispatch = Dispatch::new().with_custom_resource("Seed", seed);
    /// ```
    #[must_use]
    pub fn with_custom_resource<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<CustomResource<T>>,
    {
        let key = Key::CustomResource(name.into());
        let name: Arc<str> = Arc::from(key.to_string());
        let handler = Arc::new(handler);
        self.insert(key, move |event, invocation| {
            let (name, handler) = (name.clone(), handler.clone());
            Box::pin(async move {
                let envelope = Envelope::read(&event)?;
                let outcome = if envelope.is_delete_of_failed_create() {
                    Outcome::nothing()
                } else {
                    let call = || handler.handle(&name, &event, invocation.clone());
                    run(&name, call, &invocation).await
                };
                if let Some(reason) = outcome.failure() {
                    log::error(invocation.request_id(), reason);
                }
                respond(&name, &envelope, outcome, &invocation).await?;
                Ok(b"null".to_vec())
            })
        })
    }

    /// Calls the handler of a custom resource, else that of the whole source.
    pub(crate) fn call_custom_resource(&self, source: &Key, event: Bytes, invocation: Invocation) -> Call {
        let envelope = Envelope::read(&event)?;
        let keys = envelope.names().map(|name| Key::CustomResource(name.to_owned()));
        if let Some(key) = keys.iter().chain([source]).find(|key| self.has(key)) {
            return self.call(key, event, invocation);
        }
        let key = Key::CustomResource(envelope.resource_type().to_owned());
        let error = Error::new(Kind::Unmapped(self.describe_missing(&key)));
        Ok((key.to_string(), refuse(event, invocation, error)))
    }
}

/// Tells CloudFormation that no handler is registered, so that it does not wait for an hour, and fails.
fn refuse(event: Bytes, invocation: Invocation, error: Error) -> HandlerFuture {
    Box::pin(async move {
        if let Ok(envelope) = Envelope::read(&event) {
            let outcome =
                if envelope.is_delete_of_failed_create() { Outcome::nothing() } else { Outcome::Failed(error.chain()) };
            if let Err(unsent) = respond("the refusal", &envelope, outcome, &invocation).await {
                log::error(invocation.request_id(), &unsent.chain());
            }
        }
        Err(error)
    })
}

/// Runs a handler up to the time that is reserved for its response.
async fn run(name: &str, call: impl FnOnce() -> HandlerFuture, invocation: &Invocation) -> Outcome {
    let panicked = |panic: Box<dyn std::any::Any + Send>| {
        Outcome::Failed(format!("{name} failed: panic: {}", panic_message(&*panic)))
    };
    // A plain function that returns a future runs its own code here.
    let work = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(future) => AssertUnwindSafe(future).catch_unwind(),
        Err(panic) => return panicked(panic),
    };
    let result = match reserve(invocation) {
        Some(end) => match timeout_at(end, work).await {
            Ok(result) => result,
            Err(_) => return Outcome::Failed(format!("{name} was not done shortly before the function's timeout")),
        },
        None => work.await,
    };
    match result {
        Ok(Ok(json)) => Outcome::from_json(name, &json),
        Ok(Err(error)) => Outcome::Failed(error.chain()),
        Err(panic) => panicked(panic),
    }
}

/// The instant at which a handler is stopped.
fn reserve(invocation: &Invocation) -> Option<Instant> {
    let remaining = invocation.remaining()?;
    Instant::now().checked_add(remaining - MARGIN.min(remaining / 4))
}

/// Sends the response.
async fn respond(name: &str, envelope: &Envelope, outcome: Outcome, invocation: &Invocation) -> Result<(), Error> {
    let body = response::encode(envelope, outcome, invocation);
    let sent = client::put(&envelope.response_url, body.into(), deadline::instant(invocation)).await;
    sent.map_err(|error: BoxError| {
        let reason = format!("the response could not be sent to CloudFormation: {}", Error::chain_of(&*error));
        Error::with_source(Kind::Handler(name.to_owned()), reason)
    })
}
