//! The file of the development key, which is read only if no other user can read or replace it.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// More than any key has.
const MAX_KEY: u64 = 1 << 16;

/// A file or folder that no key is read from.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum Error {
    #[error("the key of development tokens cannot be kept in {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the key of development tokens is not read through a symbolic link: {}", path.display())]
    Link { path: PathBuf },
    #[cfg(unix)]
    #[error("the key of development tokens belongs to another user, of the id {owner}: {}", path.display())]
    Owner { path: PathBuf, owner: u32 },
}

impl Error {
    /// The remedy.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::Link { path } => {
                Some(format!("delete `{}`, and the next token makes a key of its own", path.display()))
            }
            #[cfg(unix)]
            Self::Owner { path, .. } => Some(format!(
                "delete `{}`, and the next token makes a key of yours; or run the command as that user",
                path.display()
            )),
        }
    }

    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// The content of a key's file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) document: Vec<u8>,
    /// Whether others could read or replace it until now.
    pub(super) was_exposed: bool,
}

/// Creates the folder of the key, for its user alone.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

/// Reads the file `path` in `folder`; `None` where there is none. Permissions of others are taken away.
///
/// # Errors
/// One of both is a symbolic link or another user's, or cannot be read.
pub(super) fn read(folder: &Path, path: &Path) -> Result<Option<Found>, Error> {
    let Some(of_folder) = inspect(folder)? else { return Ok(None) };
    let was_replaceable = secure(folder, &of_folder, 0o022, |mode| set_mode(folder, mode))?;
    let Some(of_path) = inspect(path)? else { return Ok(None) };
    let file = File::open(path).map_err(Error::file(path))?;
    let metadata = file.metadata().map_err(Error::file(path))?;
    // It was replaced since it was looked at.
    if !is_same(&of_path, &metadata) {
        return Err(Error::Link { path: path.to_owned() });
    }
    let was_readable = secure(path, &metadata, 0o077, |mode| set_mode_of(&file, mode))?;
    let mut document = Vec::new();
    file.take(MAX_KEY).read_to_end(&mut document).map_err(Error::file(path))?;
    Ok(Some(Found { document, was_exposed: was_replaceable || was_readable }))
}

/// What is at a path; `None` for nothing.
fn inspect(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(Error::Link { path: path.to_owned() }),
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}

/// Checks the owner, and takes away the permissions `of_others`; whether there were any.
#[cfg(unix)]
fn secure(
    path: &Path,
    metadata: &Metadata,
    of_others: u32,
    set: impl Fn(u32) -> io::Result<()>,
) -> Result<bool, Error> {
    use std::os::unix::fs::MetadataExt as _;

    check_owner(path, metadata.uid(), rustix::process::geteuid().as_raw())?;
    let mode = metadata.mode() & 0o7777;
    if mode & of_others == 0 {
        return Ok(false);
    }
    set(mode & !of_others).map_err(Error::file(path))?;
    Ok(true)
}

#[cfg(unix)]
fn check_owner(path: &Path, owner: u32, user: u32) -> Result<(), Error> {
    if owner == user { Ok(()) } else { Err(Error::Owner { path: path.to_owned(), owner }) }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(unix)]
fn set_mode_of(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

// Windows gives the files of a user's folder to that user alone.
#[cfg(not(unix))]
fn secure(_: &Path, _: &Metadata, _: u32, _: impl Fn(u32) -> io::Result<()>) -> Result<bool, Error> {
    Ok(false)
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn set_mode_of(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn permissions_of_others_are_taken_away_and_reported() {
        for (of_folder, of_file, was_exposed) in
            [(0o700, 0o600, false), (0o755, 0o600, false), (0o700, 0o644, true), (0o777, 0o600, true)]
        {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("token");
            let path = folder.join("key");
            create_folder(&folder).unwrap();
            assert!(read(&folder, &path).unwrap().is_none());
            fs::write(&path, "key").unwrap();
            set_mode(&path, of_file).unwrap();
            set_mode(&folder, of_folder).unwrap();
            let found = read(&folder, &path).unwrap().unwrap();
            assert_eq!(
                (found.document.as_slice(), found.was_exposed),
                (&b"key"[..], was_exposed),
                "{of_folder:o} {of_file:o}"
            );
            assert_eq!((mode(&folder) & 0o022, mode(&path)), (0, 0o600));
            assert!(!read(&folder, &path).unwrap().unwrap().was_exposed, "once");
        }
    }

    #[test]
    fn a_key_behind_a_symbolic_link_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let (other, folder) = (parent.path().join("other"), parent.path().join("token"));
        create_folder(&other).unwrap();
        fs::write(other.join("key"), "key").unwrap();
        symlink(&other, &folder).unwrap();
        let refused = |folder: &Path, linked: &Path| {
            let error = read(folder, &folder.join("key")).unwrap_err();
            assert!(matches!(&error, Error::Link { path } if path == linked), "{error:?}");
            assert!(error.hint().unwrap().contains(linked.to_str().unwrap()));
        };
        refused(&folder, &folder);
        fs::remove_file(&folder).unwrap();
        create_folder(&folder).unwrap();
        for target in ["other/key", "nothing"] {
            symlink(parent.path().join(target), folder.join("key")).unwrap();
            refused(&folder, &folder.join("key"));
            fs::remove_file(folder.join("key")).unwrap();
        }
    }

    #[test]
    fn a_key_of_another_user_is_refused() {
        assert!(check_owner(Path::new("key"), 7, 7).is_ok());
        let error = check_owner(Path::new("key"), 0, 7).unwrap_err();
        assert!(error.to_string().contains("another user, of the id 0"), "{error}");
        assert!(error.hint().unwrap().contains("delete `key`"));
    }
}
