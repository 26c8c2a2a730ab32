//! An artifact: a zip on this machine, identified by its content.

use std::{fs::File, path::PathBuf, sync::Arc};

/// A zip that is ready to be uploaded.
#[derive(Clone, Debug)]
pub(crate) struct Artifact {
    /// The path.
    pub(crate) path: PathBuf,
    /// The open file that was hashed: the path may be overwritten.
    pub(crate) file: Arc<File>,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The SHA-256 of its bytes, in lower-case hexadecimal digits.
    pub(crate) sha256: String,
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
        Ok(bytes) => crate::release::hexadecimal(&bytes),
        Err(_) => base64.to_owned(),
    }
}

/// A size as a person reads it: `4.1 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
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

    #[test]
    fn sizes_read_well() {
        for (bytes, shown) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (4_300_000, "4.1 MiB")] {
            assert_eq!(size(bytes), shown);
        }
    }
}
