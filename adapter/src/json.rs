//! A JSON reader that walks a text once, left to right, without copying.
//!
//! Events are read here only. Strings are returned as [`JsonStr`], slices of the event that are unescaped on demand,
//! and whole values can be skipped and returned as raw slices. The reader accepts the grammar of `serde_json` with the
//! same limit of nesting. Lone surrogates become U+FFFD, and numbers may have any magnitude, since one odd field must
//! not fail the event. A tree and a derived struct were measured and rejected: they copy data that is dropped a moment
//! later.

use std::fmt;

use crate::{json_str::JsonStr, scan::plain_until, unescape};

/// The limit of nesting, which is that of `serde_json`.
const MAX_DEPTH: u8 = 128;

const UNEXPECTED_END: &str = "unexpected end";
const CONTROL_CHARACTER: &str = "control character in a string";
const INVALID_ESCAPE: &str = "invalid escape";

/// A syntax error in a JSON text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SyntaxError {
    /// The position of the error, in bytes from the start.
    pub(crate) at: usize,
    /// The reason.
    pub(crate) reason: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.at)
    }
}

impl std::error::Error for SyntaxError {}

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ValueKind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A number, `true` or `false`.
    Scalar,
    /// `null`
    Null,
}

/// The body of an event: by far its longest string, so it is validated and unescaped in the same pass.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// A slice of the event that needs no unescaping.
    Plain(&'a str),
    /// A copy with its escapes resolved.
    Unescaped(Vec<u8>),
}

