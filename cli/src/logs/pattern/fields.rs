//! Conditions on the fields of a line between spaces: `[ip, ..., request = *.html*, status = 4*, bytes]`.
//!
//! A text in quotation marks or brackets is one field of the line.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-space-delimited.html>

use super::{
    PatternError,
    cursor::{Cursor, is_name},
    json::MAX_REGEXES,
    value::Comparison,
};

/// A pattern in brackets.
#[derive(Debug, Default)]
pub(super) struct FieldPattern {
    /// The conditions of each field.
    fields: Vec<Field>,
    /// After so many fields any number of others may stand.
    ellipsis: Option<usize>,
}

#[derive(Debug, Default)]
struct Field {
    name: String,
    /// One of these, in each of which all have to be true. The name is of a field, the own one or another.
    conditions: Vec<Vec<(String, Comparison)>>,
}

impl FieldPattern {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let (mut pattern, mut cursor) = (Self::default(), Cursor::new(text));
        cursor.take("[");
        loop {
            cursor.skip_spaces();
            if cursor.take("...") {
                if pattern.ellipsis.replace(pattern.fields.len()).is_some() {
                    return Err(PatternError::ManyEllipses);
                }
            } else {
                pattern.fields.push(Field::parse(&mut cursor)?);
            }
            cursor.skip_spaces();
            if cursor.take("]") {
                break;
            }
            if !cursor.take(",") {
                return Err(cursor.unexpected("`,` or `]`"));
            }
        }
        cursor.skip_spaces();
        if cursor.peek().is_some() {
            return Err(cursor.unexpected("the end of the pattern"));
        }
        pattern.check()?;
        Ok(pattern)
    }

    /// Names that are compared are those of fields, and there are few regular expressions.
    fn check(&self) -> Result<(), PatternError> {
        let tests = || self.fields.iter().flat_map(|field| field.conditions.iter().flatten());
        if tests().filter(|(_, comparison)| comparison.has_regex()).count() > MAX_REGEXES {
            return Err(PatternError::ManyRegexes);
        }
        match tests().find(|(name, _)| !self.fields.iter().any(|field| field.name == *name)) {
            Some((name, _)) => Err(PatternError::UnknownField { name: name.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn matches(&self, line: &str) -> bool {
        let found = split(line);
        if found.len() < self.fields.len() {
            return false;
        }
        let before = self.ellipsis.unwrap_or(self.fields.len());
        let skipped = if self.ellipsis.is_some() { found.len() - self.fields.len() } else { 0 };
        let value = |name: &str| {
            let number = self.fields.iter().position(|field| field.name == name)?;
            found.get(if number < before { number } else { number + skipped })
        };
        let is_true =
            |(name, comparison): &(String, Comparison)| value(name).is_some_and(|value| comparison.matches(value));
        self.fields.iter().all(|field| {
            field.conditions.is_empty() || field.conditions.iter().any(|conditions| conditions.iter().all(is_true))
        })
    }
}

impl Field {
    /// `name`, `name = value`, `name > 1 && name < 9 || name = 20`, or nothing.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let mut field = Self { name: cursor.take_while(is_name).to_owned(), ..Self::default() };
        let Some(first) = Comparison::parse(cursor, ",]&|")? else { return Ok(field) };
        field.conditions.push(vec![(field.name.clone(), first)]);
        loop {
            cursor.skip_spaces();
            if cursor.take("||") {
                field.conditions.push(Vec::new());
            } else if !cursor.take("&&") {
                return Ok(field);
            }
            cursor.skip_spaces();
            let name = cursor.take_while(is_name).to_owned();
            let comparison = Comparison::parse(cursor, ",]&|")?.ok_or_else(|| cursor.unexpected("a comparison"))?;
            if let Some(conditions) = field.conditions.last_mut() {
                conditions.push((name, comparison));
            }
        }
    }
}

/// The fields of a line.
fn split(line: &str) -> Vec<&str> {
    let (mut fields, mut rest) = (Vec::new(), line.trim());
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let end = close.and_then(|close| Some(rest[1..].find(close)? + 1));
        let (field, after) = match end {
            Some(end) => (&rest[1..end], &rest[end + 1..]),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        fields.push(field);
        rest = after.trim_start();
    }
    fields
}
