//! The claims of a token as each gateway writes them into events.

use serde_json::{Map, Value};

use crate::gateway::date;

/// The claims of a token that a gateway verified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claims {
    claims: Map<String, Value>,
    /// The scopes that the route asks for.
    scopes: Vec<String>,
    /// Whether a REST API's authorizer for user pools verified them.
    is_of_pools: bool,
}

impl Claims {
    pub(crate) fn new(claims: Map<String, Value>, scopes: Vec<String>, is_of_pools: bool) -> Self {
        Self { claims, scopes, is_of_pools }
    }

    /// The scopes that the route asks for; null for none.
    pub(super) fn route_scopes(&self) -> Option<&[String]> {
        Some(self.scopes.as_slice()).filter(|scopes| !scopes.is_empty())
    }

    /// In a REST API: an authorizer for user pools makes texts of them, the one for JWT leaves them as they are.
    pub(super) fn for_rest_api(&self) -> Map<String, Value> {
        if !self.is_of_pools {
            return self.claims.clone();
        }
        let text = |(name, value): (&String, &Value)| (name.clone(), Value::String(text_of_pool(name, value)));
        self.claims.iter().map(text).collect()
    }

    /// In an HTTP API, where all are texts.
    pub(super) fn for_http_api(&self) -> Map<String, Value> {
        let text = |(name, value): (&String, &Value)| (name.clone(), Value::String(text(value)));
        self.claims.iter().map(text).collect()
    }
}

/// A claim as the authorizer for user pools writes it: lists with commas, and the two times as Java prints a date.
fn text_of_pool(name: &str, value: &Value) -> String {
    match (name, value) {
        ("exp" | "iat", Value::Number(number)) if number.is_u64() => date::java(number.as_u64().unwrap_or_default()),
        (_, Value::Array(values)) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        (_, value) => plain(value),
    }
}

/// A claim as an HTTP API writes it: as Go prints lists and tables.
fn text(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}:{}", text(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
        value => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(is_of_pools: bool, scopes: &[&str]) -> Claims {
        let claims = json!({
            "sub": "alice", "exp": 1_759_117_400, "iat": 1_759_113_800, "auth_time": 1_759_113_800, "email_verified": true,
            "cognito:groups": ["admins", "editors"], "address": { "city": "Bern", "zip": 3000 }, "nothing": null,
        });
        let claims = claims.as_object().expect("an object").clone();
        Claims::new(claims, scopes.iter().map(|scope| (*scope).to_owned()).collect(), is_of_pools)
    }

    #[test]
    fn an_authorizer_for_user_pools_makes_texts() {
        assert_eq!(
            Value::Object(claims(true, &[]).for_rest_api()),
            json!({
                "sub": "alice",
                "exp": "Mon Sep 29 03:43:20 UTC 2025",
                "iat": "Mon Sep 29 02:43:20 UTC 2025",
                "auth_time": "1759113800",
                "email_verified": "true",
                "cognito:groups": "admins,editors",
                "address": r#"{"city":"Bern","zip":3000}"#,
                "nothing": "null",
            })
        );
    }

    #[test]
    fn the_authorizer_for_jwt_of_a_rest_api_leaves_them_as_they_are() {
        let claims = claims(false, &[]);
        assert_eq!(claims.for_rest_api(), claims.claims);
    }

    #[test]
    fn an_http_api_makes_texts_of_its_own() {
        assert_eq!(
            Value::Object(claims(false, &[]).for_http_api()),
            json!({
                "sub": "alice",
                "exp": "1759117400",
                "iat": "1759113800",
                "auth_time": "1759113800",
                "email_verified": "true",
                "cognito:groups": "[admins editors]",
                "address": "map[city:Bern zip:3000]",
                "nothing": "null",
            })
        );
        assert_eq!(claims(false, &[]).route_scopes(), None);
        assert_eq!(claims(false, &["read"]).route_scopes(), Some(&["read".to_owned()][..]));
    }
}
