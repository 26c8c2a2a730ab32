//! The fingerprint of a file, which distinguishes an edit from the same bytes written again.

use std::{
    fs::{File, Metadata},
    hash::{DefaultHasher, Hasher as _},
    io::{self, Read as _},
    path::Path,
};

/// The hash of a file's bytes and of whether it may be executed; `None` if the file does not exist.
pub(crate) fn fingerprint(path: &Path) -> Option<u64> {
    // A named pipe would wait for its writer.
    let metadata = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(u8::from(is_executable(&metadata)));
    let mut file = File::open(path).ok()?;
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Some(hasher.finish()),
            Ok(length) => hasher.write(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
