//! The claims of a development token: those that the authorizer asks for, in the shape that its issuer gives them.

use serde_json::{Map, Value, json};

use crate::{args::Pair, gateway::access::TokenRules};

/// What the user asked for.
pub(super) struct Wish<'a> {
    pub(super) sub: &'a str,
    /// Scopes; empty for those of the rules.
    pub(super) scopes: &'a [String],
    pub(super) claims: &'a [Pair],
    /// When the token is made and when it ends, in seconds since 1970.
    pub(super) issued: i64,
    pub(super) expires: i64,
}

/// Makes the claims.
pub(super) fn claims(rules: &TokenRules, wish: &Wish<'_>) -> Map<String, Value> {
    let issuer = rules.issuers.first().map(|issuer| issuer.url.as_str()).unwrap_or_default();
    let scopes = if wish.scopes.is_empty() { &rules.scopes } else { wish.scopes };
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    set("iss", json!(issuer));
    set("sub", json!(wish.sub));
    set("iat", json!(wish.issued));
    set("exp", json!(wish.expires));
    let audience = rules.audience.first().map_or("local", String::as_str);
    // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
    let is_of_cognito = rules.is_of_pools || issuer.starts_with("https://cognito-idp.");
    match (is_of_cognito, scopes.is_empty()) {
        (true, true) => {
            set("aud", json!(audience));
            set("token_use", json!("id"));
            set("cognito:username", json!(wish.sub));
            set("auth_time", json!(wish.issued));
        }
        (true, false) => {
            set("client_id", json!(audience));
            set("token_use", json!("access"));
            set("username", json!(wish.sub));
            set("auth_time", json!(wish.issued));
        }
        (false, _) => set("aud", json!(audience)),
    }
    if !scopes.is_empty() {
        set("scope", json!(scopes.join(" ")));
    }
    for Pair { name, value } in wish.claims {
        match serde_json::from_str(value) {
            Ok(Value::Null) => drop(claims.remove(name)),
            Ok(value) => drop(claims.insert(name.clone(), value)),
            Err(_) => drop(claims.insert(name.clone(), json!(value))),
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::access::Issuer;

    const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Users";

    fn made(issuer: &str, scopes: &[&str], is_of_pools: bool, wish: &Wish<'_>) -> Value {
        let rules = TokenRules {
            issuers: vec![Issuer { url: issuer.to_owned(), declared: None }],
            audience: vec!["page".to_owned(), "other".to_owned()],
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            is_of_pools,
            ..TokenRules::default()
        };
        Value::Object(claims(&rules, wish))
    }

    fn wish() -> Wish<'static> {
        Wish { sub: "alice", scopes: &[], claims: &[], issued: 100, expires: 200 }
    }

    #[test]
    fn a_token_has_what_the_authorizer_asks_for() {
        let common = json!({ "iss": POOL, "sub": "alice", "iat": 100, "exp": 200, "auth_time": 100 });
        let with = |more: Value| {
            let mut all = common.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        for is_of_pools in [true, false] {
            let id = with(json!({ "aud": "page", "token_use": "id", "cognito:username": "alice" }));
            assert_eq!(made(POOL, &[], is_of_pools, &wish()), id);
            let access = with(json!({
                "client_id": "page", "token_use": "access", "username": "alice", "scope": "read write",
            }));
            assert_eq!(made(POOL, &["read", "write"], is_of_pools, &wish()), access);
        }
        let expected =
            json!({ "iss": "https://id.example.com", "sub": "alice", "iat": 100, "exp": 200, "aud": "page" });
        assert_eq!(made("https://id.example.com", &[], false, &wish()), expected);
    }

    #[test]
    fn scopes_and_claims_of_the_user_stand_in_for_the_others() {
        let pair = |text: &str| text.parse::<Pair>().unwrap();
        let pairs = [
            pair("email=alice@example.com"),
            pair("email_verified=true"),
            pair("cognito:groups=[\"admins\"]"),
            pair("aud=null"),
            pair("exp=7"),
            pair("note=a=b"),
        ];
        let scopes = ["other".to_owned()];
        let made =
            made("https://id.example.com", &["read"], false, &Wish { claims: &pairs, scopes: &scopes, ..wish() });
        assert_eq!(
            made,
            json!({
                "iss": "https://id.example.com",
                "sub": "alice",
                "iat": 100,
                "exp": 7,
                "scope": "other",
                "email": "alice@example.com",
                "email_verified": true,
                "cognito:groups": ["admins"],
                "note": "a=b",
            })
        );
    }
}
