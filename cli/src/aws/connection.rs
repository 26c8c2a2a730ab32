//! Credentials, endpoints, retries and timeouts, once for all regions.

use std::{collections::BTreeMap, ffi::OsString, sync::Arc};

use super::Error;

/// How AWS is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// The profile of the command line or the settings.
    pub(crate) profile: Option<String>,
    /// `--endpoint-url`; beats the SDK's own `AWS_ENDPOINT_URL`.
    pub(crate) endpoint_url: Option<String>,
    /// The environment of whoever typed the command.
    pub(crate) environment: BTreeMap<OsString, OsString>,
}

/// AWS as the caller's credentials open it.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    endpoint_url: Option<String>,
}

impl Aws {
    /// Loads the configuration; asks nobody for credentials yet.
    pub(crate) async fn new(access: &Access) -> Result<Self, Error> {
        Ok(Self { endpoint_url: access.endpoint_url.clone() })
    }

    /// The same credentials and connections, in one region.
    pub(crate) fn in_region(&self, name: &str) -> Region {
        Region { inner: Arc::new(Inner { name: name.to_owned(), endpoint_url: self.endpoint_url.clone() }) }
    }
}

/// One region of the account; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    endpoint_url: Option<String>,
}

/// Whose credentials these are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// Twelve digits.
    pub(crate) account: String,
    /// The user or the assumed role.
    pub(crate) arn: String,
}

impl Region {
    /// `eu-west-1`.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// Where AWS is stood in for, if it is.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.inner.endpoint_url.as_deref()
    }

    /// Whose credentials these are: one call.
    pub(crate) async fn caller(&self) -> Result<Caller, Error> {
        Err(Error::Unfinished)
    }
}
