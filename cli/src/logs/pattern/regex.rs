//! Regular expressions between `%`, of which CloudWatch Logs supports a part.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>

use super::{PatternError, cursor::Cursor};

/// A regular expression of a pattern.
#[derive(Clone, Debug)]
pub(super) struct Regex(regex_lite::Regex);

impl Regex {
    /// A pattern that is one expression.
    pub(super) fn standalone(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text);
        let regex = Self::parse(&mut cursor)?;
        match cursor.peek() {
            None => Ok(regex),
            Some(_) => Err(cursor.unexpected("the end of the pattern")),
        }
    }

    /// Takes an expression, whose first `%` comes next.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let text = cursor.take_regex()?;
        let is_supported =
            |character: char| character.is_ascii_alphanumeric() || "_#=@/;,-: ^$?[]{}|\\*+.".contains(character);
        let (mut rest, mut is_escaped) = (text.chars(), false);
        // After a backslash every symbol stands for itself.
        let unsupported = rest.find(|character| {
            let was_escaped = is_escaped;
            is_escaped = *character == '\\' && !was_escaped;
            !(is_supported(*character) || was_escaped && character.is_ascii())
        });
        if let Some(character) = unsupported {
            return Err(PatternError::RegexCharacter { regex: text.to_owned(), character });
        }
        regex_lite::Regex::new(text).map(Self).map_err(|_| PatternError::Regex { regex: text.to_owned() })
    }

    /// Whether it matches anywhere in a text.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
