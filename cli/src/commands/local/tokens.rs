//! The keys of tokens, and how the terminal says who is let in.

use std::{collections::BTreeMap, fs, path::Path};

use super::error::Error;
use crate::{
    args::LocalArgs,
    build::Cargo,
    commands::token::key::DevelopmentKey,
    gateway::access::TokenRules,
    local::{
        check_key_set,
        description::{Description, TokenKeys},
    },
    progress::Progress,
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
    let rules = description.gateway.access.token_rules();
    if rules.is_empty() {
        let error =
            || Error::KeysAlone { gateway: description.gateway.kind.noun(), is_by_flag: args.gateway.is_some() };
        return if args.jwks.is_some() { Err(usage(error())) } else { Ok(()) };
    }
    let jwks = match args.jwks.as_deref() {
        Some(path) => Some(read_for(path, &rules, report).map_err(usage)?),
        None => None,
    };
    let development = DevelopmentKey::load(&cargo.target_directory().await).map_err(|error| {
        let hint = error.hint();
        Failure::failed(error, hint)
    })?;
    development.warn(report);
    description.token_keys =
        Some(TokenKeys { jwks, development: development.key_set(), development_file: development.path().to_owned() });
    Ok(())
}

/// Reads a key set, which has to have a key for tokens of some authorizer; warns of the others, and of private keys.
fn read_for(path: &Path, rules: &BTreeMap<&str, &TokenRules>, progress: &dyn Progress) -> Result<String, Error> {
    let text = read(path)?;
    let unfit: Vec<_> =
        rules.iter().filter_map(|(name, rules)| Some((*name, check_key_set(rules, path).err()?.to_string()))).collect();
    if unfit.len() == rules.len()
        && let Some((_, reason)) = unfit.first()
    {
        return Err(Error::UnusableKeySet { path: path.to_owned(), reason: reason.clone() });
    }
    for (name, reason) in unfit {
        progress.warning(&format!("no token of `{name}` can be verified: {reason}"), Some(&key_set_hint(path)));
    }
    if has_private_key(&text) {
        let sentence =
            format!("{} contains a private key; anyone who has it can sign tokens of the issuer", path.display());
        progress.warning(
            &sentence,
            Some(
                "`local` needs the public keys alone: leave the members `d`, `p`, `q`, `dp`, `dq`, `qi` and `oth` out",
            ),
        );
    }
    Ok(text)
}

/// Where a key set comes from.
pub(super) fn key_set_hint(path: &Path) -> String {
    format!(
        "`--jwks {}` takes the document at the `jwks_uri` of the issuer, with the public keys that its tokens are signed with",
        path.display()
    )
}

/// Whether a key set has the private part of a key (RFC 7518 §6.2.2, §6.3.2).
fn has_private_key(text: &str) -> bool {
    let document = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    document["keys"].as_array().into_iter().flatten().any(|key| key.get("d").is_some())
}

/// Reads a key set.
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
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::{gateway::access::Issuer, progress::Served};

    /// Notes warnings.
    #[derive(Debug, Default)]
    struct Warnings(Mutex<Vec<String>>);

    impl Warnings {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl Progress for Warnings {
        fn step(&self, _: &str, _: &str) {}
        fn detail(&self, _: &str) {}
        fn warning(&self, sentence: &str, hint: Option<&str>) {
            assert!(hint.is_some());
            self.0.lock().unwrap().push(sentence.to_owned());
        }
        fn failure(&self, _: &str, _: Option<&str>) {}
        fn output(&self, _: &[u8]) {}
        fn request(&self, _: &Served<'_>) {}
        fn flush(&self) {}
    }

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
    fn a_key_set_that_fits_no_authorizer_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let warnings = Warnings::default();
        let number = |length: usize| base64_simd::URL_SAFE_NO_PAD.encode_to_string(vec![0xc1; length]);
        let rsa = json!({ "kty": "RSA", "n": number(256), "e": "AQAB", "kid": "a" });
        let with = |name: &str, value: &str| {
            let mut key = rsa.clone();
            key[name] = json!(value);
            key
        };
        let of = |algorithm: &str| TokenRules { algorithms: vec![algorithm.to_owned()], ..TokenRules::default() };
        let (rsa_rules, ec_rules) = (of("RS256"), of("ES256"));
        let one = BTreeMap::from([("users", &rsa_rules)]);
        let both = BTreeMap::from([("users", &rsa_rules), ("devices", &ec_rules)]);
        let ec_alone = BTreeMap::from([("devices", &ec_rules)]);
        for (keys, rules, expected) in [
            (json!([]), &one, Some("its array `keys` is empty")),
            (json!([{ "kty": "oct", "k": "c2VjcmV0" }]), &one, Some("none of its keys is a public key for RS256")),
            (json!([with("use", "enc")]), &one, Some("none of its keys is a public key")),
            (json!([rsa]), &ec_alone, Some("is for ES256")),
            (json!([rsa]), &one, None),
            (json!([rsa]), &both, None),
        ] {
            fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
            let error = read_for(&path, rules, &warnings).err();
            assert_eq!(error.is_some(), expected.is_some(), "{keys}");
            if let (Some(error), Some(expected)) = (error, expected) {
                let (text, file) = (error.to_string(), path.to_str().unwrap());
                assert!(
                    text.contains(expected) && text.contains(file) && error.hint().unwrap().contains(file),
                    "{text}"
                );
            }
        }
        let told = warnings.take();
        assert!(
            told.len() == 1 && told[0].starts_with("no token of `devices` can be verified: no key of `"),
            "{told:?}"
        );
        fs::write(&path, json!({ "keys": [rsa, with("d", "AQ")] }).to_string()).unwrap();
        read_for(&path, &one, &warnings).unwrap();
        let told = warnings.take();
        assert!(told.len() == 1 && told[0].contains("keys.json contains a private key"), "{told:?}");
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
