//! Event patterns: which events a filter of an event source mapping lets through. Pure.
//!
//! A pattern is a table with the structure of the event. Every field that it names must match, and a field matches if one of
//! the values of its list does; a list in the event matches if one of its elements does. A value is a text, a number, a
//! boolean, null, or a table with one operator (`operator.rs`, `test.rs`). `$or` lists patterns of which one must match.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

mod operator;
mod test;
mod wildcard;

use serde_json::{Map, Value};

use self::test::Test;
pub(crate) use operator::{FILTER_OPERATORS, OPERATORS, Operator};

/// The key of alternatives.
pub(crate) const OR: &str = "$or";

/// A pattern that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern(Vec<Condition>);

/// A condition; a pattern needs all of its own.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Field(String, Field),
    AnyOf(Vec<Pattern>),
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Table(Pattern),
    Leaf(Vec<Test>),
}

/// An error of a pattern that AWS would refuse.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{path}` of the pattern {reason}")]
pub(crate) struct PatternError {
    path: String,
    reason: String,
}

impl PatternError {
    fn new(path: &str, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), reason: reason.into() }
    }
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// Names the first field whose pattern AWS would refuse.
    pub(crate) fn parse(pattern: &Map<String, Value>) -> Result<Self, PatternError> {
        parse_table(pattern, "")
    }

    /// Whether an event matches.
    pub(crate) fn matches(&self, event: &Value) -> bool {
        self.matches_value(Some(event))
    }

    /// Whether the pattern names a field of the event's first level.
    pub(crate) fn field_kind(&self, name: &str) -> Option<FieldKind> {
        self.0.iter().find_map(|condition| match condition {
            Condition::Field(field, Field::Table(_)) if field == name => Some(FieldKind::Table),
            Condition::Field(field, Field::Leaf(_)) if field == name => Some(FieldKind::Leaf),
            Condition::AnyOf(patterns) => patterns.iter().find_map(|pattern| pattern.field_kind(name)),
            Condition::Field(..) => None,
        })
    }

    fn matches_value(&self, value: Option<&Value>) -> bool {
        match value {
            Some(Value::Array(items)) if !items.is_empty() => items.iter().any(|item| self.matches_value(Some(item))),
            value => self.0.iter().all(|condition| match condition {
                Condition::Field(name, field) => field.matches(value.and_then(|value| value.get(name))),
                Condition::AnyOf(patterns) => patterns.iter().any(|pattern| pattern.matches_value(value)),
            }),
        }
    }
}

/// What a pattern expects of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FieldKind {
    /// A table, of which it names fields.
    Table,
    /// A value.
    Leaf,
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Table(pattern) => pattern.matches_value(value),
            Self::Leaf(tests) => {
                let mut leaves = Vec::new();
                collect(value, &mut leaves);
                tests.iter().any(|test| test.matches(&leaves))
            }
        }
    }
}

/// Collects the values of a field: itself, or the elements of a list. A table is none.
fn collect<'a>(value: Option<&'a Value>, leaves: &mut Vec<&'a Value>) {
    match value {
        Some(Value::Array(items)) => items.iter().for_each(|item| collect(Some(item), leaves)),
        None | Some(Value::Object(_)) => {}
        Some(leaf) => leaves.push(leaf),
    }
}

fn parse_table(table: &Map<String, Value>, path: &str) -> Result<Pattern, PatternError> {
    if table.is_empty() {
        return Err(PatternError::new(if path.is_empty() { "{}" } else { path }, "is empty: a pattern names fields"));
    }
    let mut conditions = Vec::new();
    for (name, value) in table {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(alternatives) = alternatives(name, value) {
            let patterns = alternatives.into_iter().map(|table| parse_table(table, &path)).collect::<Result<_, _>>()?;
            conditions.push(Condition::AnyOf(patterns));
            continue;
        }
        let field = match value {
            Value::Object(table) => Field::Table(parse_table(table, &path)?),
            Value::Array(values) if values.is_empty() => {
                return Err(PatternError::new(&path, "is an empty list, which nothing matches"));
            }
            Value::Array(values) => {
                Field::Leaf(values.iter().map(|value| Test::parse(value, &path)).collect::<Result<_, _>>()?)
            }
            _ => return Err(PatternError::new(&path, format!("is {value}, not a list of values: write `[{value}]`"))),
        };
        conditions.push(Condition::Field(name.clone(), field));
    }
    Ok(Pattern(conditions))
}

