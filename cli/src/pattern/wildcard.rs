//! Texts with `*` for any letters, also none; `\*` is an asterisk and `\\` a backslash.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>

/// The parts between the asterisks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wildcard(Vec<String>);

impl Wildcard {
    /// Parses a text; `None` if two asterisks are in a row, or a backslash is before something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '*' if letters.peek() == Some(&'*') => return None,
                '*' => parts.push(String::new()),
                '\\' => parts.last_mut()?.push(letters.next().filter(|next| matches!(next, '*' | '\\'))?),
                letter => parts.last_mut()?.push(letter),
            }
        }
        Some(Self(parts))
    }

    /// Whether a text matches from its beginning to its end.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.0.split_first() else { return false };
        let Some((last, middle)) = others.split_last() else { return first == text };
        let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
            return false;
        };
        // The earliest place of each part leaves the most room for the next.
        for part in middle {
            match rest.find(part.as_str()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asterisks_stand_for_any_letters() {
        for (pattern, matching, others) in [
            ("dir/*.png", &["dir/a.png", "dir/.png", "dir/b/a.png"][..], &["dir/a.jpg", "dr/a.png", "dir/apng"][..]),
            ("*", &["", "a"], &[]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("*b*c*", &["abc", "bc", "xbxcx"], &["cb", "b"]),
            (r"5 \* 2 \\", &[r"5 * 2 \"], &["5 x 2"]),
        ] {
            let wildcard = Wildcard::parse(pattern).unwrap();
            assert!(matching.iter().all(|text| wildcard.matches(text)), "{pattern}");
            assert!(!others.iter().any(|text| wildcard.matches(text)), "{pattern}");
        }
        assert!(["**", r"a\b", r"\"].iter().all(|text| Wildcard::parse(text).is_none()));
    }
}
