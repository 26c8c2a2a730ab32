//! The reproducible zip: the same files give the same bytes, on every run and in every folder.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufReader, BufWriter, Cursor, Read, Seek, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use sha2::{Digest as _, Sha256};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    Error,
    binary::{self, Facts},
    entry_date::EntryDate,
    include::Included,
};
use crate::digest::hexadecimal;

/// The name of the executable that Lambda starts.
const BOOTSTRAP: &str = "bootstrap";
const EXECUTABLE: u32 = 0o755;
const READABLE: u32 = 0o644;
/// The compression level: fast, and within a few percent of the smallest size.
const LEVEL: i64 = 6;
/// The size of one read, after which a request to stop is noticed.
const PIECE: usize = 1 << 16;

/// The entries beside the binary, and the date of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries<'a> {
    pub(super) files: &'a [Included],
    pub(super) date: EntryDate,
}

/// Writes the zip atomically, by a temporary file beside it; `stop` ends the work and removes that. A binary whose SHA-256 is
/// not `made` is refused.
pub(super) fn write(
    binary: &Path,
    made: &str,
    entries: Entries<'_>,
    target: &Path,
    stop: &AtomicBool,
) -> Result<(), Error> {
    let unwritable = |source| Error::Write { path: target.to_owned(), source };
    let mut writer = BufWriter::new(beside(target).map_err(unwritable)?);
    let mut zip = ZipWriter::new(&mut writer);
    let filled = fill(&mut zip, binary, entries, target, stop).and_then(|zipped| {
        if zipped == made { Ok(()) } else { Err(Error::ReplacedBinary { path: binary.to_owned() }) }
    });
    if let Err(error) = filled {
        // Its drop would try to finish the zip once more, and print the error to stderr.
        std::mem::forget(zip);
        return Err(error);
    }
    zip.finish().map_err(|error| unwritable(error.into()))?;
    writer.flush().map_err(unwritable)?;
    let file = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    file.persist(target).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Writes all entries in the order of their names, and returns the SHA-256 of the binary as it was read.
fn fill<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    binary: &Path,
    Entries { files, date }: Entries<'_>,
    target: &Path,
    stop: &AtomicBool,
) -> Result<String, Error> {
    let unwritable = |source| Error::Write { path: target.to_owned(), source };
    let mut hash = Sha256::new();
    let mut entries: Vec<(&str, &Path, bool)> =
        files.iter().map(|file| (file.name.as_str(), file.path.as_path(), file.is_executable)).collect();
    entries.push((BOOTSTRAP, binary, true));
    entries.sort_unstable();
    let mut piece = vec![0; PIECE];
    for (name, path, is_executable) in entries {
        let unreadable = |source| Error::Read { path: path.to_owned(), source };
        // Not the files' own dates, by which two builds of one source would differ.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(date.zip())
            .unix_permissions(if is_executable { EXECUTABLE } else { READABLE });
        zip.start_file(name, options).map_err(|error| unwritable(error.into()))?;
        let mut source = File::open(path).map_err(unreadable)?;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Failed { reason: "it was stopped".to_owned() });
            }
            match source.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => {
                    if name == BOOTSTRAP {
                        hash.update(&piece[..length]);
                    }
                    zip.write_all(&piece[..length]).map_err(unwritable)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// A temporary file in the same folder, removed unless it is persisted, with the mode that the umask allows.
fn beside(target: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".unfinished-").tempfile_in(target.parent().unwrap_or(Path::new(".")))
}

/// The facts of a zip of `--zip`.
pub(super) struct Given {
    /// The facts of its binary; `None` if it is a script.
    pub(super) facts: Option<Facts>,
    pub(super) names: Vec<String>,
}

/// Opens the zip of `--zip`.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NoZip { path: path.to_owned() },
        _ => Error::Read { path: path.to_owned(), source },
    })
}

