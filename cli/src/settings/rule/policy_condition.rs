//! Conditions of IAM's policies: the operators, and the addresses that they compare with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::is_intrinsic;
use crate::suggestion::nearest;

/// The operators, which [`SUFFIX`] and [`PREFIXES`] extend.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];
/// What operators for keys with several values begin with.
const PREFIXES: [&str; 2] = ["ForAllValues", "ForAnyValue"];
/// What an operator ends with that holds where the request does not have the key; `Null` has it not.
const SUFFIX: &str = "IfExists";
/// The keys of the VPC and of the VPC endpoint that a request comes from.
pub(super) const SOURCE_VPC: &str = "aws:SourceVpc";
pub(super) const SOURCE_VPCE: &str = "aws:SourceVpce";

/// What is wrong with conditions.
pub(super) fn faults(conditions: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    for (operator, keys) in conditions.iter().filter(|_| !is_intrinsic(conditions)) {
        if let Some(sentence) = operator_fault(operator) {
            faults.push(sentence);
            continue;
        }
        let Value::Object(keys) = keys else {
            let sentence = format!(
                "`{operator}` is a table of keys with values, such as `{{ \"aws:SourceIp\" = [\"203.0.113.0/24\"] }}`"
            );
            faults.push(sentence);
            continue;
        };
        if matches!(base(operator), "IpAddress" | "NotIpAddress") {
            faults.extend(keys.values().flat_map(values).filter_map(address_fault));
        }
        faults.extend(id_faults(keys));
    }
    faults
}

/// The values of a key, which are a list or one.
pub(super) fn values(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// An operator without what extends it.
pub(super) fn base(operator: &str) -> &str {
    let operator = operator.split_once(':').map_or(operator, |(_, operator)| operator);
    operator.strip_suffix(SUFFIX).unwrap_or(operator)
}

fn operator_fault(operator: &str) -> Option<String> {
    let (prefix, rest) = operator.split_once(':').map_or((None, operator), |(prefix, rest)| (Some(prefix), rest));
    let (base, suffix) = rest.strip_suffix(SUFFIX).map_or((rest, ""), |base| (base, SUFFIX));
    let is_prefix = prefix.is_none_or(|prefix| PREFIXES.contains(&prefix));
    if is_prefix && OPERATORS.contains(&base) && (base != "Null" || suffix.is_empty()) {
        return None;
    }
    if base == "Null" && is_prefix {
        return Some(format!("`{operator}` is no operator of IAM: `Null` asks itself whether a key is there"));
    }
    let known_prefix = prefix.map(|prefix| nearest(prefix, PREFIXES).map(|prefix| format!("{prefix}:")));
    let meant = nearest(base, OPERATORS).and_then(|base| Some((known_prefix.unwrap_or(Some(String::new()))?, base)));
    let end = meant.map_or_else(
        || ", such as `StringEquals` and `IpAddress`, with or without `IfExists`".to_owned(),
        |(prefix, base)| format!("; did you mean `{prefix}{base}{suffix}`?"),
    );
    Some(format!("`{operator}` is none of IAM's condition operators{end}"))
}

/// What is wrong with a value that addresses are compared with; an expression of CloudFormation is not known.
fn address_fault(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) if network(text).is_some() => return None,
        Value::Object(_) => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(format!("`{text}` is no IP address or network, such as `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`"))
}

/// An address and the number of its fixed bits, of a text that is an address or a network.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let is_number = |bits: &&str| bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits = match bits {
        None => most,
        Some(bits) => Some(bits).filter(is_number)?.parse().ok()?,
    };
    (bits <= most).then_some((address, bits))
}

/// What is wrong with an id that a key is compared with: a VPC and its endpoints have different ones.
fn id_faults(keys: &Map<String, Value>) -> impl Iterator<Item = String> {
    let wrong = |(key, value): (&String, &Value)| -> Vec<String> {
        let of = |wanted: &str, prefix: &str, noun: &str, meant: &str| -> Vec<String> {
            let texts = values(value).iter().filter(|_| key.eq_ignore_ascii_case(wanted)).filter_map(Value::as_str);
            let texts = texts.filter(|text| text.starts_with(prefix));
            texts.map(|text| format!("`{text}` is the id of {noun}, which `{key}` never is; `{meant}` is")).collect()
        };
        let endpoints = of(SOURCE_VPC, "vpce-", "a VPC endpoint", SOURCE_VPCE);
        endpoints.into_iter().chain(of(SOURCE_VPCE, "vpc-", "a VPC", SOURCE_VPC)).collect()
    };
    keys.iter().flat_map(wrong)
}

