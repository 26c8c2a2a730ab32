//! A test of a value: equality, or an operator such as `prefix`.

use std::net::IpAddr;

use serde_json::Value;

use super::{OPERATORS, Operator, PatternError, wildcard::Wildcard};

/// A test of the values of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Exists(bool),
    Value(ValueTest),
    AnythingBut(Vec<ValueTest>),
}

/// A test of one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ValueTest {
    Equal(Value),
    EqualIgnoringCase(String),
    Prefix { text: String, ignores_case: bool },
    Suffix { text: String, ignores_case: bool },
    Wildcard(Wildcard),
    Numeric(Vec<(Comparison, f64)>),
    Cidr(IpAddr, u8),
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    /// Parses an element of a field's list.
    pub(super) fn parse(value: &Value, path: &str) -> Result<Self, PatternError> {
        match value {
            Value::Object(table) => {
                let mut entries = table.iter();
                let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
                    return Err(PatternError::new(path, format!("has {value}, and a value has one operator")));
                };
                match Operator::named(name) {
                    None => Err(unknown(path, name)),
                    Some(operator @ Operator::Exists) => operand
                        .as_bool()
                        .map(Self::Exists)
                        .ok_or_else(|| wrong(path, operator, operand, "`true` or `false`")),
                    Some(Operator::AnythingBut) => excluded(operand, path).map(Self::AnythingBut),
                    Some(operator) => ValueTest::parse(operator, operand, path).map(Self::Value),
                }
            }
            Value::Array(_) => {
                let reason =
                    format!("has the value {value}, and a list has texts, numbers, booleans, null and operators");
                Err(PatternError::new(path, reason))
            }
            _ => Ok(Self::Value(ValueTest::Equal(value.clone()))),
        }
    }

    /// Whether one of the values of a field passes; a field without values is absent.
    pub(super) fn matches(&self, leaves: &[&Value]) -> bool {
        match self {
            Self::Exists(expected) => leaves.is_empty() != *expected,
            Self::Value(test) => leaves.iter().any(|leaf| test.matches(leaf)),
            Self::AnythingBut(tests) => leaves.iter().any(|leaf| !tests.iter().any(|test| test.matches(leaf))),
        }
    }
}

/// The tests of `anything-but`: values, or an operator on one text or several.
fn excluded(operand: &Value, path: &str) -> Result<Vec<ValueTest>, PatternError> {
    let fault = || wrong(path, Operator::AnythingBut, operand, "texts or numbers, or an operator on texts");
    match operand {
        Value::String(_) | Value::Number(_) => Ok(vec![ValueTest::Equal(operand.clone())]),
        Value::Array(values) if !values.is_empty() => {
            let is_plain = |value: &Value| value.is_string() || value.is_number();
            let tests = values.iter().map(|value| is_plain(value).then(|| ValueTest::Equal(value.clone())));
            tests.collect::<Option<_>>().ok_or_else(fault)
        }
        Value::Object(table) if table.len() == 1 => {
            let (name, operand) = table.iter().next().ok_or_else(fault)?;
            let is_of_texts = |operator: &Operator| {
                matches!(
                    operator,
                    Operator::Prefix | Operator::Suffix | Operator::EqualsIgnoreCase | Operator::Wildcard
                )
            };
            let operator = Operator::named(name).filter(is_of_texts).ok_or_else(fault)?;
            match operand.as_array().filter(|texts| !texts.is_empty()) {
                Some(texts) => texts.iter().map(|text| ValueTest::parse(operator, text, path)).collect(),
                None => Ok(vec![ValueTest::parse(operator, operand, path)?]),
            }
        }
        _ => Err(fault()),
    }
}

impl ValueTest {
    fn parse(operator: Operator, operand: &Value, path: &str) -> Result<Self, PatternError> {
        let text = || operand.as_str().map(str::to_owned).ok_or_else(|| wrong(path, operator, operand, "a text"));
        Ok(match operator {
            Operator::Prefix | Operator::Suffix => {
                let (text, ignores_case) = match operand[Operator::EqualsIgnoreCase.name()].as_str() {
                    Some(text) => (text.to_lowercase(), true),
                    None => (text()?, false),
                };
                match operator {
                    Operator::Prefix => Self::Prefix { text, ignores_case },
                    _ => Self::Suffix { text, ignores_case },
                }
            }
            Operator::EqualsIgnoreCase => Self::EqualIgnoringCase(text()?.to_lowercase()),
            Operator::Wildcard => Self::Wildcard(Wildcard::parse(&text()?).ok_or_else(|| {
                let expected = "single asterisks; `\\*` is an asterisk and `\\\\` a backslash";
                wrong(path, operator, operand, expected)
            })?),
            Operator::Numeric => Self::Numeric(comparisons(operand).ok_or_else(|| {
                let expected = "a comparison such as `[\"=\", 5]`, or a range such as `[\">\", 0, \"<=\", 5]`";
                wrong(path, operator, operand, expected)
            })?),
            Operator::Cidr => {
                let range = range(&text()?);
                let (address, bits) =
                    range.ok_or_else(|| wrong(path, operator, operand, "a range such as `10.0.0.0/24`"))?;
                Self::Cidr(address, bits)
            }
            // These test a field and not one value.
            Operator::Exists | Operator::AnythingBut => {
                return Err(wrong(path, operator, operand, "no value of a list"));
            }
        })
    }