/// The patterns of `$or`. One of fewer than two, or of anything but tables, is a field of that name.
fn alternatives<'a>(name: &str, value: &'a Value) -> Option<Vec<&'a Map<String, Value>>> {
    let tables = value.as_array().filter(|_| name == OR)?.iter().map(Value::as_object);
    tables.collect::<Option<Vec<_>>>().filter(|tables| tables.len() > 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(pattern: Value) -> Result<Pattern, PatternError> {
        let Value::Object(table) = pattern else { unreachable!("it is a table") };
        Pattern::parse(&table)
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "the callers write it as a literal")]
    fn check(pattern: Value, matching: &[Value], others: &[Value]) {
        let parsed = parse(pattern.clone()).unwrap();
        for event in matching {
            assert!(parsed.matches(event), "{pattern} does not match {event}");
        }
        for event in others {
            assert!(!parsed.matches(event), "{pattern} matches {event}");
        }
    }

    #[test]
    fn every_field_of_a_pattern_and_one_value_of_each_list_match() {
        let pattern = json!({ "source": ["a", "b"], "detail": { "state": ["on", null, 3, true], "kind": [""] } });
        let event = |state: Value| json!({ "source": "b", "detail": { "state": state, "kind": "" }, "more": 1 });
        check(
            pattern,
            &[event(json!("on")), event(json!(null)), event(json!(3.0)), event(json!(true)), event(json!(["x", "on"]))],
            &[event(json!("On")), event(json!("3")), event(json!([])), event(json!({})), json!({ "source": "b" })],
        );
    }

    #[test]
    fn lists_match_by_one_element_as_a_whole() {
        check(
            json!({ "items": { "id": [1], "paid": [true] } }),
            &[json!({ "items": [{ "id": 2 }, { "id": 1, "paid": true }] })],
            &[json!({ "items": [{ "id": 1, "paid": false }, { "id": 2, "paid": true }] }), json!({ "items": [] })],
        );
    }

    #[test]
    fn an_absent_field_exists_nowhere_and_a_null_does() {
        let (absent, there) = (json!({ "c": [{ "exists": false }] }), json!({ "c": [{ "exists": true }] }));
        check(absent, &[json!({}), json!({ "c": [] }), json!({ "c": { "d": 1 } })], &[json!({ "c": null })]);
        check(there, &[json!({ "c": null }), json!({ "c": 0 })], &[json!({}), json!({ "c": { "d": 1 } })]);
        check(
            json!({ "a": { "c": [{ "exists": false }] } }),
            &[json!({}), json!({ "a": 1 })],
            &[json!({ "a": { "c": 1 } })],
        );
    }

    #[test]
    fn alternatives_need_one_of_them() {
        check(
            json!({ "kind": ["x"], "$or": [{ "a": [1] }, { "b": { "$or": [{ "c": [1] }, { "d": [1] }] } }] }),
            &[json!({ "kind": "x", "a": 1 }), json!({ "kind": "x", "b": { "d": 1 } })],
            &[json!({ "kind": "x" }), json!({ "a": 1 }), json!({ "kind": "x", "b": { "d": 2 } })],
        );
        // A field of that name.
        check(json!({ "$or": ["a"] }), &[json!({ "$or": "a" })], &[json!({ "a": 1 })]);
    }

    #[test]
    fn what_aws_refuses_is_named_with_its_path() {
        for (pattern, expected) in [
            (json!({}), "`{}` of the pattern is empty: a pattern names fields"),
            (json!({ "a": {} }), "`a` of the pattern is empty: a pattern names fields"),
            (json!({ "a": { "b": "x" } }), "`a.b` of the pattern is \"x\", not a list of values: write `[\"x\"]`"),
            (json!({ "a": [] }), "`a` of the pattern is an empty list, which nothing matches"),
            (json!({ "a": [["x"]] }), "`a` of the pattern has the value [\"x\"], and a list has"),
            (json!({ "a": [{ "prefx": "x" }] }), "`a` of the pattern has the operator `prefx`, which is none of"),
            (json!({ "a": [{ "prefix": 1 }] }), "`a` of the pattern has `prefix` with 1, and it takes a text"),
            (json!({ "a": [{ "prefix": "x", "suffix": "y" }] }), "and a value has one operator"),
            (json!({ "a": [{ "numeric": [">"] }] }), "`numeric`"),
            (json!({ "a": [{ "numeric": ["=", 1, "<", 2] }] }), "`numeric`"),
            (json!({ "a": [{ "numeric": [">", "1"] }] }), "`numeric`"),
            (json!({ "a": [{ "numeric": [">", 5, "<", 5] }] }), "`numeric`"),
            (json!({ "a": [{ "cidr": "10.0.0.0/33" }] }), "`cidr`"),
            (json!({ "a": [{ "cidr": "10.0.0/8" }] }), "`cidr`"),
            (json!({ "a": [{ "exists": "no" }] }), "`exists`"),
            (json!({ "a": [{ "wildcard": "a**b" }] }), "`wildcard`"),
            (json!({ "a": [{ "wildcard": "a\\b" }] }), "`wildcard`"),
            (json!({ "a": [{ "anything-but": { "numeric": [">", 5] } }] }), "`anything-but`"),
            (json!({ "a": [{ "anything-but": [] }] }), "`anything-but`"),
        ] {
            let error = parse(pattern.clone()).expect_err(&pattern.to_string()).to_string();
            assert!(error.contains(expected), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_pattern_tells_what_it_expects_of_a_field() {
        let kind = |pattern: Value| parse(pattern).unwrap().field_kind("body");
        assert_eq!(kind(json!({ "body": ["x"] })), Some(FieldKind::Leaf));
        assert_eq!(kind(json!({ "body": { "a": [1] } })), Some(FieldKind::Table));
        assert_eq!(kind(json!({ "$or": [{ "id": [1] }, { "body": { "a": [1] } }] })), Some(FieldKind::Table));
        assert_eq!(kind(json!({ "id": ["body"] })), None);
    }
}
