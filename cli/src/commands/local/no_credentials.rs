//! Credentials of processes and callers in a tool without the feature `deploy`, which cannot resolve any.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};

use crate::{
    commands::{Context, remote},
    local::{
        credentials::{CredentialSource, Credentials, Unavailable},
        description::{CredentialChain, CredentialPurpose},
    },
    report::{Failure, Report},
};

/// A source without credentials.
pub(super) struct Resolver;

impl Resolver {
    pub(super) fn new(_: &Context, _: &Arc<Report>) -> Self {
        Self
    }

    /// Refuses the flag, before anything is built.
    #[expect(clippy::unused_async, reason = "it stands in for the function of `credentials`, which awaits AWS")]
    pub(super) async fn check(&self, chain: &CredentialChain, _: &Report) -> Result<(), Failure> {
        Err(remote::failure(sentence(chain)))
    }
}

impl CredentialSource for Resolver {
    fn resolve<'a>(&'a self, chain: &'a CredentialChain) -> BoxFuture<'a, Result<Credentials, Unavailable>> {
        async { Err(Unavailable { reason: sentence(chain).to_owned(), hint: None }) }.boxed()
    }
}

fn sentence(chain: &CredentialChain) -> &'static str {
    match chain.purpose {
        CredentialPurpose::Processes => "`--with-credentials` has no credentials to give",
        CredentialPurpose::Signatures => "there are no credentials to verify signatures with",
    }
}
