//! "Did you mean": the known name nearest to a typed one, and names and words in messages.

/// The known name nearest to `typed`, if it is near enough.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&typed.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}

/// Names in backticks, joined as in a sentence: `a`, `b` and `c`.
pub(crate) fn quote_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A value as one word of a suggested command.
pub(crate) fn shell_word(value: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+=,".contains(letter);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name_and_nonsense_finds_none() {
        let known = ["hello", "currency", "bookmarks"];
        for (typed, expected) in [
            ("helo", Some("hello")),
            ("Bookmark", Some("bookmarks")),
            ("curency", Some("currency")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), expected, "{typed}");
        }
    }

    #[test]
    fn names_read_as_in_a_sentence() {
        assert_eq!(quote_list([]), "");
        assert_eq!(quote_list(["a"]), "`a`");
        assert_eq!(quote_list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
