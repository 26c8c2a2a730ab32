//! A call to AWS, named for the error that it may end in.

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::Error;

/// Which call it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    /// `cloudformation:CreateChangeSet`.
    pub(crate) operation: &'static str,
    /// Where.
    pub(crate) region: String,
    /// What it was about: a name or a key.
    pub(crate) resource: String,
    /// Where it was sent, if not to AWS's own address.
    pub(crate) endpoint: Option<String>,
    /// What renews the session that signed it, where the profile tells.
    pub(crate) renewal: Option<Arc<str>>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, region, resource, .. } = self;
        if resource.is_empty() {
            write!(f, "{operation} in {region}")
        } else {
            write!(f, "{operation} of `{resource}` in {region}")
        }
    }
}

impl Call {
    /// Waits for the call; what went wrong knows which call it was.
    pub(super) async fn send<O, E>(
        &self,
        call: impl Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    ) -> Result<O, Error>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        call.await.map_err(|error| Error::new(self.clone(), error))
    }

    /// For a request that could not even be put together.
    pub(super) fn build_error(&self) -> impl FnOnce(aws_smithy_types::error::operation::BuildError) -> Error {
        let call = self.clone();
        move |error| Error::Unanswered { call, route: None, source: error.into() }
    }
}
