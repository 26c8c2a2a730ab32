//! The interface to credentials for the processes. It does not know AWS: the command provides the source.

use std::{fmt, time::SystemTime};

use futures_util::future::BoxFuture;

use super::description::CredentialChain;

/// Credentials for one process.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// The variables to set; their values are secrets.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// When they expire; `None` if the provider names no time.
    pub(crate) expiry: Option<SystemTime>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("expiry", &self.expiry).finish_non_exhaustive()
    }
}

/// An error: there are no credentials for a process.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable {
    pub(crate) reason: String,
    /// The remedy.
    pub(crate) hint: Option<String>,
}

/// A provider of credentials, asked at the start of each process, since credentials expire.
pub(crate) trait CredentialSource: Send + Sync {
    fn resolve<'a>(&'a self, chain: &'a CredentialChain) -> BoxFuture<'a, Result<Credentials, Unavailable>>;
}
