//! Who may call a gateway's routes and how often, and how a gateway refuses the others.
//!
//! Pure: keys, clock and buckets are in `local/access`. Plain data, which `commands/local/access.rs` reads from the template.

mod api_key;
mod caller;
mod claims;
mod denial;
mod function;
pub(crate) mod signature;
mod throttle;
mod token;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::{
    api_key::{API_KEY_HEADER, ApiKey, ApiKeys, Period, Quota, UsagePlan},
    caller::{Caller, IamIdentity, Identity},
    claims::Claims,
    denial::Denial,
    function::{Answer, FunctionFault, FunctionRules, Question, RequestPart},
    throttle::{Bucket, Throttle},
    token::{Issuer, TokenFault, TokenRules},
};

/// What a gateway asks of requests, by route.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AccessTable {
    routes: Vec<Access>,
    /// The number of a route, by path and method.
    index: BTreeMap<String, BTreeMap<String, usize>>,
    /// The routes that ask for an API key, by path and method.
    key_routes: BTreeMap<String, BTreeSet<String>>,
    keys: ApiKeys,
}

/// What a gateway asks of the requests of one route.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Access {
    /// Who may call it.
    pub(crate) authorization: Authorization,
    /// How often it may be called.
    pub(crate) throttle: Option<Throttle>,
}

/// Who may call a route.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Authorization {
    /// Everybody.
    #[default]
    Public,
    /// Callers who sign with credentials of AWS.
    Iam,
    /// Callers with a token that the rules accept.
    Token(TokenRules),
    /// Callers whom a function lets in.
    Function(FunctionRules),
}

impl AccessTable {
    /// Adds a route: `ANY` or a method, and the path as the gateway's routes have it, `$default` for that of an HTTP API or
    /// a Function URL.
    pub(crate) fn insert(&mut self, method: &str, path: &str, access: Access) {
        if access == Access::default() {
            return;
        }
        self.index.entry(path.to_owned()).or_default().insert(method.to_owned(), self.routes.len());
        self.routes.push(access);
    }

    /// Makes a route ask for an API key.
    pub(crate) fn require_key(&mut self, method: &str, path: &str) {
        self.key_routes.entry(path.to_owned()).or_default().insert(method.to_owned());
    }

    /// Whether any route asks for an API key.
    pub(crate) fn has_key_routes(&self) -> bool {
        !self.key_routes.is_empty()
    }

    /// Whether a route asks for an API key.
    pub(crate) fn asks_for_key(&self, method: &str, path: &str) -> bool {
        self.key_routes.get(path).is_some_and(|methods| methods.contains(method))
    }

    /// The keys that the routes accept.
    pub(crate) fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    /// Sets the keys that the routes accept.
    pub(crate) fn set_keys(&mut self, keys: ApiKeys) {
        self.keys = keys;
    }

    /// Whether every request is let in.
    pub(crate) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.key_routes.is_empty()
    }

    /// A route that asks for something, and its number.
    pub(crate) fn get(&self, method: &str, path: &str) -> Option<(usize, &Access)> {
        let number = *self.index.get(path)?.get(method)?;
        Some((number, self.routes.get(number)?))
    }

    /// Whether some route asks for signatures.
    pub(crate) fn asks_for_signatures(&self) -> bool {
        self.routes.iter().any(|access| access.authorization == Authorization::Iam)
    }

    /// The rules of each authorizer for tokens, by its name.
    pub(crate) fn token_rules(&self) -> BTreeMap<&str, &TokenRules> {
        let of_tokens = self.routes.iter().filter_map(|access| match &access.authorization {
            Authorization::Token(rules) => Some((rules.name.as_str(), rules)),
            Authorization::Public | Authorization::Iam | Authorization::Function(_) => None,
        });
        of_tokens.collect()
    }

    /// The routes that ask for something, each at its number.
    pub(crate) fn routes(&self) -> &[Access] {
        &self.routes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_found_by_method_and_path_alone() {
        let mut table = AccessTable::default();
        table.insert("ANY", "/", Access::default());
        assert!(table.is_empty());
        let access = |authorization| Access { authorization, throttle: None };
        table.insert("ANY", "/{proxy+}", access(Authorization::Iam));
        table.insert(
            "GET",
            "/{proxy+}",
            Access { throttle: Some(Throttle { rate: 1.0, burst: 1.0 }), ..Access::default() },
        );
        assert!(!table.is_empty());
        assert_eq!(table.get("ANY", "/{proxy+}"), Some((0, &access(Authorization::Iam))));
        assert_eq!(table.get("GET", "/{proxy+}").map(|(number, _)| number), Some(1));
        for (method, path) in [("ANY", "/"), ("POST", "/{proxy+}"), ("ANY", "$default")] {
            assert_eq!(table.get(method, path), None, "{method} {path}");
        }
    }
}
