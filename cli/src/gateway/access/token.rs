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
