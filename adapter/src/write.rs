//! Writing of JSON strings directly into the response, without a tree or a second copy of the body.

use crate::scan::{BLOCK, PADDED, copy_run, mask, plain_until};

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends bytes as the content of a JSON string: UTF-8 unchanged, anything else as Latin-1, one character for each
/// byte.
///
/// Header values are bytes; HTTP/1.1's `obs-text` has been Latin-1 since [RFC 2616].
///
/// [RFC 2616]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5-7
pub(crate) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => push_escaped(out, text),
        Err(_) => push_escaped(out, &bytes.iter().copied().map(char::from).collect::<String>()),
    }
}

/// The escape of each special byte, with its length in the last byte.
const ESCAPES: [[u8; 8]; 256] = {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\n' => *b"\\n\0\0\0\0\0\x02",
            b'\r' => *b"\\r\0\0\0\0\0\x02",
            b'\t' => *b"\\t\0\0\0\0\0\x02",
            control @ ..0x20 => [b'\\', b'u', b'0', b'0', HEX[byte >> 4], HEX[(control & 0xf) as usize], 0, 6],
            quoted => [b'\\', quoted, 0, 0, 0, 0, 0, 2],
        };
        byte += 1;
    }
    table
};

/// The maximum length of an escaped block, and of the bytes that a copy may write past its end.
const WINDOW: usize = BLOCK * 6 + 16;

/// Estimates the escaped length of `text` from its beginning. A text that gets longer is reallocated once.
pub(crate) fn expected_length(text: &str) -> usize {
    const SAMPLE: usize = 2048;
    let start = &text.as_bytes()[..text.len().min(SAMPLE)];
    let (mut specials, mut at) = (0, 0);
    while let Some(block) = start[at..].first_chunk() {
        specials += mask(block).count_ones() as usize;
        at += BLOCK;
    }
    // A margin of one 64th, since texts are not uniform.
    text.len() + text.len().saturating_mul(specials) / at.max(1) + text.len() / 64
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut at = if bytes.len() < PADDED { 0 } else { push_blocks(out, bytes) };
    loop {
        let run = plain_until(bytes, at);
        out.extend_from_slice(&bytes[at..run]);
        let Some(&byte) = bytes.get(run) else { return };
        let escape = &ESCAPES[usize::from(byte)];
        out.extend_from_slice(&escape[..usize::from(escape[7])]);
        at = run + 1;
    }
}

/// Appends all blocks but the last, and returns the position of the last.
fn push_blocks(out: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let mut window = [0; WINDOW];
    let mut at = 0;
    while let Some(block) = bytes[at..].first_chunk() {
        match mask(block) {
            0 => out.extend_from_slice(&block[..BLOCK]),
            specials => {
                let length = escape_block(block, specials, &mut window);
                out.extend_from_slice(&window[..length]);
            }
        }
        at += BLOCK;
    }
    at
}

/// Escapes a block into `window` without a function call for each run, and returns the length.
#[inline]
fn escape_block(block: &[u8; PADDED], mut specials: u64, window: &mut [u8; WINDOW]) -> usize {
    let (mut at, mut length) = (0, 0);
    while specials != 0 {
        let special = specials.trailing_zeros() as usize;
        length = copy_run(block, at, special, window, length);
        let escape = &ESCAPES[usize::from(block[special])];
        window[length..length + 8].copy_from_slice(escape);
        length += usize::from(escape[7]);
        at = special + 1;
        specials &= specials - 1;
    }
    copy_run(block, at, BLOCK, window, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_strings_read_back() {
        let all: String = (0..=0x2ff_u32).filter_map(char::from_u32).collect();
        for text in ["", "plain", "a \"quoted\" \\ word\n\r\t\u{0}\u{1f}\u{7f}", "é€😀\u{2028}", &all] {
            let mut out = Vec::new();
            push_string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_latin_1() {
        let mut out = vec![b'"'];
        push_bytes(&mut out, b"caf\xe9");
        out.push(b'"');
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), "café");
    }
    #[test]
    fn every_special_byte_is_escaped_at_any_position() {
        for special in ["\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{1f}", "\\\"\\\"", "\u{1}\u{2}\"\u{3}"] {
            for before in 0..2 * PADDED {
                for behind in [0, 1, 16, 63, 64, 65, 2 * PADDED] {
                    let text = format!("{}{special}{}", "é".repeat(before), "x".repeat(behind));
                    let mut out = Vec::new();
                    push_string(&mut out, &text);
                    assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
                    assert!(!out.iter().any(|byte| *byte < 0x20));
                }
            }
        }
        let controls = "\u{1}".repeat(5 * PADDED);
        let mut out = Vec::new();
        push_string(&mut out, &controls);
        assert_eq!(out.len(), 2 + 6 * controls.len());
    }
}
