//! Tokens that an authorizer of a gateway accepts, as plain data.

/// What an authorizer accepts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TokenRules {
    /// Its name in the settings.
    pub(crate) name: String,
    /// Who makes the tokens.
    pub(crate) issuers: Vec<Issuer>,
    /// A token is meant for one of these, by `aud` or `client_id`; empty for any.
    pub(crate) audience: Vec<String>,
    /// The names of the algorithms, such as `RS256`; empty for those of RSA.
    pub(crate) algorithms: Vec<String>,
    /// A token has one of these; empty for any.
    pub(crate) scopes: Vec<String>,
    /// A REST API's authorizer for user pools, which tells ID tokens from access tokens.
    pub(crate) is_of_pools: bool,
}

/// Who makes tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Issuer {
    /// What the claim `iss` says.
    pub(crate) url: String,
    /// The user pool that the stage declares, which has no id and no keys before a deploy.
    pub(crate) declared: Option<String>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TokenFault {
    /// There is none.
    Missing,
    /// It is no token.
    Malformed,
    /// It is signed by an algorithm that is not allowed, or by none.
    Algorithm,
    /// The issuer has no such key.
    Key,
    /// The signature is another's.
    Signature,
    /// Its time is over.
    Expired,
    /// The same, before an authorizer for user pools, which says so.
    ExpiredOfPool,
    /// Its time has not begun.
    NotYetValid,
    /// It is of another issuer.
    Issuer,
    /// It is for others.
    Audience,
    /// An ID token where an access token is asked for, or the other way round.
    Use,
    /// It has none of the scopes.
    Scope,
    /// The keys of the issuer are not to be had.
    Unavailable,
}

impl TokenFault {
    /// What an HTTP API says of it.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Missing => "the token is missing",
            Self::Malformed => "token contains an invalid number of segments",
            Self::Algorithm => "signing method is invalid",
            Self::Key => "unable to find a public key for the token",
            Self::Signature => "the token has an invalid signature",
            Self::Expired | Self::ExpiredOfPool => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::Issuer => "the token does not have a valid issuer",
            Self::Audience => "the token does not have a valid audience",
            Self::Use => "the token does not have a valid use",
            Self::Scope => "the token does not have a valid scope",
            Self::Unavailable => "the keys of the issuer are unavailable",
        }
    }
}
