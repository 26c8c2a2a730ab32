//! The SHA-256 of a file, in one pass that measures its size too.

use std::{fs, io, path::PathBuf};

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::{artifact::Artifact, release::hexadecimal};

/// Size and hash of a file.
pub(super) fn measured(path: PathBuf) -> Result<Artifact, Error> {
    let unreadable = |source| Error::Read { path: path.clone(), source };
    let mut file = fs::File::open(&path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let size = io::copy(&mut file, &mut Hasher(&mut hash)).map_err(unreadable)?;
    Ok(Artifact { sha256: hexadecimal(&hash.finalize()), size, path })
}

/// A hash that is written to.
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
