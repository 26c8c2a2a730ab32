//! The runs of bytes inside a JSON string that need no attention: found, and copied.
//!
//! Eight bytes at a time for the short strings that events are made of, 64 at a time for bodies. Reading, unescaping and
//! writing JSON spend their time here.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// After this many words a run is taken to be a long one.
const SHORT: usize = 8;

/// Where the run of plain bytes that begins at `from` ends: at a quote, a backslash, a control character or the end.
#[inline]
pub(crate) fn plain_until(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let (words, _) = bytes[at..].as_chunks::<8>();
    for word in words.iter().take(SHORT) {
        match specials(*word) {
            0 => at += 8,
            found => return at + first(found),
        }
    }
    // The inner loop has no branch, so it is compiled to vector instructions.
    let (blocks, _) = bytes[at..].as_chunks::<64>();
    for block in blocks {
        if block.iter().fold(false, |any, &byte| any | is_special(byte)) {
            break;
        }
        at += 64;
    }
    let (words, rest) = bytes[at..].as_chunks::<8>();
    for word in words {
        match specials(*word) {
            0 => at += 8,
            found => return at + first(found),
        }
    }
    at + rest.iter().take_while(|&&byte| !is_special(byte)).count()
}

/// Appends that run to `out` and says where it ends. A short one is copied while it is looked at.
pub(crate) fn copy_plain(bytes: &[u8], from: usize, out: &mut Vec<u8>) -> usize {
    let mut at = from;
    let (words, _) = bytes[at..].as_chunks::<8>();
    for word in words.iter().take(SHORT) {
        let length = out.len();
        out.extend_from_slice(word);
        match specials(*word) {
            0 => at += 8,
            found => {
                out.truncate(length + first(found));
                return at + first(found);
            }
        }
    }
    let end = plain_until(bytes, at);
    out.extend_from_slice(&bytes[at..end]);
    end
}

/// Marks the high bit of every special byte. Marks above the first may be wrong, since subtraction borrows.
///
/// Flipping bit 1 swaps `"` (0x22) with a space, which puts it right above the control characters.
fn specials(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let controls_and_quotes = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    (controls_and_quotes | backslashes) & !word & HIGHS
}

fn first(specials: u64) -> usize {
    specials.trailing_zeros() as usize / 8
}

fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_the_first_special_byte_wherever_it_stands() {
        for length in 0..300 {
            for special in (0..0x20).chain([b'"', b'\\']) {
                let mut bytes = vec![b'a'; length];
                bytes.push(special);
                bytes.extend([0x80, b'"', b'x', b'\\', 1, 2, 3, 4, 5]);
                assert_eq!(plain_until(&bytes, 0), length, "{special} behind {length} bytes");
                let mut copy = vec![b'-'];
                assert_eq!(copy_plain(&bytes, 0, &mut copy), length);
                assert_eq!(copy[1..], bytes[..length], "{special} behind {length} bytes");
            }
            assert_eq!(plain_until(&vec![0xe9; length], 0), length, "{length} bytes and the end");
        }
    }

    #[test]
    fn every_byte_is_plain_or_special_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut word = [b' '; 8];
                word[place] = byte;
                let expected = if is_special(byte) { place } else { 8 };
                assert_eq!(plain_until(&word, 0), expected, "{byte:#x} at {place}");
            }
        }
    }
}