/// Reads the facts of a zip, and checks that Lambda can start it.
pub(super) fn read(path: &Path, file: &File) -> Result<Given, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let not_zip = |source| Error::NotZip { path: path.to_owned(), source };
    let none = |reason| Error::NoBootstrap { path: path.to_owned(), reason };
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(not_zip)?;
    let mut unzipped: u64 = 0;
    for index in 0..zip.len() {
        unzipped = unzipped.saturating_add(zip.by_index_raw(index).map_err(not_zip)?.size());
    }
    if unzipped > super::UNZIPPED_LIMIT {
        return Err(Error::TooLarge { bytes: unzipped, limit: super::UNZIPPED_LIMIT });
    }
    let names = zip.file_names().flatten().map(Cow::into_owned).collect();
    let mut bootstrap = zip.by_name(BOOTSTRAP).map_err(|error| match error {
        zip::result::ZipError::FileNotFound => none("there is none"),
        other => not_zip(other),
    })?;
    // Zips of systems without modes have none; Lambda starts their programs.
    if bootstrap.unix_mode().is_some_and(|mode| mode & 0o111 == 0) {
        return Err(none("it is not executable"));
    }
    let mut content = Vec::new();
    // The size in the zip's header is not trusted.
    bootstrap.by_ref().take(super::UNZIPPED_LIMIT).read_to_end(&mut content).map_err(unreadable)?;
    let mut content = Cursor::new(content);
    // A script is a valid bootstrap, too.
    if !binary::begins_as_elf(&mut content) {
        let is_script = content.get_ref().starts_with(b"#!");
        return if is_script {
            Ok(Given { facts: None, names })
        } else {
            Err(none("it is neither a program for Linux nor a script"))
        };
    }
    let facts = binary::facts(content).map_err(|reason| Error::NotElf { path: path.join(BOOTSTRAP), reason })?;
    Ok(Given { facts: Some(facts), names })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;

    fn packed(folder: &Path, stop: bool) -> Result<Vec<u8>, Error> {
        let program = [b"\x7fELF".as_slice(), &vec![7; 200_000]].concat();
        packed_as(folder, &hexadecimal(&Sha256::digest(&program)), stop)
    }

    fn packed_as(folder: &Path, made: &str, stop: bool) -> Result<Vec<u8>, Error> {
        let date = EntryDate::from_environment(&BTreeMap::new()).unwrap();
        fs::write(folder.join("app"), [b"\x7fELF".as_slice(), &vec![7; 200_000]].concat()).unwrap();
        fs::write(folder.join("a.txt"), "a").unwrap();
        let file =
            Included { name: "assets/a.txt".to_owned(), path: folder.join("a.txt"), size: 1, is_executable: false };
        let target = folder.join("out.zip");
        write(&folder.join("app"), made, Entries { files: &[file], date }, &target, &AtomicBool::new(stop))?;
        Ok(fs::read(target).unwrap())
    }

    #[test]
    fn the_same_files_in_two_folders_are_the_same_zip() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = folders.each_ref().map(|folder| packed(folder.path(), false).unwrap());
        assert!(first == second);
        let mut zip = ZipArchive::new(Cursor::new(first)).unwrap();
        let entries: Vec<_> = (0..zip.len())
            .map(|index| {
                let entry = zip.by_index(index).unwrap();
                (
                    entry.name().unwrap().into_owned(),
                    entry.unix_mode().unwrap(),
                    entry.last_modified().unwrap().to_string(),
                )
            })
            .collect();
        let time = "1980-01-01 00:00:00".to_owned();
        assert_eq!(
            entries,
            [("assets/a.txt".to_owned(), 0o100_644, time.clone()), ("bootstrap".to_owned(), 0o100_755, time)]
        );
    }

    #[test]
    fn work_that_is_stopped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(packed(folder.path(), true).is_err());
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.txt", "app"]);
    }

    #[test]
    fn a_binary_that_took_the_place_of_another_makes_no_zip() {
        let folder = tempfile::tempdir().unwrap();
        let error = packed_as(folder.path(), &"0".repeat(64), false).unwrap_err();
        assert!(matches!(error, Error::ReplacedBinary { .. }), "{error}");
        assert!(!folder.path().join("out.zip").exists());
    }

    fn given(entries: &[(&str, u32, &[u8])]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.zip");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for (name, mode, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default().unix_permissions(*mode)).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap();
        match read(&path, &File::open(&path).unwrap()) {
            Ok(given) => format!("{} files", given.names.len()),
            Err(error) => error.to_string().replace(&folder.path().display().to_string(), ""),
        }
    }

    #[test]
    fn a_zip_of_the_users_own_is_looked_at() {
        for (entries, expected) in [
            (&[("bootstrap", 0o755, &b"#!/bin/sh\n"[..]), ("x", 0o644, b"")][..], "2 files"),
            (
                &[("app/bootstrap", 0o755, b"#!/bin/sh\n")],
                "`/own.zip` has no `bootstrap` that Lambda can start: there is none",
            ),
            (
                &[("bootstrap", 0o644, b"#!/bin/sh\n")],
                "`/own.zip` has no `bootstrap` that Lambda can start: it is not executable",
            ),
            (
                &[("bootstrap", 0o755, b"MZ")],
                "`/own.zip` has no `bootstrap` that Lambda can start: it is neither a program for Linux nor a script",
            ),
            (
                &[("bootstrap", 0o755, b"\x7fELF")],
                "`/own.zip/bootstrap` is not a program for Linux: it is not an executable of a known format",
            ),
        ] {
            assert_eq!(given(entries), expected);
        }
    }
}
