//! Signatures of AWS (Signature Version 4) as a gateway verifies them: in the header `Authorization`, or in the query.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>. What a client signed is
//! computed again with the secret key of the caller. The policies of IAM are not evaluated.

mod canonical;
mod fault;
mod parse;

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

pub(crate) use self::fault::{Fault, FaultKind};
use self::{canonical::canonical_request, parse::Signature};
use crate::{
    digest::hexadecimal,
    gateway::{GatewayKind, arrival::Arrival, date},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far the date of a signature in the headers may be away.
const SKEW_SECONDS: u64 = 5 * 60;
/// The longest time for which a signature in the query is valid.
const MAX_EXPIRES: u64 = 7 * 24 * 60 * 60;

/// The credentials that a caller may sign with.
#[derive(Clone)]
pub(crate) struct SigningKey {
    /// The id of the access key.
    pub(crate) access_key: String,
    /// The secret of the access key.
    pub(crate) secret: String,
    /// The token of temporary credentials.
    pub(crate) session_token: Option<String>,
}

/// Where a signature is to be valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) region: &'a str,
    pub(crate) kind: GatewayKind,
}

impl Place<'_> {
    /// The service in the scope of the credentials.
    fn service(self) -> &'static str {
        if self.kind == GatewayKind::FunctionUrl { "lambda" } else { "execute-api" }
    }
}

/// Verifies the signature of a request.
///
/// # Errors
/// Why a gateway refuses it.
pub(crate) fn verify(arrival: &Arrival, place: Place<'_>, key: &SigningKey, now: SystemTime) -> Result<(), Fault> {
    let signature = Signature::parse(arrival)?;
    check_scope(&signature, place)?;
    check_time(&signature, now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())?;
    if signature.access_key != key.access_key || signature.session_token != key.session_token {
        return Err(Fault::unknown_key(&signature.access_key));
    }
    let canonical = canonical_request(arrival, &signature);
    let to_sign = string_to_sign(&signature, &canonical);
    let signed = hmac(&derive(&key.secret, &signature), &to_sign);
    // In constant time.
    match signed.verify_slice(&signature.bytes) {
        Ok(()) => Ok(()),
        Err(_) => Err(Fault::mismatch(place.kind, &canonical, &to_sign)),
    }
}

fn check_scope(signature: &Signature, place: Place<'_>) -> Result<(), Fault> {
    if signature.region != place.region {
        let reason = format!("it is for the region `{}` instead of `{}`", signature.region, place.region);
        return Err(Fault::scope("Credential should be scoped to a valid region. ".to_owned(), &reason));
    }
    let service = place.service();
    if signature.service != service {
        let reason = format!("it is for the service `{}` instead of `{service}`", signature.service);
        return Err(Fault::scope(format!("Credential should be scoped to correct service: '{service}'. "), &reason));
    }
    Ok(())
}

/// Checks that a signature is neither too old nor of the future.
fn check_time(signature: &Signature, now: u64) -> Result<(), Fault> {
    let lifetime = signature.expires.unwrap_or(SKEW_SECONDS);
    let (now_text, time) = (date::basic(now), &signature.time);
    if now > signature.seconds + lifetime {
        let since = date::basic(now.saturating_sub(lifetime));
        let message =
            format!("Signature expired: {time} is now earlier than {since} ({now_text} - {} min.)", lifetime / 60);
        return Err(Fault::time(message));
    }
    if signature.seconds > now + SKEW_SECONDS {
        let until = date::basic(now + SKEW_SECONDS);
        let message = format!("Signature not yet current: {time} is still later than {until} ({now_text} + 5 min.)");
        return Err(Fault::time(message));
    }
    Ok(())
}

fn string_to_sign(signature: &Signature, canonical: &str) -> String {
    let hash = hexadecimal(&Sha256::digest(canonical.as_bytes()));
    format!("{ALGORITHM}\n{}\n{}\n{hash}", signature.time, signature.scope())
}

/// The key of a day, a region and a service.
fn derive(secret: &str, signature: &Signature) -> Vec<u8> {
    let start = format!("AWS4{secret}").into_bytes();
    let parts = [&signature.day, &signature.region, &signature.service, "aws4_request"];
    parts.iter().fold(start, |key, part| hmac(&key, part).finalize().into_bytes().to_vec())
}

fn hmac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
#[cfg(feature = "deploy")]
#[path = "verify_test.rs"]
mod tests;
