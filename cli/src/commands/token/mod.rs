//! `zappa-rs token`: a token that `zappa-rs local` lets in.

mod claims;
pub(super) mod key;
mod key_file;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::{
    claims::{Wish, claims},
    key::DevelopmentKey,
};
use super::{Context, local};
use crate::{
    args::{SharedArgs, TokenArgs},
    gateway::access::{AccessTable, TokenRules},
    report::{Failure, Report},
    suggestion::quote_list,
};

/// A stage that asks for no such token.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the stage asks for no tokens")]
    NoTokens { asks_for_signatures: bool },
    #[error("the stage has no authorizer `{name}` for tokens")]
    Unknown { name: String, known: Vec<String> },
    #[error("the stage asks for tokens of several authorizers")]
    Several { known: Vec<String> },
}

impl Error {
    fn hint(&self) -> String {
        match self {
            Self::NoTokens { asks_for_signatures: true } => {
                "its callers sign with credentials of AWS, as `curl --aws-sigv4` does".to_owned()
            }
            Self::NoTokens { asks_for_signatures: false } => {
                "set `authorizer` to the name of a table `[stage.NAME.authorizers]` with `cognito` or `jwt`".to_owned()
            }
            Self::Unknown { known, .. } | Self::Several { known } => {
                format!(
                    "add `--authorizer` with {}",
                    quote_list(known.iter().map(String::as_str)).replace(" and ", " or ")
                )
            }
        }
    }
}

/// Runs the command.
pub(crate) async fn run(
    args: &TokenArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (access, cargo) = local::access_of(args, cx, report)?;
    let rules = choose(&access, args.authorizer.as_deref()).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, Some(hint))
    })?;
    let now = Timestamp::now();
    let expires = now.saturating_add(args.expires).unwrap_or(Timestamp::MAX);
    let wish = Wish {
        sub: &args.sub,
        scopes: &args.scope,
        claims: &args.claim,
        issued: now.as_second(),
        expires: expires.as_second(),
    };
    let claims = claims(rules, &wish);
    let key = DevelopmentKey::load(&cargo.target_directory().await).map_err(failure)?;
    key.warn(&**report);
    let token = key.sign(&claims).map_err(failure)?;
    report_token(&rules.name, &token, &claims, shared, report);
    Ok(())
}

fn report_token(authorizer: &str, token: &str, claims: &Map<String, Value>, shared: &SharedArgs, report: &Report) {
    if shared.json {
        report.answer(&json!({ "token": token, "authorizer": authorizer, "claims": claims }).to_string());
    } else {
        report.answer(token);
    }
}

/// The rules of the authorizer that is named, or of the only one.
fn choose<'a>(access: &'a AccessTable, name: Option<&str>) -> Result<&'a TokenRules, Error> {
    let found = access.token_rules();
    let known = || found.keys().map(|name| (*name).to_owned()).collect();
    match name {
        _ if found.is_empty() => Err(Error::NoTokens { asks_for_signatures: access.asks_for_signatures() }),
        None if found.len() > 1 => Err(Error::Several { known: known() }),
        None => found.values().next().copied().ok_or(Error::NoTokens { asks_for_signatures: false }),
        Some(name) => found.get(name).copied().ok_or_else(|| Error::Unknown { name: name.to_owned(), known: known() }),
    }
}

fn failure(error: key::Error) -> Failure {
    let hint = error.hint();
    Failure::failed(error, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::access::{Access, Authorization};

    fn table(names: &[&str]) -> AccessTable {
        let mut table = AccessTable::default();
        for (number, name) in names.iter().enumerate() {
            let rules = TokenRules { name: (*name).to_owned(), ..TokenRules::default() };
            let access = Access { authorization: Authorization::Token(rules), throttle: None };
            table.insert("ANY", &format!("/{number}"), access);
        }
        table
    }

    #[test]
    fn the_only_authorizer_or_the_named_one_is_taken() {
        let name = |table: &AccessTable, name: Option<&str>| choose(table, name).map(|rules| rules.name.clone());
        let fails = |table: &AccessTable, wanted: Option<&str>| {
            let error = name(table, wanted).unwrap_err();
            format!("{error}; {}", error.hint())
        };
        assert_eq!(name(&table(&["users", "users"]), None).unwrap(), "users");
        assert_eq!(name(&table(&["users", "staff"]), Some("staff")).unwrap(), "staff");
        assert_eq!(
            fails(&table(&["users", "staff"]), None),
            "the stage asks for tokens of several authorizers; add `--authorizer` with `staff` or `users`"
        );
        assert_eq!(
            fails(&table(&["users"]), Some("staff")),
            "the stage has no authorizer `staff` for tokens; add `--authorizer` with `users`"
        );
        assert!(fails(&AccessTable::default(), None).contains("`[stage.NAME.authorizers]`"));
        let mut signed = AccessTable::default();
        signed.insert("ANY", "/", Access { authorization: Authorization::Iam, throttle: None });
        assert!(fails(&signed, None).contains("curl --aws-sigv4"));
    }
}
