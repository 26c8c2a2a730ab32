//! Tokens that are verified: what passes, and every attack that must not, against keys that are given and against an
//! issuer on this machine.

mod forged;
mod https;
mod issuer;
mod keys;
mod layer;
mod signer;
mod speed;
#[path = "../support/tls.rs"]
mod tls;
mod valid;

use std::time::SystemTime;

use serde_json::{Value, json};
use zappa_rs_adapter::jwt::{Algorithm, Verifier, VerifierBuilder};

use self::signer::{Signer, key_set};

const ISSUER: &str = "https://id.example.com";

/// Seconds since 1970, some from now.
fn time(from_now: i64) -> i64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("the clock is right").as_secs();
    i64::try_from(now).expect("it fits") + from_now
}

/// The claims of a token that is valid for a minute, with changes.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": "shop", "sub": "ada", "exp": time(60), "iat": time(0)});
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

/// A verifier that takes RSA and ECDSA with the keys of some signers.
fn builder(signers: &[&Signer]) -> VerifierBuilder {
    let all = [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Es256, Algorithm::Es384];
    Verifier::builder(ISSUER).audience(["shop"]).algorithms(all).jwks_json(key_set(signers))
}
