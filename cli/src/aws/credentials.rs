//! Credentials to hand on to processes that make calls of their own.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, error::CredentialsError},
};

use super::{Aws, Error, cause::in_words, error};

/// The timeout of a credentials provider.
pub(super) const LOAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Credentials as AWS's tools and SDKs take them from variables.
#[derive(Clone)]
pub(crate) struct SessionCredentials(Credentials);

impl SessionCredentials {
    /// The variables; their values are secrets.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let Self(credentials) = self;
        let token = credentials.session_token().map(|token| ("AWS_SESSION_TOKEN", token.to_owned()));
        let keys = [
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key().to_owned()),
        ];
        keys.into_iter().chain(token).collect()
    }

    /// What requests are signed with.
    pub(super) fn signing(&self) -> &Credentials {
        &self.0
    }

    /// The last four characters of the access key, which is a name and no secret.
    pub(crate) fn key_end(&self) -> String {
        let mut end: Vec<char> = self.0.access_key_id().chars().rev().take(4).collect();
        end.reverse();
        end.into_iter().collect()
    }

    /// When they expire; `None` if the provider names no time.
    pub(crate) fn expiry(&self) -> Option<SystemTime> {
        self.0.expiry()
    }
}

impl fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCredentials").field("expiry", &self.expiry()).finish_non_exhaustive()
    }
}

impl Aws {
    /// Resolves the credentials that calls are signed with.
    pub(crate) async fn credentials(&self) -> Result<SessionCredentials, Error> {
        let resolved = match self.shared.credentials_provider() {
            Some(provider) => tokio::time::timeout(LOAD_TIMEOUT, provider.provide_credentials())
                .await
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(LOAD_TIMEOUT))),
            None => Err(CredentialsError::not_loaded("nothing is configured")),
        };
        resolved.map(SessionCredentials).map_err(|source| Error::NoCredentials {
            renewal: self.renewal.clone(),
            is_expired: error::is_expired(&source),
            source: in_words(source.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_become_variables_and_are_never_shown() {
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        let inner = Credentials::new("AKIAKEY", "wJalr", Some("token".to_owned()), Some(expiry), "test");
        let credentials = SessionCredentials(inner);
        let expected = ["AWS_ACCESS_KEY_ID=AKIAKEY", "AWS_SECRET_ACCESS_KEY=wJalr", "AWS_SESSION_TOKEN=token"];
        let variables = credentials.variables();
        assert_eq!(variables.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(), expected);
        assert_eq!(credentials.expiry(), Some(expiry));
        assert_eq!(credentials.key_end(), "AKEY");
        let shown = format!("{credentials:?}");
        assert!(!["AKIAKEY", "wJalr", "token"].iter().any(|secret| shown.contains(secret)), "{shown}");

        let without_token = SessionCredentials(Credentials::new("AKIAKEY", "wJalr", None, None, "test"));
        assert_eq!(without_token.variables().len(), 2);
    }
}
