//! Whether a resource policy keeps strangers out: callers from the internet of whom nothing is known.

use std::net::IpAddr;

use serde_json::Value;

/// How the resource of the API itself begins.
const API: &str = "execute-api:/";
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

/// Whether a policy refuses strangers in all of the stage: it lets only callers in that it knows, or denies all others. What only
/// bounds some paths, the time, the protocol, or what clients write into headers, does not.
pub(super) fn bounds(policy: &Value) -> bool {
    let Some(statements) = policy["Statement"].as_array() else { return !policy.is_null() };
    let is_for_all = |statement: &&Value| {
        let resources = statement["Resource"].as_array();
        statement["Principal"] == "*" && resources.is_some_and(|all| all.iter().any(is_whole))
    };
    let mut of_all = statements.iter().filter(is_for_all);
    let denies_strangers = of_all.clone().any(|one| one["Effect"] == "Deny" && denies(&one["Condition"]));
    denies_strangers || !of_all.any(|one| one["Effect"] == "Allow" && !knows(&one["Condition"]))
}

/// Whether a resource is all of the API or of a stage.
fn is_whole(resource: &Value) -> bool {
    let path = resource.as_str().and_then(|resource| resource.strip_prefix(API)).unwrap_or_default();
    let mut parts = path.split('/');
    path == "*" || parts.next().is_some() && matches!((parts.next(), parts.next()), (Some("*"), None | Some("*")))
}

/// The operators of a condition, each with a key and its values.
fn comparisons(condition: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    condition.as_object().into_iter().flatten().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

/// Whether a condition of `Allow` holds for callers alone that it names. All parts of a condition have to hold, so that one such
/// is enough.
fn knows(condition: &Value) -> bool {
    comparisons(condition).any(|(operator, key, values)| EQUAL.contains(&operator) && names(key, values))
}

/// Whether a condition of `Deny` holds for all callers but those that it names: every part does.
fn denies(condition: &Value) -> bool {
    comparisons(condition).all(|(operator, key, values)| {
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

    fn statement(effect: &str, resource: &str, condition: &Value) -> Value {
        json!({ "Effect": effect, "Principal": "*", "Resource": [resource], "Condition": condition })
    }

    fn is_bounded(statements: &[Value]) -> bool {
        bounds(&json!({ "Version": "2012-10-17", "Statement": statements }))
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
            for resource in ["execute-api:/*", "execute-api:/dev/*", "execute-api:/dev/*/*"] {
                assert_eq!(is_bounded(&[statement("Allow", resource, &condition)]), expected, "{resource} {condition}");
            }
        }
        let named =
            json!({ "Effect": "Allow", "Principal": { "AWS": ["123456789012"] }, "Resource": ["execute-api:/*"] });
        assert!(is_bounded(&[named]));
        assert!(bounds(&json!("{}")) && !bounds(&Value::Null));
    }

    #[test]
    fn a_deny_bounds_if_it_is_for_all_others_and_all_paths() {
        let allow = statement("Allow", "execute-api:/*", &json!({}));
        for (resource, condition, expected) in [
            ("execute-api:/*", json!({}), true),
            ("execute-api:/*", json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), true),
            ("execute-api:/*", json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }), true),
            ("execute-api:/*", json!({ "StringNotEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }), true),
            ("execute-api:/dev/*/admin", json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), false),
            ("execute-api:/*", json!({ "NotIpAddress": { "aws:SourceIp": ["0.0.0.0/0"] } }), false),
            ("execute-api:/*", json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }), false),
            ("execute-api:/*", json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
            (
                "execute-api:/*",
                json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] }, "Bool": { "aws:SecureTransport": "false" } }),
                false,
            ),
        ] {
            let deny = statement("Deny", resource, &condition);
            assert_eq!(is_bounded(&[allow.clone(), deny]), expected, "{resource} {condition}");
        }
    }
}
