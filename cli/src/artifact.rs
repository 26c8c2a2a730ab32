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
    fn sizes_read_well() {
        for (bytes, shown) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (4_300_000, "4.1 MiB")] {
            assert_eq!(size(bytes), shown);
        }
    }
}
