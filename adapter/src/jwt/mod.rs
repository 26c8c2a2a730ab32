//! JSON Web Tokens (JWT), verified in the process: a [`Verifier`] with the keys of an issuer, and with the feature
//! `runtime` a tower layer, `JwtLayer`, that asks every request for a token.
//!
//! Signatures are verified by the crate `ring`, which TLS uses anyway. Crates for JWT that leave the cryptography to a
//! provider have one of them for the whole process, and that one is the application's to install.

mod algorithm;
#[cfg(feature = "runtime")]
mod bearer;
mod builder;
mod cache;
mod claims;
mod fetch;
mod key;
mod key_set;
#[cfg(feature = "runtime")]
mod layer;
#[cfg(feature = "runtime")]
mod refusal;
mod rejection;
mod source;
mod token;
mod verified;
mod verifier;

#[cfg(feature = "runtime")]
pub use self::layer::{JwtLayer, JwtService};
pub use self::{
    algorithm::Algorithm,
    builder::{VerifierBuilder, VerifierError},
    rejection::Rejection,
    verified::{ClaimsError, Verified},
    verifier::Verifier,
};
