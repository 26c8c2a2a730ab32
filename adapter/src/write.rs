//! JSON written straight into the answer: no tree, no second copy of the body.

use crate::scan::copy_plain;

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends bytes as the inside of a JSON string: UTF-8 as it is, anything else as Latin-1, one character for each byte.
///
/// Header values are bytes; what HTTP/1.1 calls `obs-text` has been Latin-1 since [RFC 2616].
///
/// [RFC 2616]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5-7
pub(crate) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => push_escaped(out, text),
        Err(_) => push_escaped(out, &bytes.iter().copied().map(char::from).collect::<String>()),
    }
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let run = copy_plain(bytes, at, out);
        let Some(&byte) = bytes.get(run) else { return };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(control >> 4)],
                HEX[usize::from(control & 0xf)],
            ]),
        }
        at = run + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
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
}
