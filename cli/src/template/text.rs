//! The text of a template on its way to CloudFormation and back.
//!
//! `GetTemplate` and `DescribeStacks` answer `?` for each character outside ASCII, so a template is sent as JSON that has
//! none, and what came back damaged is restored from the record of its release. Nothing here talks to AWS.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

/// The longest template that CloudFormation accepts inline, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(crate) const MAX_INLINE_BYTES: usize = 51_200;
/// The longest template that CloudFormation accepts at all, from a bucket.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// What CloudFormation answers in place of a character.
const LOST: char = '?';

/// The serialized template: compact JSON in ASCII.
pub(crate) fn serialize(template: &Value) -> String {
    escape(&template.to_string())
}

/// The serialized templates for a reader: indented JSON in ASCII.
///
/// # Errors
/// They cannot be serialized.
pub(crate) fn serialize_pretty(templates: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escape(&serde_json::to_string_pretty(templates)?))
}

/// JSON with a `\u` escape for each UTF-16 unit of a character outside ASCII, which only stands in strings.
fn escape(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

/// Whether an answer may have lost characters.
pub(crate) fn may_be_lossy(answer: &str) -> bool {
    answer.contains(LOST)
}

/// Whether an answer of CloudFormation is this text, as it was sent or with its characters outside ASCII lost.
pub(crate) fn is_answer_of(answer: &str, sent: &str) -> bool {
    answer == sent || (!sent.is_ascii() && answer.is_ascii() && folded(answer) == folded(sent))
}

/// The text with one placeholder for each run of lost and losable characters: how many of them stand for a character
/// outside the Basic Multilingual Plane is not documented.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() && character != LOST {
            folded.push(character);
        } else if !folded.ends_with(LOST) {
            folded.push(LOST);
        }
    }
    folded
}

/// The template with the characters that CloudFormation lost restored from a record of what was sent, wherever both say
/// the same otherwise.
pub(crate) fn restore(answer: &Value, sent: &Value) -> Value {
    match (answer, sent) {
        (Value::String(answer), Value::String(sent)) if is_answer_of(answer, sent) => Value::from(sent.as_str()),
        (Value::Array(answers), Value::Array(sent)) => {
            let at = |(index, item): (usize, &Value)| restore(item, sent.get(index).unwrap_or(&Value::Null));
            answers.iter().enumerate().map(at).collect()
        }
        (Value::Object(answers), Value::Object(sent)) => {
            Value::Object(answers.iter().map(|(key, value)| restore_entry(key, value, sent)).collect())
        }
        (answer, _) => answer.clone(),
    }
}

/// One entry of an object, whose key may be damaged too.
fn restore_entry(key: &str, value: &Value, sent: &Map<String, Value>) -> (String, Value) {
    let found =
        sent.get_key_value(key).or_else(|| sent.iter().find(|(sent, _)| may_be_lossy(key) && is_answer_of(key, sent)));
    match found {
        Some((key, sent)) => (key.clone(), restore(value, sent)),
        None => (key.to_owned(), value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_leaves_in_ascii_and_says_the_same() {
        let template = json!({ "grüezi": ["日本", "😀 \u{2028}", "plain \" \\ \u{7f}"] });
        for text in [serialize(&template), serialize_pretty(&template).unwrap()] {
            assert!(text.is_ascii(), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), template);
        }
        assert!(serialize(&template).contains("\\ud83d\\ude00"));
    }

    #[test]
    fn lost_characters_are_restored_and_no_others() {
        let sent = json!({
            "Resources": { "Function": {
                "Variables": { "GREETING": "grüezi", "FACE": "a😀b", "ASKED": "why?", "OTHER": "schön" },
                "Tags": [{ "Key": "größe" }, "ü"],
                "größe": "ä",
            } },
        });
        let answer = json!({
            "Resources": { "Function": {
                "Variables": { "GREETING": "gr?ezi", "FACE": "a??b", "ASKED": "why?", "OTHER": "changed?", "NEW": "gr?" },
                "Tags": [{ "Key": "gr??e" }, "?", "gr?n"],
                "gr??e": "?",
            } },
        });
        let expected = json!({
            "Resources": { "Function": {
                "Variables": { "GREETING": "grüezi", "FACE": "a😀b", "ASKED": "why?", "OTHER": "changed?", "NEW": "gr?" },
                "Tags": [{ "Key": "größe" }, "ü", "gr?n"],
                "größe": "ä",
            } },
        });
        assert_eq!(restore(&answer, &sent), expected);
        assert_eq!(restore(&sent, &json!(null)), sent);
    }

    #[test]
    fn an_answer_is_the_text_that_was_sent_or_what_is_left_of_it() {
        for (answer, sent, expected) in [
            ("Größe", "Größe", true),
            ("Gr??e", "Größe", true),
            ("Gr?ße", "Größe", false),
            ("Gr??e", "Gr??e", true),
            ("Gr?e", "Grae", false),
            ("why?", "why", false),
        ] {
            assert_eq!(is_answer_of(answer, sent), expected, "{answer} {sent}");
        }
    }
}
