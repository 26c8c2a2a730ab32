//! What is uploaded: a zip on this machine, known by its content.

use std::path::PathBuf;

/// A zip that is ready to be uploaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Artifact {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The SHA-256 of its bytes, in lower-case hexadecimal digits.
    pub(crate) sha256: String,
}

impl Artifact {
    /// The SHA-256 as Lambda writes it in `CodeSha256`: base64.
    pub(crate) fn code_sha256(&self) -> String {
        code_sha256(&self.sha256)
    }
}

/// Hexadecimal digits to what Lambda calls `CodeSha256`.
pub(crate) fn code_sha256(hexadecimal: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    let bytes: Vec<u8> =
        hexadecimal.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    base64_simd::STANDARD.encode_to_string(bytes)
}
