//! Somebody who signed in, by the claims of their token.

use serde::Deserialize;

/// Somebody who signed in.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// The identifier, which never changes.
    pub sub: String,
    /// The name, as an ID token of Cognito has it.
    #[serde(rename = "cognito:username")]
    pub name: Option<String>,
}

impl User {
    /// The name that others see.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.sub)
    }
}
