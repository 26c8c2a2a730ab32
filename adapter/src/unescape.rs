//! Unescaping of JSON strings.
//!
//! A JSON body inside an event has an escape at every quote, so the cost of an escape matters: a block of bytes is
//! scanned once, its runs and resolved escapes are gathered without a function call, and the result is appended at
//! once.

use crate::scan::{BLOCK, PADDED, copy_run, mask, plain_until};

/// The byte for each character after a backslash; 0 for `u` and for invalid escapes.
const ESCAPED: [u8; 256] = {
    let mut table = [0; 256];
    let pairs = *b"\"\"\\\\//b\x08f\x0cn\nr\rt\t";
    let mut at = 0;
    while at < pairs.len() {
        table[pairs[at] as usize] = pairs[at + 1];
        at += 2;
    }
    table
};

/// Appends `bytes` from `from` on, unescaped, and returns the position where it ended: the closing quote, a control
/// character, the backslash of an invalid escape, or the end.
pub(crate) fn push(bytes: &[u8], from: usize, out: &mut Vec<u8>) -> usize {
    let mut at = from;
    let mut window = [0; PADDED];
    // The padding of a block is longer than an escape; the loop below handles the rest.
    while let Some(block) = bytes[at..].first_chunk() {
        match push_block(block, &mut window, out) {
            Block::Whole(next) => at += next,
            Block::Stopped(stop) => match push_escape(bytes, at + stop, out) {
                Some(next) => at = next,
                None => return at + stop,
            },
        }
    }
    loop {
        let run = plain_until(bytes, at);
        out.extend_from_slice(&bytes[at..run]);
        match push_escape(bytes, run, out) {
            Some(next) => at = next,
            None => return run,
        }
    }
}

/// The position up to which a block was read.
enum Block {
    /// The start of the next block.
    Whole(usize),
    /// A special byte that is not a simple escape.
    Stopped(usize),
}

/// Appends a block up to the first special byte that is not the backslash of a simple escape.
#[inline]
fn push_block(block: &[u8; PADDED], window: &mut [u8; PADDED], out: &mut Vec<u8>) -> Block {
    let mut specials = mask(block);
    if specials == 0 {
        out.extend_from_slice(&block[..BLOCK]);
        return Block::Whole(BLOCK);
    }
    let (mut at, mut length) = (0, 0);
    while specials != 0 {
        let special = specials.trailing_zeros() as usize;
        length = copy_run(block, at, special, window, length);
        let character = ESCAPED[usize::from(block[special + 1])];
        if block[special] != b'\\' || character == 0 {
            out.extend_from_slice(&window[..length]);
            return Block::Stopped(special);
        }
        window[length] = character;
        length += 1;
        at = special + 2;
        // The escaped byte is not special itself.
        specials &= u64::MAX << special << 1 << 1;
    }
    if at < BLOCK {
        length = copy_run(block, at, BLOCK, window, length);
        at = BLOCK;
    }
    out.extend_from_slice(&window[..length]);
    Block::Whole(at)
}

/// Appends the character of the escape at `at` and returns the position after it; `None` if there is no valid escape.
fn push_escape(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    if bytes.get(at) != Some(&b'\\') {
        return None;
    }
    let escaped = *bytes.get(at + 1)?;
    match ESCAPED[usize::from(escaped)] {
        0 if escaped == b'u' => {
            let (character, next) = code_point(bytes, at + 2)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            Some(next)
        }
        0 => None,
        character => {
            out.push(character);
            Some(at + 2)
        }
    }
}

/// Decodes the `\uXXXX` whose digits start at `at`, or the surrogate pair there, and returns the position after it.
fn code_point(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let unit = hex(bytes, at)?;
    if (0xd800..0xdc00).contains(&unit)
        && bytes.get(at + 4..at + 6) == Some(b"\\u")
        && let Some(low @ 0xdc00..0xe000) = hex(bytes, at + 6)
    {
        let scalar = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), at + 10));
    }
    Some((char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), at + 4))
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescape(inside: &str) -> (Vec<u8>, usize) {
        let mut out = Vec::new();
        let end = push(inside.as_bytes(), 0, &mut out);
        (out, end)
    }

    #[test]
    fn every_escape_is_what_serde_json_reads_at_any_position() {
        let escapes = [
            "\\\"",
            "\\\\",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u00e9",
            "\\u20ac",
            "\\ud83d\\ude00",
            "\\u0000",
            "\\u001f",
            "\\\\\\\"",
            "\\\\u0041",
            "\\\"\\u00E9\\\"\\n",
        ];
        for escape in escapes {
            for before in 0..2 * PADDED {
                for behind in [0, 1, 15, 16, 17, 63, 64, 65, 2 * PADDED] {
                    let inside = format!("{}{escape}{}", "é".repeat(before), "x".repeat(behind));
                    let expected: String = serde_json::from_str(&format!("\"{inside}\"")).unwrap();
                    let text = format!("{inside}\"{}", "\\x".repeat(behind));
                    assert_eq!(unescape(&text), (expected.into_bytes(), inside.len()), "{escape} behind {before}");
                }
            }
        }
    }

    #[test]
    fn it_ends_at_the_first_byte_that_is_neither_plain_nor_an_escape() {
        for invalid in ["\u{1}", "\n", "\"", "\\x", "\\u12g4", "\\u+123", "\\u12", "\\", ""] {
            for before in 0..2 * PADDED {
                let text = format!("{}{invalid}", "a\\n".repeat(before));
                let expected = "a\n".repeat(before).into_bytes();
                assert_eq!(unescape(&text), (expected, 3 * before), "{invalid:?} behind {before}");
            }
        }
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        for (inside, expected) in [
            ("\\ud800", "\u{fffd}"),
            ("\\udc00x", "\u{fffd}x"),
            ("\\ud800\\u0041", "\u{fffd}A"),
            ("\\ud800\\ud83d\\ude00", "\u{fffd}😀"),
        ] {
            for before in [0, 1, 2 * PADDED] {
                let (plain, raw) = ("-".repeat(before), "-".repeat(before));
                assert_eq!(unescape(&(raw + inside)).0, (plain + expected).into_bytes(), "{inside}");
            }
        }
    }
}
