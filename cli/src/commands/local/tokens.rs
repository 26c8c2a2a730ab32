//! The keys of tokens, and how the terminal says who is let in.

use std::{fs, path::Path};

use super::error::Error;
use crate::{
    args::LocalArgs,
    build::Cargo,
    commands::token::key::DevelopmentKey,
    gateway::access::TokenRules,
    local::description::{Description, TokenKeys},
    progress::Progress as _,
    report::{Failure, Report},
};

/// More than any key set has.
const MAX_KEY_SET: u64 = 1 << 20;

/// Gives the description the keys that its routes need: those of `--jwks`, and that of development tokens.
pub(super) async fn add_keys(
    description: &mut Description,
    args: &LocalArgs,
    cargo: &Cargo,
    report: &Report,
) -> Result<(), Failure> {
    if description.gateway.access.token_rules().is_empty() {
        let error =
            || Error::KeysAlone { gateway: description.gateway.kind.noun(), is_by_flag: args.gateway.is_some() };
        return if args.jwks.is_some() { Err(usage(error())) } else { Ok(()) };
    }
    let jwks = args.jwks.as_deref().map(read).transpose().map_err(usage)?;
    let development = DevelopmentKey::load(&cargo.target_directory().await).map_err(|error| {
        let hint = error.hint();
        Failure::failed(error, hint)
    })?;
    development.warn(report);
    description.token_keys = Some(TokenKeys { jwks, development: development.key_set() });
    Ok(())
}

/// Reads a key set. What is in it is checked for each authorizer, whose algorithms it may not fit.
fn read(path: &Path) -> Result<String, Error> {
    let malformed = |reason: String| Error::KeySet { path: path.to_owned(), reason };
    let size = fs::metadata(path).map_err(|error| malformed(error.to_string()))?.len();
    if size > MAX_KEY_SET {
        return Err(malformed("it is longer than 1 MiB".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| malformed(error.to_string()))?;
    let document = serde_json::from_str::<serde_json::Value>(&text).map_err(|error| malformed(error.to_string()))?;
    if !document["keys"].is_array() {
        return Err(malformed("it has no list `keys`".to_owned()));
    }
    Ok(text)
}

fn usage(error: Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}

/// Says which tokens are let in. `stage` is the one of the command line.
pub(super) fn report_rules(description: &Description, stage: Option<&str>, report: &Report) {
    let rules = description.gateway.access.token_rules();
    let is_several = rules.len() > 1;
    let is_offline = description.token_keys.as_ref().is_some_and(|keys| keys.jwks.is_some());
    for rules in rules.values() {
        report.step("Asking", &sentence(rules, stage, is_several, is_offline));
    }
}

fn sentence(rules: &TokenRules, stage: Option<&str>, is_several: bool, is_offline: bool) -> String {
    let TokenRules { name, issuers, .. } = rules;
    let stage = stage.map(|stage| format!(" {stage}")).unwrap_or_default();
    let authorizer = if is_several { format!(" --authorizer {name}") } else { String::new() };
    let command = format!("`zappa-rs token{stage} --sub alice{authorizer}` makes one");
    match issuers.iter().find_map(|issuer| issuer.declared.as_ref()).filter(|_| !is_offline) {
        Some(pool) => format!(
            "for a token of `{name}`; {command}, and no other is let in: the user pool `{pool}` has no keys before a deploy"
        ),
        None => format!("for a token of `{name}`; {command}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::access::Issuer;

    #[test]
    fn the_terminal_says_how_callers_get_in() {
        let rules = |declared: Option<&str>| TokenRules {
            name: "users".to_owned(),
            issuers: vec![Issuer { url: "https://id.example.com".to_owned(), declared: declared.map(str::to_owned) }],
            ..TokenRules::default()
        };
        assert_eq!(
            sentence(&rules(None), None, false, false),
            "for a token of `users`; `zappa-rs token --sub alice` makes one"
        );
        assert_eq!(
            sentence(&rules(None), Some("dev"), true, false),
            "for a token of `users`; `zappa-rs token dev --sub alice --authorizer users` makes one"
        );
        let declared = sentence(&rules(Some("Users")), None, false, false);
        assert!(declared.ends_with("the user pool `Users` has no keys before a deploy"), "{declared}");
        assert!(!sentence(&rules(Some("Users")), None, false, true).contains("deploy"));
    }

    #[test]
    fn a_file_that_is_no_key_set_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        for (text, reason) in [("{", "EOF"), ("{}", "no list `keys`"), (r#"{"keys":[]}"#, "")] {
            fs::write(&path, text).unwrap();
            match read(&path) {
                Ok(read) => assert_eq!((read.as_str(), reason), (text, "")),
                Err(Error::KeySet { path: named, reason: why }) => {
                    assert!(named == path && !reason.is_empty() && why.contains(reason), "{why}");
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert!(matches!(read(&folder.path().join("nothing")), Err(Error::KeySet { .. })));
    }
}
