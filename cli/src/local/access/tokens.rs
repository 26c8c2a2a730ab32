//! The verifiers of the tokens that a route asks for: one for each issuer, and one for development tokens in its name.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use zappa_rs_adapter::jwt::{Algorithm, Rejection, Verified, Verifier, VerifierBuilder, VerifierError};

use super::DEVELOPMENT_KEY_ID;
use crate::{
    gateway::{
        access::{Claims, Denial, Issuer, TokenFault, TokenRules},
        arrival::Arrival,
    },
    local::description::TokenKeys,
};

/// The algorithms of an authorizer that names none: an HTTP API takes all of RSA.
const OF_RSA: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512];

/// The verifiers of one route.
#[derive(Debug)]
pub(super) struct Tokens {
    rules: TokenRules,
    /// Of the issuers, or why there is none.
    issuers: Vec<Result<Verifier, String>>,
    /// Of development tokens.
    development: Vec<Result<Verifier, String>>,
    /// The file of the key that signs development tokens.
    development_file: PathBuf,
    /// A user pool that the stage declares, whose keys nobody has before a deploy.
    without_keys: Option<String>,
}

impl Tokens {
    pub(super) fn new(rules: &TokenRules, keys: &TokenKeys) -> Self {
        let of_development = |issuer: &Issuer| {
            let builder = with_rules(Verifier::builder(&*issuer.url), rules).algorithms([Algorithm::Es256]);
            builder.jwks_json(&*keys.development).build().map_err(|error| error.to_string())
        };
        let of_issuer = |issuer: &Issuer| match (&keys.jwks, &issuer.declared) {
            // It has no keys before a deploy.
            (None, Some(_)) => of_development(issuer),
            (jwks, _) => of_issuer(rules, issuer, jwks.as_deref()),
        };
        let is_without_keys = |issuer: &&Issuer| issuer.declared.is_some() && keys.jwks.is_none();
        Self {
            without_keys: rules
                .issuers
                .iter()
                .filter(is_without_keys)
                .filter_map(|issuer| issuer.declared.clone())
                .next(),
            issuers: rules.issuers.iter().map(of_issuer).collect(),
            development: rules.issuers.iter().map(of_development).collect(),
            development_file: keys.development_file.clone(),
            rules: rules.clone(),
        }
    }

    /// Verifies the token of a request: its claims.
    pub(super) async fn verify(&self, arrival: &Arrival) -> Result<Claims, Denial> {
        if let Some(reason) = arrival.ambiguity("authorization") {
            return Err(self.deny(TokenFault::Malformed, &reason));
        }
        let header = arrival.header("authorization");
        let Some(token) = header.as_deref().map(strip_scheme).filter(|token| !token.is_empty()) else {
            return Err(self.deny(
                TokenFault::Missing,
                &format!("the request has no token of `{}`; `zappa-rs token --sub alice` makes one", self.rules.name),
            ));
        };
        let is_of_development = is_of_development(token);
        let verifiers = if is_of_development { &self.development } else { &self.issuers };
        let verified = first(verifiers, token).await;
        let claims = verified.and_then(|verified| {
            verified.claims::<Map<String, Value>>().map_err(|_| Rejection::Malformed("its claims are no table"))
        });
        match claims {
            Ok(claims) => Ok(Claims::new(claims, self.rules.scopes.clone(), self.rules.is_of_pools)),
            Err(rejection) => {
                let why = match &self.without_keys {
                    _ if is_of_development && rejection == Rejection::Signature => format!(
                        "; it is a development token of another key than that of `local`, which is in {}: make it in the same \
                         project, with the same `CARGO_TARGET_DIR`",
                        self.development_file.display()
                    ),
                    Some(pool) if !is_of_development => format!(
                        "; the user pool `{pool}` has no keys before a deploy, so `local` takes tokens of `zappa-rs token` alone, \
                         or of `--jwks`"
                    ),
                    _ => String::new(),
                };
                Err(self.deny(self.fault(&rejection), &format!("the token is refused: {rejection}{why}")))
            }
        }
    }

    /// The refusal of a route without any keys.
    pub(super) fn without_keys(rules: &TokenRules) -> Denial {
        let reason = format!("there are no keys to verify tokens of `{}` with", rules.name);
        Denial::Token { fault: TokenFault::Unavailable, scopes: rules.scopes.clone(), reason }
    }

