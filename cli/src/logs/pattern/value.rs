//! Comparisons with a value: text with wildcards, a number, or a regular expression.

use super::{PatternError, cursor::Cursor, regex::Regex};

/// A comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Text, in which `*` stands for any text.
    Text(String),
    Number(f64),
    Regex(Regex),
}

/// An operator with its value.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    operator: Operator,
    value: Value,
}

const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Comparison {
    /// Takes an operator and its value, which ends before one of the characters of `ends`. None without an operator.
    pub(super) fn parse(cursor: &mut Cursor<'_>, ends: &str) -> Result<Option<Self>, PatternError> {
        cursor.skip_spaces();
        let Some((sign, operator)) = OPERATORS.into_iter().find(|(sign, _)| cursor.take(sign)) else { return Ok(None) };
        cursor.skip_spaces();
        let value = match cursor.peek() {
            Some('"') => Value::Text(cursor.take_quoted()?),
            Some('%') => Value::Regex(Regex::parse(cursor)?),
            _ => {
                let is_in = |character: char| !character.is_whitespace() && !ends.contains(character);
                let word = cursor.take_while(is_in);
                if word.is_empty() {
                    return Err(cursor.unexpected("a value"));
                }
                word.parse().map_or_else(|_| Value::Text(word.to_owned()), Value::Number)
            }
        };
        let orders = !matches!(operator, Operator::Equal | Operator::NotEqual);
        match &value {
            Value::Text(text) if orders => Err(PatternError::NotANumber { operator: sign, value: text.clone() }),
            Value::Regex(_) if orders => Err(PatternError::NotANumber { operator: sign, value: "%...%".to_owned() }),
            _ => Ok(Some(Self { operator, value })),
        }
    }

    /// Whether it has a regular expression.
    pub(super) fn has_regex(&self) -> bool {
        matches!(self.value, Value::Regex(_))
    }

    /// Whether a text compares so.
    pub(super) fn matches(&self, text: &str) -> bool {
        let is_equal = match (&self.value, text.parse::<f64>()) {
            (Value::Text(pattern), _) => is_like(pattern, text),
            (Value::Regex(regex), _) => regex.matches(text),
            (Value::Number(number), Ok(found)) => return self.orders(found, *number),
            (Value::Number(_), Err(_)) => false,
        };
        match self.operator {
            Operator::Equal => is_equal,
            Operator::NotEqual => !is_equal,
            _ => false,
        }
    }

    /// Whether something that is missing compares so.
    pub(super) fn matches_nothing(&self) -> bool {
        self.operator == Operator::NotEqual
    }

    #[expect(clippy::float_cmp, reason = "the pattern compares numbers as they are written")]
    fn orders(&self, found: f64, number: f64) -> bool {
        match self.operator {
            Operator::Equal => found == number,
            Operator::NotEqual => found != number,
            Operator::Less => found < number,
            Operator::LessOrEqual => found <= number,
            Operator::Greater => found > number,
            Operator::GreaterOrEqual => found >= number,
        }
    }
}

/// Whether a text is like a pattern, in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}
