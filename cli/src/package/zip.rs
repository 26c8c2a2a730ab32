//! The zip: the same files make the same bytes, on every run and in every folder.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Cursor, Read as _, Write as _},
    path::Path,
};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Error, binary, include::Included};
use crate::settings::Architecture;

/// What Lambda starts.
const BOOTSTRAP: &str = "bootstrap";
/// A program's mode, with the bit for a regular file.
const EXECUTABLE: u32 = 0o755;
const READABLE: u32 = 0o644;
/// Fast and within a few percent of the smallest.
const LEVEL: i64 = 6;
/// What is checked of a zip is read into memory up to here.
const LARGEST_BOOTSTRAP: u64 = 250 << 20;

/// Writes the zip beside its place and moves it there when it is whole.
pub(super) fn write(binary: &Path, files: &[Included], target: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Write { path: target.to_owned(), source };
    let folder = target.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let mut entries: Vec<(&str, &Path, bool)> =
        files.iter().map(|file| (file.name.as_str(), file.path.as_path(), file.is_executable)).collect();
    entries.push((BOOTSTRAP, binary, true));
    entries.sort_unstable();
    for (name, path, is_executable) in entries {
        // No time of any kind: it would make two packages of one source.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::default())
            .unix_permissions(if is_executable { EXECUTABLE } else { READABLE });
        zip.start_file(name, options).map_err(|error| unwritable(error.into()))?;
        let source = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        std::io::copy(&mut BufReader::with_capacity(1 << 16, source), &mut zip).map_err(unwritable)?;
    }
    let mut writer = zip.finish().map_err(|error| unwritable(error.into()))?;
    writer.flush().map_err(unwritable)?;
    let file = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.persist(target).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Whether a zip of the user's own is one that Lambda starts.
pub(super) fn check(path: &Path, wanted: Architecture) -> Result<(), Error> {
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let mut zip =
        ZipArchive::new(BufReader::new(file)).map_err(|source| Error::NotZip { path: path.to_owned(), source })?;
    let none = || Error::NoBootstrap { path: path.to_owned() };
    let mut unzipped = 0;
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(|source| Error::NotZip { path: path.to_owned(), source })?;
        unzipped += entry.size();
    }
    if unzipped > super::UNZIPPED_LIMIT {
        return Err(Error::TooLarge { bytes: unzipped, limit: super::UNZIPPED_LIMIT });
    }
    let mut bootstrap = zip.by_name(BOOTSTRAP).map_err(|_| none())?;
    // Zips of systems without modes carry none; Lambda starts what they hold.
    if bootstrap.unix_mode().is_some_and(|mode| mode & 0o111 == 0) {
        return Err(none());
    }
    let mut content = Vec::new();
    bootstrap
        .by_ref()
        .take(LARGEST_BOOTSTRAP)
        .read_to_end(&mut content)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let mut content = Cursor::new(content);
    // A script is as good a bootstrap as a program.
    if !binary::begins_as_elf(&mut content) {
        return if content.get_ref().starts_with(b"#!") { Ok(()) } else { Err(none()) };
    }
    let shown = path.join(BOOTSTRAP);
    let facts = binary::facts(content).map_err(|reason| Error::NotElf { path: shown.clone(), reason })?;
    binary::check(&shown, &facts, wanted)
}
