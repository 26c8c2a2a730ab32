//! Reading a pattern from its start to its end.

use super::PatternError;

/// The rest of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes a text if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes a word if it comes next and ends there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_next = self.rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_name));
        is_next && self.take(word)
    }

    /// Takes the characters up to the first that is not wanted.
    pub(super) fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !is_wanted(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes a quoted text, whose first quotation mark comes next. `\"` and `\\` stand for themselves.
    pub(super) fn take_quoted(&mut self) -> Result<String, PatternError> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((place, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[place + 1..];
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                _ => text.push(character),
            }
        }
        Err(PatternError::OpenQuote)
    }

    /// Takes the regular expression between two `%`, at the first of which the cursor is.
    pub(super) fn take_regex(&mut self) -> Result<&'a str, PatternError> {
        let inner = &self.rest[1..];
        let end = inner.find('%').ok_or(PatternError::OpenRegex)?;
        self.rest = &inner[end + 1..];
        Ok(&inner[..end])
    }

    /// An error about what comes next.
    pub(super) fn unexpected(&self, expected: &'static str) -> PatternError {
        match self.peek() {
            Some(found) => PatternError::Unexpected { found: found.to_string(), expected },
            None => PatternError::End { expected },
        }
    }
}

/// Whether a character may be in a name or a term without quotation marks.
pub(super) fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
