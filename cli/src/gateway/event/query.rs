//! Query strings, cut into pairs and grouped by key.

use std::{borrow::Cow, collections::BTreeMap};

use percent_encoding::percent_decode_str;
use serde::{Serialize, Serializer};

/// Values by key; keys sorted, values of one key in their order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    /// Keys and values as they were sent, still encoded.
    pub(super) fn raw(query: &str) -> Self {
        Self::collect(query, &['&'], |text| text.to_owned())
    }

    /// Keys and values decoded, `+` as a space.
    pub(super) fn decoded(query: &str) -> Self {
        Self::collect(query, &['&'], plain)
    }

    /// The same, cut at semicolons too, as REST APIs do.
    pub(super) fn decoded_at_semicolons(query: &str) -> Self {
        Self::collect(query, &['&', ';'], plain)
    }

    fn collect(query: &str, ends: &[char], read: impl Fn(&str) -> String) -> Self {
        let mut values = BTreeMap::<String, Vec<String>>::new();
        for pair in query.split(ends).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            values.entry(read(key)).or_default().push(read(value));
        }
        Self(values)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All values of each key.
    pub(super) fn all(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }

    /// The last value of each key.
    pub(super) fn last(&self) -> Last<'_> {
        Last(&self.0)
    }

    /// The values of each key, joined by commas.
    pub(super) fn joined(&self) -> Joined<'_> {
        Joined(&self.0)
    }
}

/// Serializes the last value of each key.
#[derive(Debug)]
pub(super) struct Last<'a>(pub(super) &'a BTreeMap<String, Vec<String>>);

impl Serialize for Last<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().filter_map(|(key, values)| Some((key, values.last()?))))
    }
}

/// Serializes the values of each key joined by commas.
#[derive(Debug)]
pub(super) struct Joined<'a>(pub(super) &'a BTreeMap<String, Vec<String>>);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, values.join(","))))
    }
}

/// A form-encoded text, decoded; what is no encoding stays, what is no UTF-8 is replaced.
fn plain(text: &str) -> String {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    decode(&spaced).into_owned()
}

/// A percent-encoded text, decoded; what is no encoding stays, what is no UTF-8 is replaced.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_are_grouped_by_key() {
        let query = Query::decoded("b=1&a=x+y%26&b=2&flag&e=&&=v&c=a=b");
        assert_eq!(
            json!(query.all()),
            json!({"": ["v"], "a": ["x y&"], "b": ["1", "2"], "c": ["a=b"], "e": [""], "flag": [""]})
        );
        assert_eq!(json!(query.last())["b"], "2");
        assert_eq!(json!(query.joined())["b"], "1,2");
    }

    #[test]
    fn raw_queries_stay_encoded() {
        assert_eq!(json!(Query::raw("a%20b=c+d&x=1;y=2").all()), json!({"a%20b": ["c+d"], "x": ["1;y=2"]}));
    }

    #[test]
    fn semicolons_cut_for_rest() {
        assert_eq!(json!(Query::decoded_at_semicolons("x=1;y=2").last()), json!({"x": "1", "y": "2"}));
    }

    #[test]
    fn an_empty_query_has_no_keys() {
        assert!(Query::decoded("").is_empty());
        assert!(Query::decoded("&&").is_empty());
    }
}
