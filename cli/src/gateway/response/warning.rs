//! Warnings about a response that the gateway accepts and the client does not get as the function wrote it.

/// A warning for the terminal: what of the function's response is dropped, and the remedy. An extension of the
/// response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Warning(pub String);
