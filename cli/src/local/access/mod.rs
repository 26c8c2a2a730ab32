//! The check of requests that a gateway asks something of: its keys, clock and buckets.
//!
//! `gateway::access` says what is asked and how a refusal looks.

mod authorizers;
mod keys;
mod signers;
mod tokens;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

pub(super) use self::authorizers::Authorizers;
pub(crate) use self::tokens::check_key_set;
use self::{keys::KeyGuard, signers::Signers, tokens::Tokens};
use super::{
    credentials::CredentialSource,
    description::{CredentialChain, TokenKeys},
};
use crate::gateway::{
    Gateway,
    access::{Access, Authorization, Bucket, Caller, Denial, Identity, signature::Fault},
    arrival::{Arrival, Stamp},
    event,
    refusal::Refusal,
};

/// The id of the key that signs development tokens, by which they are told from others.
pub(crate) const DEVELOPMENT_KEY_ID: &str = "zappa-rs-local";

/// The check of one gateway's requests.
#[derive(Debug)]
pub(super) struct Guard {
    /// The bucket of each route that has a throttle, at the route's number.
    buckets: Vec<Option<Mutex<Bucket>>>,
    /// The verifiers of each route that asks for tokens, at the route's number.
    tokens: Vec<Option<Tokens>>,
    /// Who may sign requests.
    signers: Option<Signers>,
    /// The check of API keys, where any route asks for one.
    keys: Option<KeyGuard>,
}

impl Guard {
    /// Creates the check of a gateway's requests; `None` where it asks nothing of them. `signers` is the profile whose keys
    /// callers sign with, where some route asks for that, and `keys` verify tokens.
    pub(super) fn new(
        gateway: &Gateway,
        signers: Option<CredentialChain>,
        keys: Option<&TokenKeys>,
        credentials: &Arc<dyn CredentialSource>,
    ) -> Option<Self> {
        if gateway.access.is_empty() {
            return None;
        }
        let now = Instant::now();
        let bucket = |access: &Access| access.throttle.map(|throttle| Mutex::new(Bucket::new(throttle, now)));
        let signers = signers.map(|chain| Signers::new(Arc::clone(credentials), chain));
        let tokens = |access: &Access| match &access.authorization {
            Authorization::Token(rules) => keys.map(|keys| Tokens::new(rules, keys)),
            Authorization::Public | Authorization::Iam | Authorization::Function(_) => None,
        };
        let routes = gateway.access.routes();
        let key_guard = || KeyGuard::new(gateway.access.keys().all(), now);
        Some(Self {
            buckets: routes.iter().map(bucket).collect(),
            tokens: routes.iter().map(tokens).collect(),
            signers,
            keys: gateway.access.has_key_routes().then(key_guard),
        })
    }

    /// Lets a request in and says who sent it, or refuses it as the gateway does.
    pub(super) async fn check(&self, gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<Caller, Refusal> {
        let refuse = |denial: Denial| denial.refuse(gateway, stamp);
        let caller = match event::access(gateway, arrival, stamp)? {
            Some((number, access)) => {
                self.check_throttle(number, access).map_err(refuse)?;
                Caller { identity: self.identify(gateway, arrival, number).await.map_err(refuse)? }
            }
            None => Caller::default(),
        };
        if let Some(keys) = &self.keys {
            keys.check(gateway, arrival, stamp)?;
        }
        Ok(caller)
    }

    fn check_throttle(&self, number: usize, access: &Access) -> Result<(), Denial> {
        let bucket = self.buckets.get(number).and_then(Option::as_ref);
        let Some((throttle, bucket)) = access.throttle.zip(bucket) else { return Ok(()) };
        // Nobody panics while it is locked.
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        if bucket.take(throttle, Instant::now()) {
            return Ok(());
        }
        let reason = format!(
            "more than {} requests at once and {} in a second: `throttle` of the settings",
            throttle.burst, throttle.rate
        );
        Err(Denial::Throttled { reason })
    }

    /// Finds out who sent a request to a route, as far as the route asks.
    async fn identify(&self, gateway: &Gateway, arrival: &Arrival, number: usize) -> Result<Identity, Denial> {
        let authorization = gateway.access.routes().get(number).map(|access| &access.authorization);
        match authorization {
            Some(Authorization::Iam) => match &self.signers {
                Some(signers) => signers.verify(gateway, arrival).await.map(Identity::Iam),
                None => Err(Denial::Signature(Fault::without_keys("no profile is chosen"))),
            },
            Some(Authorization::Token(rules)) => match self.tokens.get(number) {
                Some(Some(tokens)) => tokens.verify(arrival).await.map(Identity::Token),
                _ => Err(Tokens::without_keys(rules)),
            },
            None | Some(Authorization::Public | Authorization::Function(_)) => Ok(Identity::Unknown),
        }
    }
}
