//! Makes the ids that AWS puts on each request.
//!
//! They must differ, not be hard to guess: nothing here protects anything.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::gateway::arrival::Stamp;

/// A stamp of now.
pub(crate) fn now() -> Stamp {
    let time = SystemTime::now();
    let random = fastrand::u128(..);
    Stamp { request_id: uuid(), extended_request_id: extended(random), trace_id: trace(time, random), time }
}

/// The id of a connection to a WebSocket API, or of a message on it.
pub(crate) fn connection_id() -> String {
    extended(fastrand::u128(..))
}

/// A random UUID, version 4.
pub(crate) fn uuid() -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let random = fastrand::u128(..);
    let random = random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let mut text = String::with_capacity(36);
    for position in 0..32 {
        if matches!(position, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        let digit = (random >> (124 - 4 * position)) & 0xf;
        text.push(char::from(DIGITS[digit as usize]));
    }
    text
}

/// Fifteen characters and `=`, as API Gateway makes them: of the alphabet that a URL's path takes as it is.
fn extended(random: u128) -> String {
    base64_simd::URL_SAFE.encode_to_string(&random.to_le_bytes()[..11])
}

fn trace(time: SystemTime, random: u128) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("Root=1-{seconds:08x}-{:024x}", random >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shape_of_aws() {
        let stamp = now();
        let id: Vec<&str> = stamp.request_id.split('-').collect();
        assert_eq!(id.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(id[2].starts_with('4') && "89ab".contains(&id[3][..1]), "{}", stamp.request_id);
        assert_eq!(stamp.extended_request_id.len(), 16);
        assert!(stamp.extended_request_id.ends_with('='));
        let trace: Vec<&str> = stamp.trace_id.split('-').collect();
        assert_eq!(trace[0], "Root=1");
        assert_eq!((trace[1].len(), trace[2].len()), (8, 24));
    }

    #[test]
    fn an_id_stands_in_a_path_as_it_is() {
        assert_eq!(extended(u128::MAX), "______________8=");
        assert_eq!(extended(0xfb), "-wAAAAAAAAAAAAA=");
    }

    #[test]
    fn no_two_ids_are_equal() {
        assert_ne!(uuid(), uuid());
    }
}
