//! Why a token is rejected.

use std::{error, fmt};

/// Why a request is rejected. `Display` has the reason, and never a part of the token.
///
/// The checks run in the order of the variants, but for [`Issuer`](Self::Issuer): a token of another issuer is not worth
/// a look at the keys.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// There is no token.
    Missing,
    /// It is no token: not three parts in base64url, the first two of them JSON objects, or longer than 16 KiB. The text
    /// says which.
    Malformed(&'static str),
    /// The token is signed by an algorithm that the configuration does not allow, or by none.
    Algorithm,
    /// The issuer has no key with the id (`kid`) of the token, or none that fits the algorithm.
    UnknownKey,
    /// The keys could not be fetched, and none that are young enough are left: whether the token is valid is unknown. The
    /// text is for operators.
    KeysUnavailable(String),
    /// The signature is not that of the key.
    Signature,
    /// The token's time (`exp`) is over.
    Expired,
    /// The token's time (`nbf` or `iat`) has not begun.
    NotYetValid,
    /// The token is of another issuer (`iss`).
    Issuer,
    /// The token is for others: neither `aud`, nor `client_id` in its absence, is an audience of the configuration.
    Audience,
    /// A claim does not have the value that the configuration asks for. The text is the claim's name.
    Claim(String),
    /// The token is valid, and has none of the scopes.
    Scope,
}

impl Rejection {
    /// Whether the client may succeed with the same token later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::KeysUnavailable(_))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no token"),
            Self::Malformed(reason) => write!(f, "the token is malformed: {reason}"),
            Self::Algorithm => f.write_str("the algorithm of the token is not allowed"),
            Self::UnknownKey => f.write_str("the issuer has no such key"),
            Self::KeysUnavailable(reason) => write!(f, "the keys of the issuer are unavailable: {reason}"),
            Self::Signature => f.write_str("the signature is not valid"),
            Self::Expired => f.write_str("the token has expired"),
            Self::NotYetValid => f.write_str("the token is not valid yet"),
            Self::Issuer => f.write_str("the token has another issuer"),
            Self::Audience => f.write_str("the token has another audience"),
            Self::Claim(name) => write!(f, "the token has not the required value of the claim `{name}`"),
            Self::Scope => f.write_str("the token has none of the required scopes"),
        }
    }
}

impl error::Error for Rejection {}
