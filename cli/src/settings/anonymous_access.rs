//! Anonymous access: whether a resource policy refuses callers from the internet of whom nothing is known.

use std::net::IpAddr;

use serde_json::{Map, Value};

/// The keys that say who or where a caller is, and that callers do not choose.
const KEYS: [&str; 10] = [
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcearn",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:userid",
];
/// The operators that hold for the values that they name.
const EQUAL: [&str; 6] = ["ArnEquals", "ArnLike", "IpAddress", "StringEquals", "StringEqualsIgnoreCase", "StringLike"];
/// The shortest prefixes of networks that are some and not most of all addresses.
const SHORTEST: (u8, u8) = (8, 16);

/// A statement of a resource policy, as far as it concerns anonymous callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    /// Whether it denies and does not allow.
    pub(crate) denies: bool,
    /// Whether it is for every caller and every path of the stage.
    pub(crate) is_for_all: bool,
    pub(crate) conditions: Option<&'a Conditions>,
}

/// The conditions of a statement: operators with keys and values.
type Conditions = Map<String, Value>;

/// Whether a policy refuses anonymous callers in all of the stage: it allows only callers that it names, or denies all others. A policy
/// that bounds only some paths, the time, the protocol, or what clients write into headers does not.
pub(crate) fn is_refused(statements: &[Statement<'_>]) -> bool {
    let of_all = || statements.iter().filter(|statement| statement.is_for_all);
    of_all().any(|one| one.denies && denies(one.conditions))
        || !of_all().any(|one| !one.denies && !names_callers(one.conditions))
}

/// Whether a path of a policy, `STAGE/METHOD/PATH`, is every path of the stage.
pub(crate) fn is_every_path(stage: &str, path: &str) -> bool {
    let rest = path.strip_prefix(stage).unwrap_or(path);
    let slashes = rest.bytes().filter(|byte| *byte == b'/').count();
    rest.contains('*') && slashes <= 2 && rest.bytes().all(|byte| b"*/".contains(&byte))
}

/// The operators of conditions, each with a key and its values.
fn comparisons(conditions: Option<&Conditions>) -> impl Iterator<Item = (&str, &str, &Value)> {
    conditions.into_iter().flatten().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

/// Whether the conditions of `Allow` hold only for callers that they name. All of them have to hold, so that one such is enough.
fn names_callers(conditions: Option<&Conditions>) -> bool {
    comparisons(conditions).any(|(operator, key, values)| EQUAL.contains(&operator) && names(key, values))
}

/// Whether the conditions of `Deny` hold for all callers but those that they name: each of them does.
fn denies(conditions: Option<&Conditions>) -> bool {
    comparisons(conditions).all(|(operator, key, values)| {
        let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
        let equal = operator.replacen("Not", "", 1);
        equal != operator && EQUAL.contains(&equal.as_str()) && names(key, values)
    })
}

/// Whether a key with these values names some callers and not most of all.
fn names(key: &str, values: &Value) -> bool {
    let of_all = |check: fn(&Value) -> bool| match values {
        Value::Array(values) => values.iter().all(check),
        value => check(value),
    };
    KEYS.contains(&key.to_ascii_lowercase().as_str()) && of_all(|value| is_some_network(value) && value != "*")
}

/// Whether a value is no network, or one of some addresses.
fn is_some_network(value: &Value) -> bool {
    let network = value.as_str().and_then(|text| text.split_once('/'));
    let Some((address, prefix)) = network.and_then(|(address, prefix)| Some((address, prefix.parse::<u8>().ok()?)))
    else {
        return true;
    };
    match address.parse() {
        Ok(IpAddr::V4(_)) => prefix >= SHORTEST.0,
        Ok(IpAddr::V6(_)) => prefix >= SHORTEST.1,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether anonymous callers are refused by statements for all callers and paths: whether each denies, and its conditions.
    fn is_refused_by(statements: &[(bool, &Value)]) -> bool {
        let statement = |(denies, conditions): &(bool, _)| -> Statement<'_> {
            let conditions: &&Value = conditions;
            Statement { denies: *denies, is_for_all: true, conditions: conditions.as_object() }
        };
        let statements: Vec<_> = statements.iter().map(statement).collect();
        is_refused(&statements)
    }

    #[test]
    fn an_allow_bounds_if_it_names_callers() {
        for (condition, expected) in [
            (json!({}), false),
            (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), true),
            (json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.7", "2001:db8::/32"] } }), true),
            (json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }), true),
            (
                json!({ "StringEquals": { "aws:PrincipalOrgID": ["o-1"] }, "Bool": { "aws:SecureTransport": "true" } }),
                true,
            ),
            (json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "::/0"] } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"] } }), false),
            (json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), false),
            (json!({ "Bool": { "aws:SecureTransport": "true" } }), false),
            (json!({ "StringLike": { "aws:UserAgent": "*" } }), false),
            (json!({ "StringEquals": { "aws:UserAgent": "app" } }), false),
            (json!({ "StringLike": { "aws:SourceVpce": "*" } }), false),
            (json!({ "DateGreaterThan": { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }), false),
            (json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), false),
            (json!({ "Null": { "aws:SourceVpce": "true" } }), false),
        ] {
            assert_eq!(is_refused_by(&[(false, &condition)]), expected, "{condition}");
        }
        assert!(is_refused(&[Statement { denies: false, is_for_all: false, conditions: None }]), "it names callers");
        assert!(is_refused(&[]));
    }

    #[test]
    fn a_deny_bounds_if_it_is_for_all_others_and_all_paths() {
        for (condition, expected) in [
            (json!({}), true),
            (json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), true),
            (json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }), true),
            (json!({ "StringNotEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), true),
            (json!({ "NotIpAddress": { "aws:SourceIp": ["0.0.0.0/0"] } }), false),
            (json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), false),
            (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
            (
                json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] }, "Bool": { "aws:SecureTransport": "false" } }),
                false,
            ),
        ] {
            assert_eq!(is_refused_by(&[(false, &Value::Null), (true, &condition)]), expected, "{condition}");
        }
        let allow = Statement { denies: false, is_for_all: true, conditions: None };
        assert!(!is_refused(&[allow, Statement { denies: true, is_for_all: false, conditions: None }]), "one path");
    }

    #[test]
    fn every_path_of_the_stage_is_written_with_stars_alone() {
        for path in ["*", "**", "dev*", "dev/*", "dev/*/*", "*/*", "*/*/*"] {
            assert!(is_every_path("dev", path), "{path}");
        }
        for path in ["dev", "dev/GET/*", "dev/*/a", "dev/*/a*", "dev/*/*/*", "d*/*", "prod/*"] {
            assert!(!is_every_path("dev", path), "{path}");
        }
    }
}