/// A reader of a JSON text, at a position in it.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The kind of the next value, by its first byte.
    pub(crate) fn kind(&mut self) -> Result<ValueKind, SyntaxError> {
        match self.next_byte() {
            Some(b'{') => Ok(ValueKind::Object),
            Some(b'[') => Ok(ValueKind::Array),
            Some(b'"') => Ok(ValueKind::String),
            Some(b'n') => Ok(ValueKind::Null),
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Ok(ValueKind::Scalar),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error(UNEXPECTED_END)),
        }
    }

    /// Reads an object: calls `each` with every key; `each` must consume the value.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, JsonStr<'a>) -> Result<(), SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.open(b'{', "expected an object")?;
        if self.accept(b'}') {
            return self.close();
        }
        loop {
            if self.next_byte() != Some(b'"') {
                return Err(self.error("expected a key"));
            }
            let key = self.string()?;
            self.expect(b':', "expected `:`")?;
            each(self, key)?;
            if !self.accept(b',') {
                self.expect(b'}', "expected `,` or `}`")?;
                return self.close();
            }
        }
    }

    /// Reads an array: calls `each` at every item; `each` must consume the item.
    pub(crate) fn array(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.open(b'[', "expected an array")?;
        if self.accept(b']') {
            return self.close();
        }
        loop {
            each(self)?;
            if !self.accept(b',') {
                self.expect(b']', "expected `,` or `]`")?;
                return self.close();
            }
        }
    }

    /// Skips the next value and returns its JSON text.
    pub(crate) fn raw(&mut self) -> Result<&'a str, SyntaxError> {
        self.raw_with(Self::skip).map(|((), raw)| raw)
    }

    /// Calls `walk`, which must consume the next value, and returns its result and the JSON text of the value.
    pub(crate) fn raw_with<T>(
        &mut self,
        walk: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<(T, &'a str), SyntaxError> {
        self.next_byte();
        let start = self.at;
        let result = walk(self)?;
        Ok((result, &self.text[start..self.at]))
    }

    /// Skips the next value.
    pub(crate) fn skip(&mut self) -> Result<(), SyntaxError> {
        match self.kind()? {
            ValueKind::Object => self.object(|reader, _| reader.skip()),
            ValueKind::Array => self.array(Self::skip),
            ValueKind::String => self.string().map(drop),
            ValueKind::Scalar => self.scalar().map(drop),
            ValueKind::Null => self.literal("null").map(drop),
        }
    }

    /// Reads a string, a number or a boolean as text; skips any other value and returns `None`.
    pub(crate) fn text(&mut self) -> Result<Option<JsonStr<'a>>, SyntaxError> {
        match self.kind()? {
            ValueKind::String => self.string().map(Some),
            ValueKind::Scalar => self.scalar().map(|text| Some(JsonStr::plain(text))),
            ValueKind::Object | ValueKind::Array | ValueKind::Null => self.skip().map(|()| None),
        }
    }

    /// Reads a value or an array of values, and calls `each` with the text of each; see [`text`](Self::text).
    pub(crate) fn texts(&mut self, mut each: impl FnMut(JsonStr<'a>)) -> Result<(), SyntaxError> {
        match self.kind()? {
            ValueKind::String => self.string().map(each),
            ValueKind::Array => self.array(|reader| {
                if let Some(text) = reader.text()? {
                    each(text);
                }
                Ok(())
            }),
            ValueKind::Scalar => self.scalar().map(|text| each(JsonStr::plain(text))),
            ValueKind::Object | ValueKind::Null => self.skip(),
        }
    }

    /// Checks that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), SyntaxError> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(self.error("trailing characters")),
        }
    }

    /// Reads a body: a string, a scalar as text, or the JSON text of an object or array, as in hand-written events.
    /// `None` for `null`.
    pub(crate) fn body(&mut self) -> Result<Option<Body<'a>>, SyntaxError> {
        match self.kind()? {
            ValueKind::String => self.body_string().map(Some),
            ValueKind::Scalar => self.scalar().map(|text| Some(Body::Plain(text))),
            ValueKind::Object | ValueKind::Array => self.raw().map(|raw| Some(Body::Plain(raw))),
            ValueKind::Null => self.skip().map(|()| None),
        }
    }

    fn body_string(&mut self) -> Result<Body<'a>, SyntaxError> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = plain_until(bytes, start);
        if bytes.get(at) == Some(&b'"') {
            self.at = at + 1;
            return Ok(Body::Plain(&self.text[start..at]));
        }
        // The end of the body is not known yet; it is not longer than the rest of the event.
        let mut out = Vec::with_capacity(bytes.len() - start);
        out.extend_from_slice(&bytes[start..at]);
        at = unescape::push(bytes, at, &mut out);
        match bytes.get(at) {
            Some(b'"') => {
                self.at = at + 1;
                Ok(Body::Unescaped(out))
            }
            Some(b'\\') => Err(SyntaxError { at, reason: INVALID_ESCAPE }),
            Some(_) => Err(SyntaxError { at, reason: CONTROL_CHARACTER }),
            None => Err(SyntaxError { at, reason: UNEXPECTED_END }),
        }
    }

    fn string(&mut self) -> Result<JsonStr<'a>, SyntaxError> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = plain_until(bytes, at);
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(JsonStr::new(&self.text[start..at], escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    at = self.escape(at)?;
                }
                Some(_) => return Err(SyntaxError { at, reason: CONTROL_CHARACTER }),
                None => return Err(SyntaxError { at, reason: UNEXPECTED_END }),
            }
        }
    }

    fn escape(&self, at: usize) -> Result<usize, SyntaxError> {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') if bytes.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                Ok(at + 6)
            }
            _ => Err(SyntaxError { at, reason: INVALID_ESCAPE }),
        }
    }

    fn scalar(&mut self) -> Result<&'a str, SyntaxError> {
        match self.next_byte() {
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &'static str) -> Result<&'a str, SyntaxError> {
        let start = self.at;
        if self.text.as_bytes().get(start..start + word.len()) != Some(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        // A slice of the text and not `word`, since a header's value is a view of the event.
        Ok(&self.text[start..self.at])
    }

    /// Reads a number, by RFC 8259 §6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<&'a str, SyntaxError> {
        let start = self.at;
        self.accept_any(b"-");
        if !self.accept_any(b"0") {
            self.digits()?;
        }
        if self.accept_any(b".") {
            self.digits()?;
        }
        if self.accept_any(b"eE") {
            self.accept_any(b"+-");
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let rest = &self.text.as_bytes()[self.at..];
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.error("invalid number")),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }

    fn accept_any(&mut self, any: &[u8]) -> bool {
        let found = self.text.as_bytes().get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn open(&mut self, bracket: u8, reason: &'static str) -> Result<(), SyntaxError> {
        self.expect(bracket, reason)?;
        self.depth += 1;
        if self.depth >= MAX_DEPTH { Err(self.error("nested too deeply")) } else { Ok(()) }
    }

    // Every exit of `object` and `array` goes through here, so that it reads as a pair with `open`.
    #[expect(clippy::unnecessary_wraps, reason = "called in tail position of fallible functions")]
    fn close(&mut self) -> Result<(), SyntaxError> {
        self.depth -= 1;
        Ok(())
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), SyntaxError> {
        if self.accept(byte) { Ok(()) } else { Err(self.error(reason)) }
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.next_byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Skips white space and returns the next byte without consuming it.
    fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn error(&self, reason: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        let mut reader = Reader::new(text);
        reader.skip().and_then(|()| reader.end()).is_ok()
    }

    #[test]
    fn accepts_what_serde_json_accepts() {
        for text in [
            "{}",
            "[]",
            " {\"a\" : [1, 2.5e-3, -0, true, null]} ",
            "\"\\u00e9\\n\"",
            "\"é\"",
            "{\"a\":1,}",
            "[1,]",
            "01",
            "-",
            "1.",
            "1e",
            "nul",
            "tru",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "{\"a\"}",
            "{a:1}",
            "",
            " ",
            "1 2",
            "\"",
            "{\"a\":1",
            "[1 2]",
            "1e999",
            "-0.0",
            "+1",
            ".5",
            "\u{feff}{}",
            "\"\u{7f}\"",
        ] {
            let expected = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert_eq!(accepts(text), expected, "{text}");
        }
    }

    #[test]
    fn values_nest_as_deep_as_in_serde_json() {
        for depth in [1, 126, 127, 128, 129, 100_000] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(accepts(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{depth}");
        }
    }

    #[test]
    fn errors_have_a_position() {
        let mut reader = Reader::new("{\"a\": tru}");
        assert_eq!(reader.skip().unwrap_err().to_string(), "expected a value at byte 6");
    }

    #[test]
    fn bodies_are_what_serde_json_reads_and_invalid_ones_are_errors() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""a\"b\\c\/d\u00e9\ud83d\ude00\n""#,
            r#""\n""#,
            r#" "a run that is longer than a word \t and goes on" "#,
        ] {
            let mut reader = Reader::new(json);
            let body = match reader.body().unwrap().unwrap() {
                Body::Plain(text) => text.as_bytes().to_vec(),
                Body::Unescaped(bytes) => bytes,
            };
            assert_eq!(body, serde_json::from_str::<String>(json).unwrap().as_bytes(), "{json}");
            assert_eq!(reader.end(), Ok(()), "{json}");
        }
        for json in [r#""a\"#, r#""a\x""#, r#""a\n"#, r#""\u12""#, "\"a\\n\u{1}\"", "\"a"] {
            assert!(Reader::new(json).body().is_err(), "{json}");
        }
    }

    #[test]
    fn numbers_stand_for_their_text() {
        let text = |json| Reader::new(json).text().unwrap().map(|text| text.into_cow().into_owned());
        assert_eq!(text("12.50"), Some("12.50".to_owned()));
        assert_eq!(text("true"), Some("true".to_owned()));
        assert_eq!(text("{\"a\":[]}"), None);
        assert_eq!(text("null"), None);
    }
}
