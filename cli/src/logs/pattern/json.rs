//! Conditions on the fields of a line of JSON: `{ ($.user.id = 1) && ($.users[0].email != "a*") }`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html>

use serde_json::Value;

use super::{PatternError, cursor::Cursor, value::Comparison};

/// The most regular expressions of a pattern.
pub(super) const MAX_REGEXES: usize = 2;

/// A pattern in braces.
#[derive(Debug)]
pub(super) struct JsonPattern(Condition);

#[derive(Debug)]
enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test(Vec<Step>, Test),
}

/// A step of a selector, from a value into it.
#[derive(Debug, Eq, PartialEq)]
enum Step {
    Field(String),
    Element(usize),
    /// Any element.
    Elements,
}

#[derive(Debug)]
enum Test {
    Compare(Comparison),
    Is(Value),
    NotExists,
}

impl JsonPattern {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut cursor = Cursor::new(text);
        cursor.take("{");
        let condition = any(&mut cursor)?;
        if !cursor.take("}") {
            return Err(cursor.unexpected("`&&`, `||` or `}`"));
        }
        cursor.skip_spaces();
        if cursor.peek().is_some() {
            return Err(cursor.unexpected("the end of the pattern"));
        }
        if condition.regexes() > MAX_REGEXES {
            return Err(PatternError::ManyRegexes);
        }
        Ok(Self(condition))
    }

    pub(super) fn matches(&self, line: &str) -> bool {
        // A line that is not JSON has no field.
        line.trim_start().starts_with('{')
            && serde_json::from_str(line.trim()).is_ok_and(|value| self.0.matches(&value))
    }
}

/// `&&` binds more closely than `||`.
fn any(cursor: &mut Cursor<'_>) -> Result<Condition, PatternError> {
    let mut conditions = vec![all(cursor)?];
    while cursor.take("||") {
        conditions.push(all(cursor)?);
    }
    Ok(Condition::Any(conditions))
}

fn all(cursor: &mut Cursor<'_>) -> Result<Condition, PatternError> {
    let mut conditions = vec![single(cursor)?];
    while cursor.take("&&") {
        conditions.push(single(cursor)?);
    }
    Ok(Condition::All(conditions))
}

fn single(cursor: &mut Cursor<'_>) -> Result<Condition, PatternError> {
    cursor.skip_spaces();
    let condition = if cursor.take("(") {
        let inner = any(cursor)?;
        if !cursor.take(")") {
            return Err(cursor.unexpected("`)`"));
        }
        inner
    } else {
        Condition::Test(selector(cursor)?, test(cursor)?)
    };
    cursor.skip_spaces();
    Ok(condition)
}

/// `$.a.b[0]['c.d']`
fn selector(cursor: &mut Cursor<'_>) -> Result<Vec<Step>, PatternError> {
    if !cursor.take("$") {
        return Err(cursor.unexpected("a field, such as `$.level`,"));
    }
    let mut steps = Vec::new();
    loop {
        let has_point = cursor.take(".");
        if cursor.take("[") {
            steps.push(element(cursor)?);
        } else if has_point {
            let is_in = |character: char| character.is_alphanumeric() || "_-@:/$".contains(character);
            match cursor.take_while(is_in) {
                "" => return Err(cursor.unexpected("the name of a field")),
                name => steps.push(Step::Field(name.to_owned())),
            }
        } else if steps.is_empty() {
            return Err(cursor.unexpected("`.` and the name of a field"));
        } else {
            return Ok(steps);
        }
    }
}

fn element(cursor: &mut Cursor<'_>) -> Result<Step, PatternError> {
    cursor.skip_spaces();
    let step = match cursor.peek() {
        Some('*') => {
            cursor.take("*");
            Step::Elements
        }
        Some('"') => Step::Field(cursor.take_quoted()?),
        Some('\'') => {
            cursor.take("'");
            let name = cursor.take_while(|character| character != '\'').to_owned();
            if !cursor.take("'") {
                return Err(PatternError::OpenQuote);
            }
            Step::Field(name)
        }
        _ => {
            let number = cursor.take_while(|character| character.is_ascii_digit()).parse();
            Step::Element(number.map_err(|_| cursor.unexpected("a number, `*` or a quoted name"))?)
        }
    };
    cursor.skip_spaces();
    if cursor.take("]") { Ok(step) } else { Err(cursor.unexpected("`]`")) }
}

fn test(cursor: &mut Cursor<'_>) -> Result<Test, PatternError> {
    if let Some(comparison) = Comparison::parse(cursor, "()&|}")? {
        return Ok(Test::Compare(comparison));
    }
    let mut takes = |word: &str| {
        cursor.skip_spaces();
        cursor.take_word(word) || cursor.take_word(&word.to_ascii_lowercase())
    };
    if takes("IS") {
        for (word, value) in [("NULL", Value::Null), ("TRUE", true.into()), ("FALSE", false.into())] {
            if takes(word) {
                return Ok(Test::Is(value));
            }
        }
        return Err(cursor.unexpected("`NULL`, `TRUE` or `FALSE`"));
    }
    if takes("NOT") && takes("EXISTS") {
        return Ok(Test::NotExists);
    }
    Err(cursor.unexpected("`=`, `!=`, `<`, `>`, `IS` or `NOT EXISTS`"))
}

impl Condition {
    fn matches(&self, value: &Value) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.matches(value)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.matches(value)),
            Self::Test(steps, test) => {
                let found = select(value, steps);
                match test {
                    Test::NotExists => found.is_empty(),
                    Test::Is(wanted) => found.contains(&wanted),
                    Test::Compare(comparison) if found.is_empty() => comparison.matches_nothing(),
                    Test::Compare(comparison) => found.iter().any(|found| compares(comparison, found)),
                }
            }
        }
    }

    fn regexes(&self) -> usize {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().map(Self::regexes).sum(),
            Self::Test(_, Test::Compare(comparison)) => usize::from(comparison.has_regex()),
            Self::Test(..) => 0,
        }
    }
}

fn compares(comparison: &Comparison, found: &Value) -> bool {
    match found {
        Value::String(text) => comparison.matches(text),
        Value::Number(_) | Value::Bool(_) => comparison.matches(&found.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => comparison.matches_nothing(),
    }
}

/// The values of a selector.
fn select<'a>(value: &'a Value, steps: &[Step]) -> Vec<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return vec![value] };
    let next = match step {
        Step::Field(name) => value.get(name),
        Step::Element(number) => value.get(number),
        Step::Elements => {
            return value.as_array().into_iter().flatten().flat_map(|element| select(element, rest)).collect();
        }
    };
    next.map(|next| select(next, rest)).unwrap_or_default()
}