/// Networks of which no address is one of the internet. <https://www.rfc-editor.org/rfc/rfc1918>,
/// <https://www.rfc-editor.org/rfc/rfc4193>
const PRIVATE: [(IpAddr, u8); 4] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
];

/// Whether all addresses of a network are private ones.
pub(super) fn is_private(text: &str) -> bool {
    let Some((address, bits)) = network(text) else { return false };
    PRIVATE.into_iter().any(|(private, length)| match (address, private) {
        (IpAddr::V4(address), IpAddr::V4(private)) => {
            bits >= length && (address.to_bits() ^ private.to_bits()) >> (32 - length) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(private)) => {
            bits >= length && (address.to_bits() ^ private.to_bits()) >> (128 - length) == 0
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operator_is_one_of_iams() {
        for (operator, expected) in [
            ("IpAdress", "did you mean `IpAddress`?"),
            ("ipaddress", "did you mean `IpAddress`?"),
            ("StringEqualIfExists", "did you mean `StringEqualsIfExists`?"),
            ("ForAnyValues:StringLike", "did you mean `ForAnyValue:StringLike`?"),
            ("ForAllValues:StringLikes", "did you mean `ForAllValues:StringLike`?"),
            ("NullIfExists", "asks itself whether a key is there"),
            ("between", "such as `StringEquals`"),
        ] {
            let found = operator_fault(operator).unwrap_or_default();
            assert!(found.contains(expected), "{operator}: {found}");
        }
        for operator in OPERATORS.into_iter().chain(["IpAddressIfExists", "ForAnyValue:StringNotLikeIfExists"]) {
            assert_eq!(operator_fault(operator), None, "{operator}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_a_fault() {
        let faults = |value: Value| {
            let conditions = json!({ "NotIpAddressIfExists": { "aws:SourceIp": value } });
            super::faults(conditions.as_object().unwrap()).len()
        };
        for value in [
            json!("1.2.3.400/32"),
            json!("10.0.0.0/33"),
            json!("10.0.0.0/+8"),
            json!("10.0.0.0/"),
            json!("2001:db8::/129"),
            json!("2001:dg8::"),
            json!("office.example.com"),
            json!(10),
            json!(["10.0.0.0/8", ""]),
        ] {
            assert_eq!(faults(value.clone()), 1, "{value}");
        }
        for value in [
            json!("10.1.2.3"),
            json!("0.0.0.0/0"),
            json!(["10.0.0.0/8", "::/0", "2001:db8::1"]),
            json!({ "Fn::GetAtt": ["Office", "Ip"] }),
        ] {
            assert_eq!(faults(value.clone()), 0, "{value}");
        }
    }

    #[test]
    fn an_id_of_a_vpc_is_none_of_an_endpoint() {
        for (key, value, expected) in [
            ("aws:SourceVpc", json!(["vpc-1", "vpce-1"]), Some("`vpce-1` is the id of a VPC endpoint")),
            ("AWS:sourcevpc", json!("vpce-1"), Some("`aws:SourceVpce`")),
            ("aws:SourceVpce", json!("vpc-1"), Some("`vpc-1` is the id of a VPC")),
            ("aws:SourceVpc", json!("vpc-1"), None),
            ("aws:SourceVpce", json!(["vpce-1", "*"]), None),
        ] {
            let conditions = json!({ "StringNotEquals": { key: value } });
            let found = faults(conditions.as_object().unwrap());
            assert_eq!(found.len(), usize::from(expected.is_some()), "{conditions}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{conditions}: {found:?}");
        }
    }

    #[test]
    fn a_network_is_private_as_a_whole_or_not() {
        for network in
            ["10.0.0.0/8", "10.1.2.3", "172.16.0.0/12", "172.31.1.0/24", "192.168.0.0/16", "fd00::/8", "fc00::/7"]
        {
            assert!(is_private(network), "{network}");
        }
        for network in
            ["0.0.0.0/0", "10.0.0.0/7", "172.32.0.0/16", "172.16.0.0/11", "203.0.113.0/24", "::/0", "2001:db8::1", "x"]
        {
            assert!(!is_private(network), "{network}");
        }
    }

    #[test]
    fn an_operator_has_keys() {
        let conditions = json!({ "IpAddress": "10.0.0.0/8" });
        let found = faults(conditions.as_object().unwrap());
        assert!(found.len() == 1 && found[0].contains("is a table of keys"), "{found:?}");
    }
}
