//! Patterns of stages: `[stage."pr-*"]` is the table of every stage whose name begins with `pr-` and has none of its own.

use sha2::{Digest as _, Sha256};

use super::{Settings, fault::Fault, rule, tree::Kind};
use crate::digest::hexadecimal;

/// What stands for one or more letters of a name.
const WILDCARD: char = '*';
/// How many digits of a digest tell names apart that were cut.
const DIGEST_DIGITS: usize = 8;
/// What a pattern stage has unless it, or a stage that it extends, says otherwise. An account has at most 600 REST APIs in a
/// region and deletes one in 30 seconds: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) const API: &str = "http";

/// Whether the name of a table is a pattern.
pub(crate) fn is_pattern(key: &str) -> bool {
    key.contains(WILDCARD)
}

/// The rule that a pattern breaks.
fn fault(pattern: &str) -> Option<String> {
    let sentence = match pattern.split(WILDCARD).collect::<Vec<_>>().as_slice() {
        // Without a letter in front, a slip in the name of any stage would be a new stage.
        ["", _] => "it begins with a letter",
        [_, _] if !rule::is_name(&pattern.replace(WILDCARD, "1")) => "it has letters, digits and `-` beside the `*`",
        [_, _] => return None,
        _ => "it has one `*`",
    };
    Some(format!("`{pattern}` is not a pattern of stages, such as `pr-*`: {sentence}"))
}

/// What the wildcard stands for in a name; `None` if the pattern does not match. It is never empty: `pr-` is usually a variable
/// that was not set.
fn middle<'a>(pattern: &str, name: &'a str) -> Option<&'a str> {
    let (before, behind) = pattern.split_once(WILDCARD)?;
    name.strip_prefix(before)?.strip_suffix(behind).filter(|middle| !middle.is_empty())
}

/// Whether a name is one of a pattern's.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    middle(pattern, name).is_some()
}

/// A name of a pattern's.
pub(super) fn example(pattern: &str, number: u32) -> String {
    pattern.replace(WILDCARD, &number.to_string())
}

/// The patterns that name a stage: the longest that match. More than one is ambiguous.
pub(super) fn longest<'a>(patterns: impl Iterator<Item = &'a str>, name: &str) -> Vec<&'a str> {
    let found: Vec<&str> = patterns.filter(|pattern| matches(pattern, name)).collect();
    let length = found.iter().map(|pattern| pattern.len()).max().unwrap_or_default();
    found.into_iter().filter(|pattern| pattern.len() == length).collect()
}

/// The valid name of a pattern's that is nearest to one that is not, of at most `limit` letters: in small letters, `-` for each
/// other sign, and where it was cut with a digest, so that it stays the only one.
pub(super) fn slug(pattern: &str, name: &str, limit: usize) -> Option<String> {
    let (before, behind) = pattern.split_once(WILDCARD)?;
    let middle =
        middle(&pattern.to_ascii_lowercase(), &name.to_lowercase()).map(dashed).filter(|slug| !slug.is_empty())?;
    let space = limit.checked_sub(before.len() + behind.len())?;
    let middle = if middle.len() <= space {
        middle
    } else {
        let kept = space.checked_sub(DIGEST_DIGITS + 1).filter(|kept| *kept > 0)?;
        let digest = hexadecimal(&Sha256::digest(name));
        format!("{}-{}", middle[..kept].trim_end_matches('-'), &digest[..DIGEST_DIGITS])
    };
    Some(format!("{before}{middle}{behind}"))
}

/// Letters and digits in small letters, with one `-` for all that is between them.
fn dashed(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

impl Settings {
    /// The patterns of the file.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.stages().into_iter().flat_map(|stages| stages.keys()).map(String::as_str).filter(|key| is_pattern(key))
    }

    /// Takes out tables whose name is no pattern although it has a `*`, with a fault each.
    pub(super) fn without_faulty_patterns(&mut self) {
        let Kind::Table(root) = &mut self.root.kind else { return };
        let Some(Kind::Table(stages)) = root.get_mut("stage").map(|entry| &mut entry.node.kind) else { return };
        stages.retain(|key, entry| {
            let found = if is_pattern(key) { fault(key) } else { None };
            let is_valid = found.is_none();
            self.faults.extend(found.map(|sentence| Fault::new(entry.at, sentence)));
            is_valid
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_with_one_wildcard_behind_a_letter() {
        for (pattern, expected) in [
            ("pr-*", None),
            ("pr-*-eu", None),
            ("p*", None),
            ("*", Some("begins with a letter")),
            ("*-pr", Some("begins with a letter")),
            ("pr-*-*", Some("one `*`")),
            ("pr/*", Some("letters, digits")),
            ("7-*", Some("letters, digits")),
        ] {
            let found = fault(pattern);
            assert_eq!(found.is_some(), expected.is_some(), "{pattern}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{pattern}");
        }
    }

    #[test]
    fn the_wildcard_stands_for_one_or_more_letters() {
        for (pattern, name, expected) in [
            ("pr-*", "pr-42", true),
            ("pr-*", "pr-", false),
            ("pr-*", "pr", false),
            ("pr-*", "PR-42", false),
            ("pr-*", "apr-42", false),
            ("pr-*-eu", "pr-1-eu", true),
            ("pr-*-eu", "pr--eu", false),
            ("pr-*-eu", "pr-eu", false),
            ("a*a", "a", false),
            ("a*a", "aa", false),
            ("a*a", "aaa", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_longest_pattern_wins() {
        let patterns = ["pr-*", "pr-big-*", "pr-*-eu", "p*"];
        for (name, expected) in [
            ("pr-1", &["pr-*"][..]),
            ("pr-big-1", &["pr-big-*"]),
            ("pr-1-eu", &["pr-*-eu"]),
            ("pr-big-1-eu", &["pr-big-*"]),
            ("px", &["p*"]),
            ("dev", &[]),
        ] {
            assert_eq!(longest(patterns.into_iter(), name), expected, "{name}");
        }
        assert_eq!(longest(["a-b*", "a*-b"].into_iter(), "a-bc-b").len(), 2, "as long as each other");
    }

    #[test]
    fn a_slug_is_valid_fits_and_keeps_names_apart() {
        for (pattern, name, expected) in [
            ("pr-*", "pr-feature/x", Some("pr-feature-x")),
            ("pr-*", "pr-Feature/__X_", Some("pr-feature-x")),
            ("pr-*", "PR-42", Some("pr-42")),
            ("pr-*-eu", "pr-a.b-eu", Some("pr-a-b-eu")),
            ("pr-*", "pr-ümlaut", Some("pr-mlaut")),
            ("pr-*", "pr-///", None),
            ("pr-*", "dev", None),
        ] {
            assert_eq!(slug(pattern, name, 64).as_deref(), expected, "{name}");
        }
        let long = |end: &str| slug("pr-*", &format!("pr-{}{end}", "x".repeat(60)), 30).unwrap();
        assert_eq!(long("a").len(), 30);
        assert_ne!(long("a"), long("b"));
        assert_eq!(slug("pr-*", "pr-abcdefghijklmnop", 12), None, "there is no space for a digest");
    }
}
