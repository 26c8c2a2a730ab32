//! Filter patterns of CloudWatch Logs: parsed before any call, and applied to lines that AWS did not filter.
//!
//! Where AWS's documentation leaves open whether a line matches, it does: AWS has filtered before, and only an emulator or a
//! line that was read for its neighbours shows the difference.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod cursor;
mod error;
mod fields;
mod json;
#[cfg(test)]
mod pattern_test;
mod regex;
mod terms;
mod value;

pub(crate) use error::PatternError;

use self::{fields::FieldPattern, json::JsonPattern, regex::Regex, terms::Terms};

/// A filter pattern.
///
/// ```text
/// ERROR -Exiting             terms of a line of text
/// ?ERROR ?WARN               one of them
/// "out of tea"               a phrase
/// { $.level = "ERROR" }      fields of a line of JSON
/// [ip, ..., status = 4*]     fields between spaces
/// %AUTH[A-Z]+%               a regular expression
/// ```
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The empty pattern.
    All,
    Terms(Terms),
    Json(JsonPattern),
    Fields(FieldPattern),
    Regex(Regex),
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// If CloudWatch Logs would refuse it.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let trimmed = text.trim();
        let form = match trimmed.chars().next() {
            None => Form::All,
            Some('{') => Form::Json(JsonPattern::parse(trimmed)?),
            Some('[') => Form::Fields(FieldPattern::parse(trimmed)?),
            Some('%') => Form::Regex(Regex::standalone(trimmed)?),
            Some(_) => Form::Terms(Terms::parse(trimmed)?),
        };
        Ok(Self { text: text.to_owned(), form })
    }

    /// The pattern as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a line matches.
    pub(crate) fn matches(&self, line: &str) -> bool {
        match &self.form {
            Form::All => true,
            Form::Terms(terms) => terms.matches(line),
            Form::Json(json) => json.matches(line),
            Form::Fields(fields) => fields.matches(line),
            Form::Regex(regex) => regex.matches(line),
        }
    }
}
