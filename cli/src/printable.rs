//! Text from outside made printable: characters that would control the terminal or reorder a line are escaped.

use std::{borrow::Cow, fmt::Write as _};

/// The text with control characters, bidirectional controls and line separators escaped as Rust writes them.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_steering(letter) {
            let _ = write!(escaped, "{}", letter.escape_default());
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

/// The same for a text of several lines: all lines but the first are indented, so that none looks like a message of the tool.
pub(crate) fn indented(text: &str) -> String {
    let mut lines = text.lines().map(|line| printable(line.trim_end_matches('\r')));
    let mut shown = lines.next().unwrap_or_default().into_owned();
    for line in lines {
        let _ = write!(shown, "\n{}{line}", if line.is_empty() || line.starts_with("  ") { "" } else { "  " });
    }
    shown
}

/// Whether the letter is a control character or a bidirectional control: C0, DEL and C1; the marks, embeddings, overrides and isolates of Unicode's annex 9; its two separators.
pub(crate) fn is_steering(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        for (text, shown) in [
            ("/ordinary/größe?日本", "/ordinary/größe?日本"),
            ("a\u{1b}[31mb", r"a\u{1b}[31mb"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{7f}\u{9b}31m", r"\u{7f}\u{9b}31m"),
            ("\u{202e}exe\u{2066}\u{200f}\u{2028}", r"\u{202e}exe\u{2066}\u{200f}\u{2028}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn no_line_of_a_foreign_text_looks_like_a_message() {
        assert_eq!(
            indented("bad\u{1b}[31m\nhint: run this\n  a\r\n\nb"),
            "bad\\u{1b}[31m\n  hint: run this\n  a\n\n  b"
        );
    }
}
