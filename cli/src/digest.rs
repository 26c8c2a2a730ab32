//! SHA-256 digests in the forms that names, keys and AWS's answers have: hexadecimal digits and base64.

use std::fmt::Write as _;

/// Writes bytes in lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a name is a SHA-256 in lower-case hexadecimal digits.
pub(crate) fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Converts hexadecimal digits to Lambda's `CodeSha256` (base64).
pub(crate) fn code_sha256(hexadecimal: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    let bytes: Vec<u8> =
        hexadecimal.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// Converts Lambda's `CodeSha256` to hexadecimal digits; invalid base64 is returned unchanged.
pub(crate) fn hexadecimal_sha256(base64: &str) -> String {
    match base64_simd::STANDARD.decode_to_vec(base64) {
        Ok(bytes) => hexadecimal(&bytes),
        Err(_) => base64.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_writes_the_hash_in_base64() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(code_sha256(empty), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(hexadecimal_sha256(&code_sha256(empty)), empty);
        assert_eq!(hexadecimal_sha256("cfn-deployed"), "cfn-deployed");
    }
}
