//! The chain of causes of an error.

use std::{error::Error as StdError, io};

/// An error and what caused it, the outermost first.
pub(super) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Whether nothing listens at the address.
pub(super) fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// Why there are no credentials, where the SDK's own words are a list of all providers or speak of the last one alone.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum NoneFound {
    #[error("none are in the environment or in a profile, and AWS gives this machine none")]
    Anywhere,
    #[error(
        "none are in the environment or in a profile, and the metadata service of EC2, which is asked last, gives none"
    )]
    OfInstance,
}

/// The cause of missing credentials in plain words, or the cause as it is.
pub(super) fn in_words(cause: Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync> {
    let has = |words: &str| causes(cause.as_ref()).any(|cause| cause.to_string().contains(words));
    // In the list of all providers, the metadata service is the last one.
    if has("found in chain") || has("no providers in chain") {
        NoneFound::Anywhere.into()
    } else if has("IMDS") {
        NoneFound::OfInstance.into()
    } else {
        cause
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;

    use super::*;

    #[test]
    fn missing_credentials_are_reported_in_plain_words() {
        let said = |error: CredentialsError| in_words(error.into()).to_string();
        let list =
            "no credentials found in chain. Attempted:\\n  Environment: not set\\n  Ec2InstanceMetadata: IMDS disabled";
        for (error, expected) in [
            (CredentialsError::not_loaded(list), "and AWS gives this machine none"),
            (
                CredentialsError::not_loaded("no providers in chain provided credentials"),
                "and AWS gives this machine none",
            ),
            (CredentialsError::provider_error("failed to load IMDS session token"), "the metadata service of EC2"),
            (
                CredentialsError::provider_error("the process ended with 1"),
                "an error occurred while loading credentials",
            ),
        ] {
            let words = said(error);
            assert!(words.contains(expected), "{words}");
        }
    }
}
