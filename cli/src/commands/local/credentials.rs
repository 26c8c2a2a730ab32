//! `--with-credentials`: the credentials of a profile, resolved at the start of each process.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::Mutex;

use crate::{
    aws::{self, Access, Aws, Notices, SessionCredentials},
    commands::Context,
    local::{
        credentials::{CredentialSource, Credentials, Unavailable},
        description::{CredentialChain, CredentialPurpose},
    },
    progress::Progress,
    report::{Failure, Report},
};

/// The minimum remaining validity of credentials for another process.
const LEAST_VALIDITY: Duration = Duration::from_secs(5 * 60);

/// A resolver of profiles. Credentials that expire are cached until shortly before; others are read again each time,
/// since another tool may have written it.
pub(super) struct Resolver {
    environment: BTreeMap<OsString, OsString>,
    notices: Notices,
    cached: Mutex<Option<Cached>>,
}

/// Cached credentials.
struct Cached {
    chain: CredentialChain,
    credentials: SessionCredentials,
}

impl Resolver {
    pub(super) fn new(cx: &Context, report: &Arc<Report>) -> Self {
        let notices = Notices::new(Arc::clone(report) as Arc<dyn Progress>);
        Self { environment: cx.environment.clone(), notices, cached: Mutex::new(None) }
    }

    /// Resolves the credentials for the first time, before anything is built. Only here the user is asked for a code of
    /// an MFA device.
    pub(super) async fn check(&self, chain: &CredentialChain, report: &Report) -> Result<(), Failure> {
        let failure = |error: aws::Error| {
            let hint = error.hint();
            let context = message(chain);
            let is_usage = error.is_usage();
            let error = anyhow::Error::new(error).context(context);
            if is_usage { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
        };
        let mut aws = self.aws(chain).await.map_err(failure)?;
        let device = aws.device().cloned();
        if let Some(device) = &device {
            let code = report.ask_code(&device.profile, &device.serial).await?;
            aws = aws.with_code(device, &code).await.map_err(failure)?;
        }
        let credentials = aws.credentials().await.map_err(failure)?;
        match chain.purpose {
            CredentialPurpose::Processes => {
                report.step("Giving", &format!("the credentials of {} to the processes", owner(chain)));
            }
            CredentialPurpose::Signatures => report.step(
                "Verifying",
                &format!("signatures with the keys of {}; policies of IAM are not evaluated", owner(chain)),
            ),
        }
        if device.is_some() || credentials.expiry().is_some() {
            *self.cached.lock().await = Some(Cached { chain: chain.clone(), credentials });
        }
        Ok(())
    }

    async fn resolve_cached(&self, chain: &CredentialChain) -> Result<SessionCredentials, Unavailable> {
        // Locked meanwhile, so that processes that start together resolve once.
        let mut cached = self.cached.lock().await;
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_valid_for(chain)) {
            return Ok(cached.credentials.clone());
        }
        let unavailable = |error: aws::Error| {
            let hint = error.hint();
            let error = anyhow::Error::new(error).context(message(chain));
            Unavailable { reason: format!("{error:#}"), hint }
        };
        let aws = self.aws(chain).await.map_err(unavailable)?;
        if let Some(device) = aws.device() {
            return Err(Unavailable {
                reason: format!(
                    "{}: profile `{}` asks for a code of the device `{}`",
                    message(chain),
                    device.profile,
                    device.serial
                ),
                hint: Some("end `local` and start it again: the code is asked for at the start".to_owned()),
            });
        }
        let credentials = aws.credentials().await.map_err(unavailable)?;
        *cached =
            credentials.expiry().is_some().then(|| Cached { chain: chain.clone(), credentials: credentials.clone() });
        Ok(credentials)
    }

    async fn aws(&self, chain: &CredentialChain) -> Result<Aws, aws::Error> {
        let access = Access {
            profile: chain.profile.clone(),
            endpoint_url: None,
            environment: self.environment.clone(),
            notices: self.notices.clone(),
        };
        Aws::new(&access).await
    }
}

impl Cached {
    fn is_valid_for(&self, chain: &CredentialChain) -> bool {
        let is_valid = |expiry| expiry > SystemTime::now() + LEAST_VALIDITY;
        self.chain == *chain && self.credentials.expiry().is_none_or(is_valid)
    }
}

impl CredentialSource for Resolver {
    fn resolve<'a>(&'a self, chain: &'a CredentialChain) -> BoxFuture<'a, Result<Credentials, Unavailable>> {
        async move {
            let resolved = self.resolve_cached(chain).await?;
            Ok(Credentials { variables: resolved.variables(), expiry: resolved.expiry() })
        }
        .boxed()
    }
}

/// The message of an error.
fn message(chain: &CredentialChain) -> String {
    match chain.purpose {
        CredentialPurpose::Processes => format!("`--with-credentials` has no credentials of {} to give", owner(chain)),
        CredentialPurpose::Signatures => {
            format!("there are no credentials of {} to verify signatures with", owner(chain))
        }
    }
}

/// The owner of the credentials, in messages.
fn owner(chain: &CredentialChain) -> String {
    match &chain.profile {
        Some(profile) => format!("profile `{profile}`"),
        None => "your environment".to_owned(),
    }
}
