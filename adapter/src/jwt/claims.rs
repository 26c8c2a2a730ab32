//! The checks of a token's claims, pure: issuer, time, audience and scopes.
//!
//! The rules are those of API Gateway, so that a token passes here and there alike:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>.

use std::time::Duration;

use serde_json::{Map, Value};

use super::rejection::Rejection;

/// What the claims of a token must have.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) issuer: String,
    /// The audiences of which a token has one; `None` takes tokens for everybody.
    pub(super) audience: Option<Vec<String>>,
    /// Claims with exactly one value.
    pub(super) required: Vec<(String, Value)>,
    /// The scopes of which a token has one; empty asks for none.
    pub(super) scopes: Vec<String>,
    pub(super) leeway: Duration,
}

impl Rules {
    /// Checks who issued the token: before its signature, so that other issuers cost no keys.
    pub(super) fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), Rejection> {
        match claims.get("iss") {
            Some(Value::String(issuer)) if *issuer == self.issuer => Ok(()),
            _ => Err(Rejection::Issuer),
        }
    }

    /// Checks the claims of a token whose signature is valid, at a time since 1970.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: Duration) -> Result<(), Rejection> {
        self.check_issuer(claims)?;
        self.check_time(claims, now.as_secs_f64())?;
        self.check_audience(claims)?;
        for (name, value) in &self.required {
            if claims.get(name) != Some(value) {
                return Err(Rejection::Claim(name.clone()));
            }
        }
        let is_allowed = |scope| self.scopes.iter().any(|allowed| allowed == scope);
        if self.scopes.is_empty() || scopes(claims).any(is_allowed) { Ok(()) } else { Err(Rejection::Scope) }
    }

    fn check_time(&self, claims: &Map<String, Value>, now: f64) -> Result<(), Rejection> {
        let leeway = self.leeway.as_secs_f64();
        let expires = seconds(claims, "exp")?.ok_or(Rejection::Malformed("it has no `exp`"))?;
        let not_before = seconds(claims, "nbf")?;
        let issued = seconds(claims, "iat")?;
        if now >= expires + leeway {
            return Err(Rejection::Expired);
        }
        if [not_before, issued].into_iter().flatten().any(|begin| now + leeway < begin) {
            return Err(Rejection::NotYetValid);
        }
        Ok(())
    }

    /// Access tokens of Cognito have no `aud`, and their client in `client_id`.
    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), Rejection> {
        let Some(audience) = &self.audience else { return Ok(()) };
        let is_ours = |value: &Value| audience.iter().any(|audience| value == audience);
        let found = match claims.get("aud") {
            Some(Value::Array(values)) => values.iter().any(is_ours),
            Some(value) => is_ours(value),
            None => claims.get("client_id").is_some_and(is_ours),
        };
        if found { Ok(()) } else { Err(Rejection::Audience) }
    }
}

/// The scopes of a token: a text with spaces (`scope`, RFC 8693 §4.2) or a list (`scp`, as some issuers have it).
pub(super) fn scopes(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let values = ["scope", "scp"].into_iter().filter_map(|name| claims.get(name));
    let texts = values.flat_map(|value| match value {
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    });
    texts.filter_map(Value::as_str).flat_map(str::split_ascii_whitespace)
}

/// A time claim in seconds since 1970, which may have a fraction (RFC 7519 §2). Numbers of JSON are finite.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, Rejection> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Rejection::Malformed("a time claim is not a number")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn rules() -> Rules {
        Rules {
            issuer: "https://id.example.com".to_owned(),
            audience: Some(vec!["shop".to_owned(), "page".to_owned()]),
            required: vec![("token_use".to_owned(), json!("access"))],
            scopes: vec!["read".to_owned(), "write".to_owned()],
            leeway: Duration::from_secs(30),
        }
    }

    fn check(changes: &Value) -> Result<(), Rejection> {
        let mut claims = json!({
            "iss": "https://id.example.com", "aud": "shop", "exp": NOW + 60, "token_use": "access", "scope": "x read",
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        rules().check(claims.as_object().unwrap(), Duration::from_secs(NOW))
    }

    #[test]
    fn claims_that_fit_the_rules_pass() {
        for changes in [
            json!({}),
            json!({"aud": ["other", "page"]}),
            json!({"aud": null, "client_id": "page"}),
            json!({"scope": null, "scp": ["a", "write"]}),
            json!({"scope": null, "scp": "a write"}),
            json!({"exp": NOW - 29}),
            json!({"exp": NOW as f64 - 29.5}),
            json!({"nbf": NOW + 29, "iat": NOW + 29}),
            json!({"exp": 1e300}),
        ] {
            assert_eq!(check(&changes), Ok(()), "{changes}");
        }
    }

    #[test]
    fn each_rule_rejects_for_its_own_reason() {
        let malformed = |reason| Rejection::Malformed(reason);
        for (changes, rejection) in [
            (json!({"iss": null}), Rejection::Issuer),
            (json!({"iss": "https://id.example.com/"}), Rejection::Issuer),
            (json!({"iss": ["https://id.example.com"]}), Rejection::Issuer),
            (json!({"exp": null}), malformed("it has no `exp`")),
            (json!({"exp": "1900000000"}), malformed("a time claim is not a number")),
            (json!({"exp": [1_900_000_000]}), malformed("a time claim is not a number")),
            (json!({"nbf": "soon"}), malformed("a time claim is not a number")),
            (json!({"exp": NOW - 30}), Rejection::Expired),
            (json!({"exp": -1}), Rejection::Expired),
            (json!({"nbf": NOW + 31}), Rejection::NotYetValid),
            (json!({"iat": NOW + 31}), Rejection::NotYetValid),
            (json!({"aud": null}), Rejection::Audience),
            (json!({"aud": "other"}), Rejection::Audience),
            (json!({"aud": []}), Rejection::Audience),
            (json!({"aud": {"shop": "shop"}}), Rejection::Audience),
            // `client_id` counts in the absence of `aud` only.
            (json!({"aud": "other", "client_id": "shop"}), Rejection::Audience),
            (json!({"token_use": "id"}), Rejection::Claim("token_use".to_owned())),
            (json!({"token_use": null}), Rejection::Claim("token_use".to_owned())),
            (json!({"scope": null}), Rejection::Scope),
            (json!({"scope": "reader"}), Rejection::Scope),
            (json!({"scope": {"read": true}}), Rejection::Scope),
        ] {
            assert_eq!(check(&changes), Err(rejection), "{changes}");
        }
    }

    #[test]
    fn without_audience_and_scopes_a_token_for_anybody_passes() {
        let rules = Rules { audience: None, required: Vec::new(), scopes: Vec::new(), ..rules() };
        let claims = json!({"iss": "https://id.example.com", "exp": NOW + 1});
        assert_eq!(rules.check(claims.as_object().unwrap(), Duration::from_secs(NOW)), Ok(()));
    }
}
