//! The SHA-256 of a file, in one pass that measures its size too.

use std::{
    fs::File,
    io::{self, Seek as _},
    path::PathBuf,
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::{artifact::Artifact, digest::hexadecimal};

/// Size and hash of a file.
pub(super) fn hash_file(path: PathBuf) -> Result<Artifact, Error> {
    match File::open(&path) {
        Ok(file) => hash_open_file(file, path),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// The same of a file that is open.
pub(super) fn hash_open_file(mut file: File, path: PathBuf) -> Result<Artifact, Error> {
    let mut hash = Sha256::new();
    match file.rewind().and_then(|()| io::copy(&mut file, &mut Hasher(&mut hash))) {
        Ok(size) => Ok(Artifact { sha256: hexadecimal(&hash.finalize()), size, file: Arc::new(file), path }),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// A SHA-256 hasher as a writer.
struct Hasher<'a>(&'a mut Sha256);

impl io::Write for Hasher<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
