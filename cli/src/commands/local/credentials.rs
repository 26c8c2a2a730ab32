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
        description::CredentialChain,
    },
    progress::Progress,
    report::{Failure, Report},
};

/// How long credentials must be valid still to be given to one more process.
const LEAST_VALIDITY: Duration = Duration::from_secs(5 * 60);

/// A resolver of profiles. What expires is kept until shortly before; what does not is read anew each time, since another
/// tool may have written it.
pub(super) struct Resolver {
    environment: BTreeMap<OsString, OsString>,
    notices: Notices,
    kept: Mutex<Option<Kept>>,
}

/// Credentials for as long as they are valid.
struct Kept {
    chain: CredentialChain,
    credentials: SessionCredentials,
}

impl Resolver {
    pub(super) fn new(cx: &Context, report: &Arc<Report>) -> Self {
        let notices = Notices::new(Arc::clone(report) as Arc<dyn Progress>);
        Self { environment: cx.environment.clone(), notices, kept: Mutex::new(None) }
    }

    /// Resolves the credentials for the first time, before anything is built. The code of a device is asked for here alone.
    pub(super) async fn check(&self, chain: &CredentialChain, report: &Report) -> Result<(), Failure> {
        let failure = |error: aws::Error| {
            let hint = error.hint();
            let context = sentence(chain);
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
        report.step("Giving", &format!("the credentials of {} to the processes", shown(chain)));
        if device.is_some() || credentials.expiry().is_some() {
            *self.kept.lock().await = Some(Kept { chain: chain.clone(), credentials });
        }
        Ok(())
    }

    async fn resolved(&self, chain: &CredentialChain) -> Result<SessionCredentials, Unavailable> {
        // Held meanwhile, so that processes that start together ask once.
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_valid_for(chain)) {
            return Ok(kept.credentials.clone());
        }
        let unavailable = |error: aws::Error| {
            let hint = error.hint();
            let error = anyhow::Error::new(error).context(sentence(chain));
            Unavailable { reason: format!("{error:#}"), hint }
        };
        let aws = self.aws(chain).await.map_err(unavailable)?;
        if let Some(device) = aws.device() {
            return Err(Unavailable {
                reason: format!(
                    "{}: profile `{}` asks for a code of the device `{}`",
                    sentence(chain),
                    device.profile,
                    device.serial
                ),
                hint: Some("end `local` and start it again: the code is asked for at the start".to_owned()),
            });
        }
        let credentials = aws.credentials().await.map_err(unavailable)?;
        *kept = credentials.expiry().is_some().then(|| Kept { chain: chain.clone(), credentials: credentials.clone() });
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

impl Kept {
    fn is_valid_for(&self, chain: &CredentialChain) -> bool {
        let is_valid = |expiry| expiry > SystemTime::now() + LEAST_VALIDITY;
        self.chain == *chain && self.credentials.expiry().is_none_or(is_valid)
    }
}

impl CredentialSource for Resolver {
    fn resolve<'a>(&'a self, chain: &'a CredentialChain) -> BoxFuture<'a, Result<Credentials, Unavailable>> {
        async move {
            let resolved = self.resolved(chain).await?;
            Ok(Credentials { variables: resolved.variables(), expiry: resolved.expiry() })
        }
        .boxed()
    }
}

/// The sentence of an error.
fn sentence(chain: &CredentialChain) -> String {
    format!("`--with-credentials` has no credentials of {} to give", shown(chain))
}

/// Whose credentials they are, for people.
fn shown(chain: &CredentialChain) -> String {
    match &chain.profile {
        Some(profile) => format!("profile `{profile}`"),
        None => "your environment".to_owned(),
    }
}
