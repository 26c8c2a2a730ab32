//! The keys that callers sign with: those of one profile.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Mutex;

use crate::{
    gateway::{
        Gateway,
        access::{
            Denial, IamIdentity,
            signature::{self, Place, SigningKey},
        },
        arrival::Arrival,
    },
    local::{
        credentials::{CredentialSource, Credentials},
        description::CredentialChain,
    },
    regions,
};

/// How long keys are used until they are looked for again: another tool may have written new ones.
const LIFETIME: Duration = Duration::from_secs(30);

/// The callers of one profile.
pub(super) struct Signers {
    source: Arc<dyn CredentialSource>,
    chain: CredentialChain,
    /// The keys, or why there are none, and since when.
    cached: Mutex<Option<(Instant, Result<SigningKey, String>)>>,
}

impl fmt::Debug for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signers").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Signers {
    pub(super) fn new(source: Arc<dyn CredentialSource>, chain: CredentialChain) -> Self {
        Self { source, chain, cached: Mutex::new(None) }
    }

    /// Verifies the signature of a request: who sent it.
    pub(super) async fn verify(&self, gateway: &Gateway, arrival: &Arrival) -> Result<IamIdentity, Denial> {
        let place = Place { region: &gateway.region, kind: gateway.kind };
        let key = match self.key().await {
            Ok(key) => key,
            Err(reason) => return Err(Denial::Signature(signature::Fault::without_keys(&reason))),
        };
        signature::verify(arrival, place, &key, SystemTime::now()).map_err(Denial::Signature)?;
        Ok(self.identity(gateway, &key))
    }

    async fn key(&self) -> Result<SigningKey, String> {
        // Locked meanwhile, so that requests that come together look once.
        let mut cached = self.cached.lock().await;
        if let Some((_, key)) = cached.as_ref().filter(|(since, _)| since.elapsed() < LIFETIME) {
            return key.clone();
        }
        let key = match self.source.resolve(&self.chain).await {
            Ok(credentials) => signing_key(credentials),
            Err(unavailable) => Err(unavailable.reason),
        };
        *cached = Some((Instant::now(), key.clone()));
        key
    }

    /// The identity in events. Only IAM knows the true one, so all but the access key is made up.
    fn identity(&self, gateway: &Gateway, key: &SigningKey) -> IamIdentity {
        let partition = regions::partition(&gateway.region).name;
        let account = &gateway.account_id;
        let name = self.chain.profile.as_deref().unwrap_or("local");
        let (user_id, user_arn) = if key.session_token.is_some() {
            (
                format!("AROALOCALDEVELOPMENT:{name}"),
                format!("arn:{partition}:sts::{account}:assumed-role/local/{name}"),
            )
        } else {
            ("AIDALOCALDEVELOPMENT".to_owned(), format!("arn:{partition}:iam::{account}:user/{name}"))
        };
        IamIdentity { access_key: key.access_key.clone(), account_id: account.clone(), user_id, user_arn }
    }
}

fn signing_key(credentials: Credentials) -> Result<SigningKey, String> {
    let (mut access_key, mut secret, mut session_token) = (None, None, None);
    for (name, value) in credentials.variables {
        match name {
            "AWS_ACCESS_KEY_ID" => access_key = Some(value),
            "AWS_SECRET_ACCESS_KEY" => secret = Some(value),
            "AWS_SESSION_TOKEN" => session_token = Some(value),
            _ => {}
        }
    }
    match (access_key, secret) {
        (Some(access_key), Some(secret)) => Ok(SigningKey { access_key, secret, session_token }),
        _ => Err("the credentials have no access key".to_owned()),
    }
}
