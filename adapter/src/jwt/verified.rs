//! A token that is valid.

use std::{error, fmt};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::claims;

/// The claims of a token that a [`Verifier`](super::Verifier) found valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    claims: Value,
}

impl Verified {
    pub(super) fn new(claims: Map<String, Value>) -> Self {
        Self { claims: Value::Object(claims) }
    }

    /// The claims as a value of your type. `serde_json::Value` fits every token.
    ///
    /// # Errors
    ///
    /// The claims do not fit `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        T::deserialize(&self.claims).map_err(|source| ClaimsError { source })
    }

    #[cfg(feature = "runtime")]
    pub(super) fn into_value(self) -> Value {
        self.claims
    }

    /// The scopes of the token, from its claims `scope` and `scp`.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims.as_object().into_iter().flat_map(claims::scopes)
    }
}

/// The error of claims that do not fit the requested type.
#[derive(Debug)]
pub struct ClaimsError {
    source: serde_json::Error,
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the claims of the token do not fit the requested type")
    }
}

impl error::Error for ClaimsError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}
