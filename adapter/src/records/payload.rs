//! The payload of a record, and how a handler's type is read from it.

use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// The payload of a record.
#[derive(Debug)]
pub enum Payload {
    /// The record's body: JSON or text.
    Body,
    /// A value that was made from the record.
    Value(Value),
}

impl Payload {
    /// Reads the type of a handler.
    ///
    /// # Errors
    /// Neither as JSON nor as text; the error is that of JSON.
    pub(crate) fn read<T: DeserializeOwned>(self, body: &Bytes) -> Result<T, Misfit> {
        match self {
            Self::Value(value) => T::deserialize(value).map_err(Misfit::Type),
            Self::Body => serde_json::from_slice(body).or_else(|error| match std::str::from_utf8(body) {
                Ok(text) => T::deserialize(Value::String(text.to_owned())).map_err(|_| Misfit::new(body, error)),
                Err(_) => Err(Misfit::new(body, error)),
            }),
        }
    }
}

/// Why a payload is not of the handler's type.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// The body is no JSON, and the type takes no text.
    NoJson(serde_json::Error),
    /// It is JSON of something else.
    Type(serde_json::Error),
}

impl Misfit {
    /// A type may refuse a value before the reader comes to where the body ceases to be JSON.
    fn new(body: &[u8], error: serde_json::Error) -> Self {
        match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => Self::Type(error),
            Err(error) => Self::NoJson(error),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson(error) => write!(f, "the body is not JSON, and the handler's type takes no text: {error}"),
            Self::Type(error) => write!(f, "the payload does not fit the handler's type: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(body: &'static str) -> Result<T, String> {
        Payload::Body.read(&Bytes::from_static(body.as_bytes())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_body_is_read_as_json_and_else_as_text() {
        assert_eq!(read("[1,2]"), Ok(vec![1, 2]));
        assert_eq!(read("hello"), Ok("hello".to_owned()));
        assert_eq!(read("17"), Ok("17".to_owned()), "a text that happens to be a number");
        assert_eq!(read("17"), Ok(17));
        assert_eq!(read("\"hello\""), Ok("hello".to_owned()));
        assert_eq!(read(""), Ok(String::new()));
    }

    #[test]
    fn the_error_is_that_of_json() {
        let error = read::<Vec<u8>>("hello").expect_err("a list is no text");
        assert!(error.contains("line 1 column 1"), "{error}");
    }

    #[test]
    fn a_body_that_is_not_json_is_told_from_json_of_another_type() {
        for (body, words) in [
            ("no order", "the body is not JSON"),
            ("", "the body is not JSON"),
            ("{\"a\":", "the body is not JSON"),
            ("{\"a\":1}", "does not fit the handler's type: invalid type: map"),
        ] {
            let error = read::<Vec<u8>>(body).expect_err("no list");
            assert!(error.contains(words), "{body}: {error}");
        }
    }
}
