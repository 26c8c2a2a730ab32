//! Scanning of JSON strings for special bytes: quotes, backslashes and control characters.
//!
//! Short strings are scanned eight bytes at a time. Bodies are scanned 64 at a time, with the special bytes as a bit
//! mask. Reading, unescaping and writing JSON spend most of their time here.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The number of words after which a run counts as long.
const SHORT_RUN_WORDS: usize = 8;

/// Finds the end of the run of plain bytes from `from` on: the first special byte, or the end of the text.
#[inline]
pub(crate) fn plain_until(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let (words, _) = bytes[at..].as_chunks::<8>();
    for word in words.iter().take(SHORT_RUN_WORDS) {
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

/// The number of bytes in a block, one for each bit of a mask.
pub(crate) const BLOCK: usize = 64;
/// The length of a block and of the bytes that a copy may read past its end.
pub(crate) const PADDED: usize = BLOCK + STEP;

const STEP: usize = 16;

/// Computes the bit mask of the special bytes of a block, with the lowest bit for the first byte.
///
/// The loop over the bytes is compiled to vector instructions. The intrinsics that gather a mask need `unsafe` where
/// they are called, and the multiplication costs no more.
#[inline]
pub(crate) fn mask(block: &[u8; PADDED]) -> u64 {
    /// Gathers the lowest bit of eight bytes in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut marks = [0; BLOCK];
    for (mark, &byte) in marks.iter_mut().zip(block) {
        *mark = u8::from(is_special(byte));
    }
    let (words, _) = marks.as_chunks::<8>();
    let gathered = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56);
    gathered.enumerate().fold(0, |mask, (word, bits)| mask | bits << (8 * word))
}

/// Copies the run from `from` to `until` of a block to position `to` of `out`, and returns the position of its end
/// there; up to sixteen bytes after it are overwritten.
///
/// Runs between escapes are short: a step of fixed size costs a load and a store, and a call of `memcpy` ten times
/// that.
#[inline]
pub(crate) fn copy_run(block: &[u8; PADDED], from: usize, until: usize, out: &mut [u8], to: usize) -> usize {
    let length = until - from;
    let mut done = 0;
    loop {
        out[to + done..to + done + STEP].copy_from_slice(&block[from + done..from + done + STEP]);
        done += STEP;
        if done >= length {
            return to + length;
        }
    }
}

/// Sets the high bit of the first special byte of a word. Bits of later bytes may be wrong, since subtraction borrows.
///
/// Flipping bit 1 swaps `"` (0x22) with a space, so that it is next to the control characters.
fn specials(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let controls_and_quotes = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    (controls_and_quotes | backslashes) & !word & HIGHS
}

/// The index of the first special byte of a word.
fn first(specials: u64) -> usize {
    specials.trailing_zeros() as usize / 8
}

fn is_special(byte: u8) -> bool {
    // As in `specials`: flipping bit 1 moves the quote next to the control characters.
    (byte ^ 2 < 0x21) | (byte == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_the_first_special_byte_at_any_position() {
        for length in 0..300 {
            for special in (0..0x20).chain([b'"', b'\\']) {
                let mut bytes = vec![b'a'; length];
                bytes.push(special);
                bytes.extend([0x80, b'"', b'x', b'\\', 1, 2, 3, 4, 5]);
                assert_eq!(plain_until(&bytes, 0), length, "{special} behind {length} bytes");
            }
            assert_eq!(plain_until(&vec![0xe9; length], 0), length, "{length} bytes and the end");
        }
    }

    #[test]
    fn every_byte_is_plain_or_special_in_every_place() {
        for byte in 0..=u8::MAX {
            for index in 0..8 {
                let mut word = [b' '; 8];
                word[index] = byte;
                let expected = if is_special(byte) { index } else { 8 };
                assert_eq!(plain_until(&word, 0), expected, "{byte:#x} at {index}");
            }
        }
    }
    #[test]
    fn masks_mark_every_special_byte_and_no_other() {
        for byte in 0..=u8::MAX {
            let is_expected = byte < 0x20 || byte == b'"' || byte == b'\\';
            for index in 0..PADDED {
                let mut block = [b'!'; PADDED];
                block[index] = byte;
                let expected = if is_expected && index < BLOCK { 1 << index } else { 0 };
                assert_eq!(mask(&block), expected, "{byte:#x} at {index}");
            }
        }
        assert_eq!(mask(&[b'"'; PADDED]), u64::MAX);
    }

    #[test]
    fn runs_are_copied_from_and_to_every_place() {
        let block: [u8; PADDED] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        for from in 0..=BLOCK {
            for until in from..=BLOCK {
                let mut out = [0xff; 3 + PADDED];
                assert_eq!(copy_run(&block, from, until, &mut out, 3), 3 + until - from);
                assert_eq!(out[3..3 + until - from], block[from..until]);
                assert_eq!(out[..3], [0xff; 3]);
            }
        }
    }
}
