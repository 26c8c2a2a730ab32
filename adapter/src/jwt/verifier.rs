//! The verifier of tokens.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    algorithm::Algorithm, builder::VerifierBuilder, cache::Cache, claims::Rules, key::Key, key_set::KeySet,
    rejection::Rejection, token::Token, verified::Verified,
};

/// Verifies tokens of one issuer. Cheap to clone; the clones share the keys.
///
/// | what | how |
/// |---|---|
/// | signature | by an algorithm of the configuration, with the one key of the issuer that has the token's `kid`, and that is for signatures by this algorithm; RSA keys have 2048 bits or more |
/// | `iss` | the issuer, letter by letter |
/// | `exp`, `nbf`, `iat` | `exp` is needed; the others count if they are there; with a leeway of 30 seconds |
/// | `aud`, `client_id` | `aud` has an audience of the configuration, or `client_id` is one if there is no `aud` |
/// | `scope`, `scp` | one of the scopes, if the configuration has any |
///
/// The keys come from `<issuer>/.well-known/openid-configuration`, by HTTPS (by plain HTTP from `localhost` alone) and
/// without redirects, at the first token. They are used for the time that the issuer's `Cache-Control` says, at least 5
/// minutes, at most 24 hours, and one hour if it says nothing. After half of it they are fetched again in the background. A
/// token with an unknown key has them fetched once more, every 10 seconds at most. If the issuer does not respond, the keys
/// serve until their time is over; then every token is rejected with [`Rejection::KeysUnavailable`].
///
/// # Examples
///
/// Access tokens of a user pool of Cognito:
///
/// ```
/// use zappa_rs_adapter::jwt::{Rejection, Verifier, VerifierError};
///
/// fn users() -> Result<Verifier, VerifierError> {
///     Verifier::builder("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi")
///         .audience(["1h57kf5cpq17m0eml12EXAMPLE"])
///         .required_claim("token_use", "access")
///         .scopes(["shop/read"])
///         .build()
/// }
///
/// async fn user(users: &Verifier, token: &str) -> Result<String, Rejection> {
///     #[derive(serde::Deserialize)]
///     struct User {
///         username: String,
///     }
///
///     let verified = users.verify(token).await?;
///     Ok(verified.claims::<User>().map_or_else(|_| "nobody".to_owned(), |user| user.username))
/// }
/// # users().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    rules: Rules,
    algorithms: Vec<Algorithm>,
    keys: Keys,
}

/// The keys of the issuer.
#[derive(Debug)]
pub(super) enum Keys {
    Given(Arc<KeySet>),
    Fetched(Arc<Cache>),
}

impl Verifier {
    /// Begins a verifier of the tokens of an issuer, which is exactly what their claim `iss` has.
    pub fn builder(issuer: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into())
    }

    pub(super) fn new(rules: Rules, algorithms: Vec<Algorithm>, keys: Keys) -> Self {
        Self { shared: Arc::new(Shared { rules, algorithms, keys }) }
    }

    /// Verifies a token: the text after `Bearer `. It needs a Tokio runtime, to fetch the keys.
    ///
    /// # Errors
    ///
    /// The token is not valid, or the keys are unavailable.
    pub async fn verify(&self, token: &str) -> Result<Verified, Rejection> {
        let Shared { rules, algorithms, keys } = &*self.shared;
        let token = Token::decode(token)?;
        if !algorithms.contains(&token.algorithm) {
            return Err(Rejection::Algorithm);
        }
        rules.check_issuer(&token.claims)?;
        let key = keys.find(token.key_id.as_deref(), token.algorithm).await?;
        if !key.verifies(token.algorithm, token.message, &token.signature) {
            return Err(Rejection::Signature);
        }
        // A clock before 1970 is wrong, and with it every token.
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::MAX);
        rules.check(&token.claims, now)?;
        Ok(Verified::new(token.claims))
    }

    /// Fetches the keys unless they are here: before the first token, such as in the initialization of a function. It is
    /// not needed, and does nothing for keys that were given.
    ///
    /// # Errors
    ///
    /// [`Rejection::KeysUnavailable`]: the issuer did not respond, or not with keys.
    pub async fn load_keys(&self) -> Result<(), Rejection> {
        match &self.shared.keys {
            Keys::Given(_) => Ok(()),
            Keys::Fetched(cache) => cache.load().await,
        }
    }

    /// The scopes of which a token needs one.
    #[cfg(feature = "runtime")]
    pub(super) fn scopes(&self) -> &[String] {
        &self.shared.rules.scopes
    }
}

impl Keys {
    async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Rejection> {
        match self {
            Self::Given(keys) => keys.find(id, algorithm).cloned().ok_or(Rejection::UnknownKey),
            Self::Fetched(cache) => cache.find(id, algorithm).await,
        }
    }
}
