//! The application that is deployed, as zips that differ in what a file beside the binary says.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process,
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::support::examples;

/// The zip of a variant, made once: `crash` ends at its start, `ill` fails its health check, all others answer.
pub(crate) fn zip(variant: &str) -> PathBuf {
    zip_of(examples::binary("release"), variant, CompressionMethod::Deflated)
}

/// The zip of a binary, with a file that says the variant. Compression takes longer than all else for a binary that is not
/// optimised.
pub(crate) fn zip_of(binary: &Path, variant: &str, method: CompressionMethod) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("releases");
    fs::create_dir_all(&folder).unwrap();
    let made = folder.join(format!("{variant}.zip"));
    // Another process may make it at the same time; it makes the same.
    let fresh = tempfile::Builder::new().prefix(&format!("{variant}-{}", process::id())).tempfile_in(&folder).unwrap();
    let mut archive = ZipWriter::new(File::create(fresh.path()).unwrap());
    let options = SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
    archive.start_file("bootstrap", options.unix_permissions(0o755)).unwrap();
    archive.write_all(&fs::read(binary).unwrap()).unwrap();
    archive.start_file("variant", options.unix_permissions(0o644)).unwrap();
    archive.write_all(variant.as_bytes()).unwrap();
    archive.finish().unwrap();
    fresh.persist(&made).unwrap();
    made
}
