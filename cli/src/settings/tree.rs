//! TOML as a tree that keeps the position of each part in the file.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// A value and where it begins in the text, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// What TOML can say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A date or time, which no setting is.
    Time(String),
    List(Vec<Node>),
    Table(Table),
}

/// A table; each entry has the position of its key.
pub(super) type Table = BTreeMap<String, Entry>;

/// The entry of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) at: usize,
    pub(super) node: Node,
}

/// Reads a whole file, or finds every place where it is not TOML.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { at: table.span().start, kind: Kind::Table(entries(table.get_ref())) });
    }
    let fault = |error: &toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        Fault::new(at, error.message().trim().replace('\n', ", "))
    };
    Err(errors.iter().map(fault).collect())
}

fn entries(table: &DeTable<'_>) -> Table {
    let entry = |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
        let node = Node { at: value.span().start, kind: kind(value.get_ref()) };
        (key.get_ref().to_string(), Entry { at: key.span().start, node })
    };
    table.iter().map(entry).collect()
}

fn kind(value: &DeValue<'_>) -> Kind {
    match value {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Kind::Integer(number),
            // More digits than any setting takes.
            Err(_) => Kind::Float(if number.as_str().starts_with('-') { f64::MIN } else { f64::MAX }),
        },
        DeValue::Float(number) => Kind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(switch) => Kind::Boolean(*switch),
        DeValue::Datetime(time) => Kind::Time(time.to_string()),
        DeValue::Array(items) => {
            Kind::List(items.iter().map(|item| Node { at: item.span().start, kind: kind(item.get_ref()) }).collect())
        }
        DeValue::Table(table) => Kind::Table(entries(table)),
    }
}

impl Node {
    /// The table, if it is one.
    pub(super) fn table(&self) -> Option<&Table> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What kind of value this is, as a sentence says it.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "text",
            Kind::Integer(_) => "a whole number",
            Kind::Float(_) => "a decimal number",
            Kind::Boolean(_) => "true or false",
            Kind::Time(_) => "a date or time",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }

    /// The position of the value at a path such as `["permissions", "0"]`; of the path's longest part that exists.
    pub(super) fn place(&self, path: &[&str]) -> usize {
        let mut node = self;
        let mut at = self.at;
        for part in path {
            match &node.kind {
                Kind::Table(table) => match table.get(*part) {
                    Some(entry) => {
                        at = entry.at;
                        node = &entry.node;
                    }
                    None => return at,
                },
                Kind::List(items) => match part.parse::<usize>().ok().and_then(|index| items.get(index)) {
                    Some(item) => {
                        at = item.at;
                        node = item;
                    }
                    None => return at,
                },
                _ => return at,
            }
        }
        at
    }

    /// The same as JSON, without places.
    pub(super) fn json(&self) -> Value {
        match &self.kind {
            Kind::Text(text) | Kind::Time(text) => Value::from(text.clone()),
            Kind::Integer(number) => Value::from(*number),
            Kind::Float(number) => Value::from(*number),
            Kind::Boolean(switch) => Value::from(*switch),
            Kind::List(items) => items.iter().map(Self::json).collect(),
            Kind::Table(table) => {
                Value::Object(table.iter().map(|(key, entry)| (key.clone(), entry.node.json())).collect())
            }
        }
    }
}