    fn deny(&self, fault: TokenFault, reason: &str) -> Denial {
        Denial::Token { fault, scopes: self.rules.scopes.clone(), reason: reason.to_owned() }
    }

    fn fault(&self, rejection: &Rejection) -> TokenFault {
        match rejection {
            Rejection::Missing => TokenFault::Missing,
            Rejection::Algorithm => TokenFault::Algorithm,
            Rejection::UnknownKey => TokenFault::Key,
            Rejection::KeysUnavailable(_) => TokenFault::Unavailable,
            Rejection::Signature => TokenFault::Signature,
            Rejection::Expired if self.rules.is_of_pools => TokenFault::ExpiredOfPool,
            Rejection::Expired => TokenFault::Expired,
            Rejection::NotYetValid => TokenFault::NotYetValid,
            Rejection::Issuer => TokenFault::Issuer,
            Rejection::Audience => TokenFault::Audience,
            Rejection::Claim(_) => TokenFault::Use,
            Rejection::Scope => TokenFault::Scope,
            _ => TokenFault::Malformed,
        }
    }
}

/// Checks that a key set has a key for tokens of an authorizer. It is read from its file once more, since the error names it.
pub(crate) fn check_key_set(rules: &TokenRules, path: &Path) -> Result<(), VerifierError> {
    let algorithms = algorithms(rules);
    // Signatures that `local` cannot verify need no keys.
    if algorithms.is_empty() {
        return Ok(());
    }
    Verifier::builder("local").any_audience().algorithms(algorithms).jwks_file(path).build().map(|_| ())
}

/// The algorithms of an authorizer that are verified here; none where it names only others.
fn algorithms(rules: &TokenRules) -> Vec<Algorithm> {
    match rules.algorithms.is_empty() {
        true => OF_RSA.to_vec(),
        false => rules.algorithms.iter().filter_map(|name| Algorithm::from_name(name)).collect(),
    }
}

/// The verifier of one issuer, with given keys or with those that the issuer publishes.
fn of_issuer(rules: &TokenRules, issuer: &Issuer, jwks: Option<&str>) -> Result<Verifier, String> {
    let algorithms = algorithms(rules);
    if algorithms.is_empty() {
        return Err(format!("`local` verifies no signature by {}", rules.algorithms.join(", ")));
    }
    let builder = with_rules(Verifier::builder(&*issuer.url), rules).algorithms(algorithms);
    let builder = match jwks {
        Some(jwks) => builder.jwks_json(jwks),
        None => builder,
    };
    builder.build().map_err(|error: VerifierError| error.to_string())
}

/// What API Gateway checks of claims.
///
/// An authorizer for user pools takes ID tokens without scopes, whose audience is a client, and access tokens with them:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html>.
fn with_rules(builder: VerifierBuilder, rules: &TokenRules) -> VerifierBuilder {
    let takes_access_tokens = !rules.scopes.is_empty();
    let builder = builder.scopes(rules.scopes.iter());
    let builder = match rules.is_of_pools {
        true => builder.required_claim("token_use", if takes_access_tokens { "access" } else { "id" }),
        false => builder,
    };
    match rules.audience.is_empty() || rules.is_of_pools && takes_access_tokens {
        true => builder.any_audience(),
        false => builder.audience(rules.audience.iter()),
    }
}

/// The result of the first verifier whose issuer the token has.
async fn first(verifiers: &[Result<Verifier, String>], token: &str) -> Result<Verified, Rejection> {
    let mut last = Rejection::Issuer;
    for verifier in verifiers {
        let result = match verifier {
            Ok(verifier) => verifier.verify(token).await,
            // Another issuer may know it.
            Err(reason) => Err(Rejection::KeysUnavailable(reason.clone())),
        };
        match result {
            Err(Rejection::Issuer) => {}
            Err(rejection @ Rejection::KeysUnavailable(_)) => last = rejection,
            result => return result,
        }
    }
    Err(last)
}

/// The token without `Bearer `, which may stand before it.
fn strip_scheme(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => header.trim(),
    }
}

/// Whether a token says that it was signed by the development key, which is verified then.
fn is_of_development(token: &str) -> bool {
    let header = token.split('.').next().filter(|header| header.len() < 1024).unwrap_or_default();
    let header = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(header).unwrap_or_default();
    serde_json::from_slice::<Value>(&header).is_ok_and(|header| header["kid"] == DEVELOPMENT_KEY_ID)
}

#[cfg(test)]
#[path = "tokens_test.rs"]
mod tests;
