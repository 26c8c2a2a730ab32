//! JSON Web Tokens (JWT), verified in the process: a [`Verifier`] with the keys of an issuer.
//!
//! Signatures are verified by the crate `ring`, which TLS uses anyway. Crates for JWT that leave the cryptography to a
//! provider have one of them for the whole process, and that one is the application's to install.

mod algorithm;
mod builder;
mod cache;
mod claims;
mod fetch;
mod key;
mod key_set;
mod rejection;
mod source;
mod token;
mod verified;
mod verifier;

pub use self::{
    algorithm::Algorithm,
    builder::{VerifierBuilder, VerifierError},
    rejection::Rejection,
    verified::{ClaimsError, Verified},
    verifier::Verifier,
};
