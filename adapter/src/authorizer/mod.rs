//! Lambda authorizers: a function that API Gateway asks whether a request may pass.
//!
//! Its events carry no name of the authorizer, so each is a Lambda function of its own, which two of the variables of the
//! [contract](crate::contract::variable) tell what it is.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>

mod event;
mod handler;
mod registry;
mod request;
mod response;
mod visible;

use self::handler::AuthorizerFuture;
pub use self::{handler::AuthorizerHandler, request::AuthorizerRequest, response::AuthorizerResponse};
pub(crate) use self::{registry::Authorizers, visible::Visible};

use bytes::Bytes;

use self::event::Event;
use crate::error::{BoxError, Error, Kind};

/// The message by which a function makes API Gateway respond with 401. Every other failure becomes a 500.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>
pub(crate) const UNAUTHORIZED: &str = "Unauthorized";

/// Reads an authorizer's event into what its handler gets, and into what the response depends on.
pub(crate) fn read(event: &Bytes, visible: &Visible) -> Result<(AuthorizerRequest, Caller), serde_json::Error> {
    let event: Event = serde_json::from_slice(event)?;
    let caller = Caller { arn: event.arn().to_owned(), is_simple: event.is_version_2() };
    Ok((AuthorizerRequest::new(event, visible), caller))
}

/// What the form of the response depends on.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The ARN of the method or route that was called.
    arn: String,
    /// Whether the event has payload 2.0, to which an HTTP API takes simple responses.
    is_simple: bool,
}

impl Caller {
    /// The response to API Gateway for the outcome of the handler `name`.
    ///
    /// # Errors
    ///
    /// The invocation fails: API Gateway responds with 401 to [`Kind::Unauthorized`], with 500 to all others.
    pub(crate) fn respond(&self, name: &str, outcome: Result<AuthorizerResponse, BoxError>) -> Result<Vec<u8>, Error> {
        match outcome {
            Ok(response) if response.is_unauthorized() => Err(Error::new(Kind::Unauthorized)),
            Ok(response) => response
                .encode(&self.arn, self.is_simple)
                .map_err(|error| Error::with_source(Kind::Handler(name.to_owned()), error)),
            Err(error) if error.to_string() == UNAUTHORIZED => Err(Error::new(Kind::Unauthorized)),
            Err(error) => Err(Error::with_source(Kind::Handler(name.to_owned()), error)),
        }
    }
}
