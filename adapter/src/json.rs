//! A JSON text walked once, left to right, nothing copied.
//!
//! The event is read here and nowhere else: strings come out as [`JsonStr`], slices of the event that are unescaped only
//! when somebody asks, and whole values can be stepped over as raw slices. It accepts the grammar that `serde_json` accepts
//! and nests as deep; lone surrogates become U+FFFD and numbers have no range, since one odd field must not lose the event. A tree or a derived struct
//! was measured and rejected: it copies what is thrown away a moment later.

use std::fmt;

use crate::{json_str::JsonStr, scan::plain_until, unescape};

/// How deep values may nest; the limit of `serde_json`.
const DEPTH: u8 = 128;

const END: &str = "unexpected end";
const CONTROL: &str = "control character in a string";
const ESCAPE: &str = "invalid escape";

/// Where a text stops being JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    /// Bytes from the start.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Fault {}

/// What the next value is, by its first byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A number, `true` or `false`: anything whose text is its value.
    Scalar,
    /// `null`
    Null,
}

/// A body: by far the longest string of an event, so it is unescaped while it is looked at.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// As it stands in the event.
    Plain(&'a str),
    /// With its escapes resolved.
    Unescaped(Vec<u8>),
}

/// A place in a JSON text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// What the next value is.
    pub(crate) fn kind(&mut self) -> Result<Kind, Fault> {
        match self.next_byte() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f' | b'-' | b'0'..=b'9') => Ok(Kind::Scalar),
            Some(_) => Err(self.fault("expected a value")),
            None => Err(self.fault(END)),
        }
    }

    /// Calls `each` with every key; `each` must step over the value.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, JsonStr<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.open(b'{', "expected an object")?;
        if self.accept(b'}') {
            return self.close();
        }
        loop {
            if self.next_byte() != Some(b'"') {
                return Err(self.fault("expected a key"));
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

    /// Calls `each` at every item; `each` must step over it.
    pub(crate) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
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

    /// Steps over the next value and returns it as it stands.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Fault> {
        self.raw_with(Self::skip).map(|((), raw)| raw)
    }

    /// Runs `walk`, which steps over the next value, and returns that value as it stands beside what `walk` found.
    pub(crate) fn raw_with<T>(
        &mut self,
        walk: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<(T, &'a str), Fault> {
        self.next_byte();
        let start = self.at;
        let found = walk(self)?;
        Ok((found, &self.text[start..self.at]))
    }

    /// Steps over the next value.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        match self.kind()? {
            Kind::Object => self.object(|reader, _| reader.skip()),
            Kind::Array => self.array(Self::skip),
            Kind::String => self.string().map(drop),
            Kind::Scalar => self.scalar().map(drop),
            Kind::Null => self.literal("null").map(drop),
        }
    }

    /// The next value if it is a string, a number or a boolean, as its text; anything else is stepped over.
    pub(crate) fn text(&mut self) -> Result<Option<JsonStr<'a>>, Fault> {
        match self.kind()? {
            Kind::String => self.string().map(Some),
            Kind::Scalar => self.scalar().map(|text| Some(JsonStr::plain(text))),
            Kind::Object | Kind::Array | Kind::Null => self.skip().map(|()| None),
        }
    }

    /// Calls `each` with the text of the next value or, if that is a list, of each of its items; see [`text`](Self::text).
    pub(crate) fn texts(&mut self, mut each: impl FnMut(JsonStr<'a>)) -> Result<(), Fault> {
        match self.kind()? {
            Kind::String => self.string().map(each),
            Kind::Array => self.array(|reader| {
                if let Some(text) = reader.text()? {
                    each(text);
                }
                Ok(())
            }),
            Kind::Scalar => self.scalar().map(|text| each(JsonStr::plain(text))),
            Kind::Object | Kind::Null => self.skip(),
        }
    }

    /// Succeeds if nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(self.fault("trailing characters")),
        }
    }

    /// The next value as a body: a string, a scalar as its text, or a value that somebody wrote as JSON and not as a string
    /// of JSON. `None` for `null`.
    pub(crate) fn body(&mut self) -> Result<Option<Body<'a>>, Fault> {
        match self.kind()? {
            Kind::String => self.unescaped().map(Some),
            Kind::Scalar => self.scalar().map(|text| Some(Body::Plain(text))),
            Kind::Object | Kind::Array => self.raw().map(|raw| Some(Body::Plain(raw))),
            Kind::Null => self.skip().map(|()| None),
        }
    }

    fn unescaped(&mut self) -> Result<Body<'a>, Fault> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = plain_until(bytes, start);
        if bytes.get(at) == Some(&b'"') {
            self.at = at + 1;
            return Ok(Body::Plain(&self.text[start..at]));
        }
        // Where the body ends is not known yet; what is left of the event holds it in any case.
        let mut out = Vec::with_capacity(bytes.len() - start);
        out.extend_from_slice(&bytes[start..at]);
        at = unescape::push(bytes, at, &mut out);
        match bytes.get(at) {
            Some(b'"') => {
                self.at = at + 1;
                Ok(Body::Unescaped(out))
            }
            Some(b'\\') => Err(Fault { at, what: ESCAPE }),
            Some(_) => Err(Fault { at, what: CONTROL }),
            None => Err(Fault { at, what: END }),
        }
    }

    fn string(&mut self) -> Result<JsonStr<'a>, Fault> {
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
                Some(_) => return Err(Fault { at, what: CONTROL }),
                None => return Err(Fault { at, what: END }),
            }
        }
    }

    fn escape(&self, at: usize) -> Result<usize, Fault> {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') if bytes.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                Ok(at + 6)
            }
            _ => Err(Fault { at, what: ESCAPE }),
        }
    }

    fn scalar(&mut self) -> Result<&'a str, Fault> {
        match self.next_byte() {
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &'static str) -> Result<&'a str, Fault> {
        let start = self.at;
        if self.text.as_bytes().get(start..start + word.len()) != Some(word.as_bytes()) {
            return Err(self.fault("expected a value"));
        }
        self.at += word.len();
        // What stands in the text and not `word`: a header's value is a view of the event.
        Ok(&self.text[start..self.at])
    }

    /// RFC 8259 §6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        self.accept_here(b"-");
        if !self.accept_here(b"0") {
            self.digits()?;
        }
        if self.accept_here(b".") {
            self.digits()?;
        }
        if self.accept_here(b"eE") {
            self.accept_here(b"+-");
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.fault("invalid number")),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }

    fn accept_here(&mut self, any: &[u8]) -> bool {
        let found = self.text.as_bytes().get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn open(&mut self, bracket: u8, what: &'static str) -> Result<(), Fault> {
        self.expect(bracket, what)?;
        self.depth += 1;
        if self.depth >= DEPTH { Err(self.fault("nested too deeply")) } else { Ok(()) }
    }

    // Every exit of `object` and `array` goes through here, so that it reads as a pair with `open`.
    #[expect(clippy::unnecessary_wraps, reason = "called in tail position of fallible functions")]
    fn close(&mut self) -> Result<(), Fault> {
        self.depth -= 1;
        Ok(())
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.accept(byte) { Ok(()) } else { Err(self.fault(what)) }
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.next_byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The next byte that is not white space, without stepping over it.
    fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault { at: self.at, what }
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
    fn a_fault_says_where() {
        let mut reader = Reader::new("{\"a\": tru}");
        assert_eq!(reader.skip().unwrap_err().to_string(), "expected a value at byte 6");
    }

    #[test]
    fn bodies_are_what_serde_json_reads_and_faults_are_found_in_them() {
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
