//! The registered authorizers, by name.

use std::{collections::HashMap, fmt, sync::Arc};

use bytes::Bytes;

use super::{AuthorizerFuture, AuthorizerHandler, AuthorizerRequest, Visible, read};
use crate::{
    contract,
    dispatch::Call,
    error::{Error, Kind},
    invocation::Invocation,
};

type Handler = Arc<dyn Fn(AuthorizerRequest, Invocation) -> AuthorizerFuture + Send + Sync>;

/// The handlers of authorizers.
#[derive(Clone, Default)]
pub(crate) struct Authorizers(HashMap<String, Handler>);

impl fmt::Debug for Authorizers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Authorizers {
    pub(crate) fn add<F: AuthorizerHandler>(&mut self, name: String, handler: F) {
        self.0.insert(name, Arc::new(move |request, invocation| handler.authorize(request, invocation)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The registered names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Calls the authorizer that this process is.
    ///
    /// # Errors
    ///
    /// There is no such handler, or the event cannot be read.
    pub(crate) fn call(&self, name: &str, visible: &Visible, event: &Bytes, invocation: Invocation) -> Call {
        let Some(handler) = self.0.get(name).cloned() else {
            return Err(Error::new(Kind::Unmapped(self.describe_missing(name))));
        };
        let full_name = describe(name);
        let (request, caller) =
            read(event, visible).map_err(|error| Error::with_source(Kind::Payload(full_name.clone()), error))?;
        let called = full_name.clone();
        // The handler's own code runs where the future is awaited, which catches its panics.
        let future = Box::pin(async move { caller.respond(&called, handler(request, invocation).await) });
        Ok((full_name, future))
    }

    fn describe_missing(&self, name: &str) -> String {
        let mut names: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
        names.sort_unstable();
        match names.as_slice() {
            [] => describe(name),
            names => format!("{}; {}{}", describe(name), contract::REGISTERED_NAMES, names.join(", ")),
        }
    }
}

fn describe(name: &str) -> String {
    format!("authorizer `{name}`")
}
