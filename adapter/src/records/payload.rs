//! The payload of a record, and how a handler's type is read from it.

use bytes::Bytes;
use serde::de::DeserializeOwned;
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
    pub(crate) fn read<T: DeserializeOwned>(self, body: &Bytes) -> Result<T, serde_json::Error> {
        match self {
            Self::Value(value) => T::deserialize(value),
            Self::Body => serde_json::from_slice(body).or_else(|error| match std::str::from_utf8(body) {
                Ok(text) => T::deserialize(Value::String(text.to_owned())).map_err(|_| error),
                Err(_) => Err(error),
            }),
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
}
