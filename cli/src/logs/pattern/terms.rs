//! Terms of a line of text: all, one of some, and none.
//!
//! A term matches anywhere in the line, also in the middle of a word, and its case counts.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-unstructured-log-events.html>

use super::{
    PatternError,
    cursor::{Cursor, is_name},
};

/// The terms of a pattern.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Terms {
    /// All of them.
    included: Vec<String>,
    /// None of them.
    excluded: Vec<String>,
    /// One of them. AWS ignores these beside terms of the other kinds.
    optional: Vec<String>,
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let (mut terms, mut cursor) = (Self::default(), Cursor::new(text));
        loop {
            cursor.skip_spaces();
            let kind = match cursor.peek() {
                None => return Ok(terms),
                Some('-') => &mut terms.excluded,
                Some('?') => &mut terms.optional,
                Some(_) => &mut terms.included,
            };
            if !cursor.take("-") {
                cursor.take("?");
            }
            kind.push(take_term(&mut cursor)?);
        }
    }

    pub(super) fn matches(&self, line: &str) -> bool {
        let is_in = |term: &String| line.contains(term.as_str());
        if self.included.is_empty() && self.excluded.is_empty() {
            return self.optional.iter().any(is_in);
        }
        self.included.iter().all(is_in) && !self.excluded.iter().any(is_in)
    }
}

fn take_term(cursor: &mut Cursor<'_>) -> Result<String, PatternError> {
    if cursor.peek() == Some('"') {
        return cursor.take_quoted();
    }
    let term = cursor.take_while(|character| !character.is_whitespace());
    match term {
        "" => Err(cursor.unexpected("a term")),
        term if term.chars().all(is_name) => Ok(term.to_owned()),
        term => Err(PatternError::Unquoted { term: term.to_owned() }),
    }
}