    fn matches(&self, value: &Value) -> bool {
        let text = || value.as_str().unwrap_or_default();
        match self {
            // By its value, however it is written.
            Self::Equal(Value::Number(number)) => number.as_f64() == value.as_f64(),
            Self::Equal(expected) => expected == value,
            Self::Numeric(comparisons) => value
                .as_f64()
                .is_some_and(|number| comparisons.iter().all(|(comparison, other)| comparison.holds(number, *other))),
            _ if !value.is_string() => false,
            Self::EqualIgnoringCase(expected) => text().to_lowercase() == *expected,
            Self::Prefix { text: prefix, ignores_case: true } => text().to_lowercase().starts_with(prefix),
            Self::Prefix { text: prefix, .. } => text().starts_with(prefix),
            Self::Suffix { text: suffix, ignores_case: true } => text().to_lowercase().ends_with(suffix),
            Self::Suffix { text: suffix, .. } => text().ends_with(suffix),
            Self::Wildcard(wildcard) => wildcard.matches(text()),
            Self::Cidr(network, bits) => text().parse().is_ok_and(|address| is_within(address, *network, *bits)),
        }
    }
}

impl Comparison {
    fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    #[expect(clippy::float_cmp, reason = "numbers of JSON are equal if they are the same")]
    fn holds(self, number: f64, other: f64) -> bool {
        match self {
            Self::Equal => number == other,
            Self::Less => number < other,
            Self::LessOrEqual => number <= other,
            Self::Greater => number > other,
            Self::GreaterOrEqual => number >= other,
        }
    }
}

/// One comparison, or the two of a range that has its lower bound first.
fn comparisons(operand: &Value) -> Option<Vec<(Comparison, f64)>> {
    let pairs = operand.as_array()?.chunks(2);
    let parsed: Option<Vec<_>> = pairs
        .map(|pair| match pair {
            [sign, number] => Some((Comparison::parse(sign.as_str()?)?, number.as_f64()?)),
            _ => None,
        })
        .collect();
    parsed.filter(|comparisons| match comparisons[..] {
        [_] => true,
        [
            (Comparison::Greater | Comparison::GreaterOrEqual, low),
            (Comparison::Less | Comparison::LessOrEqual, high),
        ] => low < high,
        _ => false,
    })
}

/// `10.0.0.0/24`.
fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse().ok()?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// Whether an address begins with the same bits as a network.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let prefix = |value: u128, width: u32| value.checked_shr(width - u32::from(bits)).unwrap_or_default();
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            prefix(u32::from(address).into(), 32) == prefix(u32::from(network).into(), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => prefix(address.into(), 128) == prefix(network.into(), 128),
        _ => false,
    }
}

fn unknown(path: &str, name: &str) -> PatternError {
    let known: Vec<&str> = OPERATORS.iter().map(|operator| operator.name()).collect();
    PatternError::new(path, format!("has the operator `{name}`, which is none of `{}`", known.join("`, `")))
}

fn wrong(path: &str, operator: Operator, operand: &Value, expected: &str) -> PatternError {
    let operator = operator.name();
    PatternError::new(path, format!("has `{operator}` with {operand}, and it takes {expected}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operators_test_values() {
        for (operator, matching, others) in [
            (json!({ "prefix": "us-" }), json!(["us-east-1", "us-"]), json!(["US-east-1", "eu-us-", 5, null])),
            (json!({ "prefix": { "equals-ignore-case": "Us-" } }), json!(["US-EAST-1", "us-"]), json!(["eu-us-"])),
            (json!({ "suffix": ".png" }), json!(["a.png"]), json!(["a.PNG", "a.png2"])),
            (json!({ "suffix": { "equals-ignore-case": ".PNG" } }), json!(["a.png", "A.PnG"]), json!(["png"])),
            (json!({ "equals-ignore-case": "Alice" }), json!(["alice", "ALICE"]), json!(["alic", 1])),
            (json!({ "wildcard": "in/*.png" }), json!(["in/a.png"]), json!(["out/a.png", 1])),
            (json!({ "numeric": ["=", 3] }), json!([3, 3.0]), json!([3.1, "3", null])),
            (json!({ "numeric": [">", 0, "<=", 5] }), json!([0.1, 5]), json!([0, 5.1, -1])),
            (json!({ "cidr": "10.0.0.0/24" }), json!(["10.0.0.255"]), json!(["10.0.1.0", "x", "::1"])),
            (json!({ "cidr": "0.0.0.0/0" }), json!(["8.8.8.8"]), json!(["::1"])),
            (json!({ "cidr": "2001:db8::/32" }), json!(["2001:db8:1::1"]), json!(["2001:db9::1"])),
            (json!({ "anything-but": "on" }), json!(["off", "", 1, null]), json!(["on"])),
            (json!({ "anything-but": ["on", 5] }), json!(["off"]), json!(["on", 5])),
            (json!({ "anything-but": { "prefix": "us-" } }), json!(["eu-1"]), json!(["us-1"])),
            (json!({ "anything-but": { "suffix": [".png", ".jpg"] } }), json!(["a.gif"]), json!(["a.jpg", "a.png"])),
            (json!({ "anything-but": { "equals-ignore-case": "ON" } }), json!(["off"]), json!(["on"])),
            (json!({ "anything-but": { "wildcard": "*/lib/*" } }), json!(["a/b"]), json!(["a/lib/b"])),
        ] {
            let test = Test::parse(&operator, "a").unwrap();
            for value in matching.as_array().unwrap() {
                assert!(test.matches(&[value]), "{operator} does not match {value}");
            }
            for value in others.as_array().unwrap() {
                assert!(!test.matches(&[value]), "{operator} matches {value}");
            }
        }
    }

    #[test]
    fn anything_but_needs_a_value() {
        let test = Test::parse(&json!({ "anything-but": "on" }), "a").unwrap();
        assert!(!test.matches(&[]) && test.matches(&[&json!("on"), &json!("off")]));
    }
}
