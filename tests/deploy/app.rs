//! The application that is deployed, as zips that differ in what a file beside the binary says.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::support::examples;

/// The zip of a variant: `crash` ends at its start, `ill` fails its health check, all others answer. The binary is
/// compressed once for all of them.
pub(crate) fn zip(variant: &str) -> PathBuf {
    static COMPRESSED: LazyLock<Vec<u8>> =
        LazyLock::new(|| archive(examples::binary("release"), CompressionMethod::Deflated));
    with_variant(COMPRESSED.clone(), variant)
}

/// The zip of a binary, with a file that says the variant. Compression takes longer than all else for a binary that is not
/// optimised.
#[allow(dead_code, reason = "the tests against an account deploy no other binary")]
pub(crate) fn zip_of(binary: &Path, variant: &str, method: CompressionMethod) -> PathBuf {
    with_variant(archive(binary, method), variant)
}

fn archive(binary: &Path, method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
    archive.start_file("bootstrap", options.unix_permissions(0o755)).unwrap();
    archive.write_all(&fs::read(binary).unwrap()).unwrap();
    archive.finish().unwrap().into_inner()
}

fn with_variant(archive: Vec<u8>, variant: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("releases");
    fs::create_dir_all(&folder).unwrap();
    let made = folder.join(format!("{variant}.zip"));
    // Another process may make it at the same time; it makes the same.
    let mut fresh =
        tempfile::Builder::new().prefix(&format!("{variant}-{}", process::id())).tempfile_in(&folder).unwrap();
    let mut archive = ZipWriter::new_append(Cursor::new(archive)).unwrap();
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
    archive.start_file("variant", options.unix_permissions(0o644)).unwrap();
    archive.write_all(variant.as_bytes()).unwrap();
    fresh.write_all(archive.finish().unwrap().get_ref()).unwrap();
    fresh.persist(&made).unwrap();
    made
}
