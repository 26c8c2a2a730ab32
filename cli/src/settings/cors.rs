//! CORS as types: `cors`, and what it leaves to defaults.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zappa_rs_adapter::contract::cors::CorsPolicy;

use super::Stage;

/// The longest time for which AWS lets a preflight be remembered: a day.
const MAX_AGE_SECONDS: u32 = 86_400;

/// Whether other origins may call the stage: `false`, `true` (all of them, without credentials), or a table.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum CorsSetting {
    /// Left to the application, or the defaults.
    Switch(bool),
    /// Which origins, and what they may.
    Table(Cors),
}

impl Default for CorsSetting {
    fn default() -> Self {
        Self::Switch(false)
    }
}

/// Which origins may call the stage from a browser, and how. What is left out has its default.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cors {
    /// The origins, each a scheme and a host, such as `https://shop.example.com` or `http://localhost:5173`, or `*` alone
    /// for all.
    pub(crate) allowed_origins: Vec<String>,
    /// The methods that they may use, or `*` alone.
    pub(crate) allowed_methods: Vec<String>,
    /// The headers that their requests may have beside the usual ones, or `*`.
    pub(crate) allowed_headers: Vec<String>,
    /// The headers of responses that their scripts may read beside the usual ones.
    pub(crate) expose_headers: Vec<String>,
    /// For how many seconds a browser may remember the response to a preflight.
    #[schemars(range(max = MAX_AGE_SECONDS))]
    pub(crate) max_age_seconds: u32,
    /// Browsers may send cookies and other credentials; needs origins by name.
    pub(crate) allow_credentials: bool,
}

impl Default for Cors {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            allowed_origins: list(&["*"]),
            allowed_methods: list(&["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]),
            allowed_headers: list(&[
                "authorization",
                "content-type",
                "x-amz-date",
                "x-amz-security-token",
                "x-api-key",
                "x-requested-with",
            ]),
            expose_headers: Vec::new(),
            max_age_seconds: 3_600,
            allow_credentials: false,
        }
    }
}

impl Cors {
    /// What the adapter needs to know.
    pub(crate) fn policy(&self) -> CorsPolicy {
        CorsPolicy {
            origins: self.allowed_origins.clone(),
            allows_credentials: self.allow_credentials,
            exposed_headers: self.expose_headers.clone(),
        }
    }
}

impl Stage {
    /// CORS as the gateway does it; `None` where it is left to the application.
    pub(crate) fn cors(&self) -> Option<Cow<'_, Cors>> {
        match &self.cors {
            CorsSetting::Switch(false) => None,
            CorsSetting::Switch(true) => Some(Cow::Owned(Cors::default())),
            CorsSetting::Table(cors) => Some(Cow::Borrowed(cors)),
        }
    }
}
