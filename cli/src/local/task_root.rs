//! The folder that a process runs in, laid out as `/var/task` of a deployed function: `bootstrap` and, beside it, the
//! files that `include` brings into the zip. It is read-only, as there.
//!
//! Cargo may build again, for this command or another one, while a copy serves.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::TempDir;

use crate::package::{EntryDate, Included};

/// The folder of the builds of one run; removed at its end.
#[derive(Debug)]
pub(crate) struct TaskRoot {
    directory: TempDir,
    builds: usize,
    /// The date of all files, as in the zip.
    date: SystemTime,
}

/// A file that cannot be laid out.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be copied into the folder of the process", path.display())]
pub(crate) struct PlaceError {
    path: PathBuf,
    source: io::Error,
}

impl TaskRoot {
    pub(crate) fn new(date: EntryDate) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("zappa-rs-task-").tempdir()?;
        Ok(Self { directory, builds: 0, date: date.system_time() })
    }

    /// Lays out a build and returns the path of its `bootstrap`. The build before the last is removed.
    pub(crate) fn place(&mut self, executable: &Path, files: &[Included]) -> Result<PathBuf, PlaceError> {
        if let Some(old) = self.builds.checked_sub(2) {
            let folder = self.folder(old);
            // What still runs there keeps its file until it ends.
            let _ = set_writable(&folder).and_then(|()| fs::remove_dir_all(&folder));
        }
        let folder = self.folder(self.builds);
        self.builds += 1;
        let bootstrap = folder.join(format!("bootstrap{}", std::env::consts::EXE_SUFFIX));
        self.copy(executable, &bootstrap, true)?;
        for file in files {
            self.copy(&file.path, &folder.join(&file.name), file.is_executable)?;
        }
        set_read_only(&folder).map_err(|source| PlaceError { path: folder, source })?;
        Ok(bootstrap)
    }

    /// Copies what a link points to, as the zip has it: the mode tells programs from other files and nothing else, and
    /// the date is the zip's.
    fn copy(&self, from: &Path, to: &Path, is_executable: bool) -> Result<(), PlaceError> {
        let copied = || {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(from, to)?;
            // A copy of a read-only file is read-only, and only a file that is open for writing can be dated
            // everywhere.
            set_mode(to, WRITABLE)?;
            fs::File::options().write(true).open(to)?.set_modified(self.date)?;
            set_mode(to, if is_executable { EXECUTABLE } else { READABLE })
        };
        copied().map_err(|source| PlaceError { path: from.to_owned(), source })
    }

    fn folder(&self, build: usize) -> PathBuf {
        self.directory.path().join(build.to_string())
    }
}

impl Drop for TaskRoot {
    fn drop(&mut self) {
        // What cannot be made writable stays, and the system's own cleaning of temporary files finds it.
        let _ = set_writable(self.directory.path());
    }
}

const EXECUTABLE: u32 = 0o555;
const READABLE: u32 = 0o444;
const WRITABLE: u32 = 0o600;

/// Takes the right to write from every folder, once all files are there; the files never had it.
fn set_read_only(folder: &Path) -> io::Result<()> {
    each_folder(folder, &|folder| set_mode(folder, EXECUTABLE))
}

/// Gives it back, since it is needed to remove what is in a folder.
fn set_writable(folder: &Path) -> io::Result<()> {
    each_folder(folder, &|folder| set_mode(folder, 0o700))
}

fn each_folder(folder: &Path, act: &impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    act(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            each_folder(&entry.path(), act)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Elsewhere a file that may not be written may not be removed either.
#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn date() -> EntryDate {
        let environment = [("SOURCE_DATE_EPOCH".into(), "1709164800".into())];
        EntryDate::from_environment(&environment.into()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn included(path: PathBuf, name: &str, is_executable: bool) -> Included {
        Included { name: name.to_owned(), path, size: 0, is_executable }
    }

    #[test]
    fn files_are_laid_out_read_only_and_gone_with_the_run() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app"), "app").unwrap();
        fs::write(folder.path().join("tool"), "tool").unwrap();
        symlink("tool", folder.path().join("link")).unwrap();
        let files = [
            included(folder.path().join("tool"), "bin/deep/tool", true),
            included(folder.path().join("link"), "link", false),
        ];
        let mut task_root = TaskRoot::new(date()).unwrap();
        let path = task_root.directory.path().to_owned();
        let first = task_root.place(&folder.path().join("app"), &files).unwrap();
        let root = first.parent().unwrap();
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode();
        for (name, expected) in [
            ("", 0o40_555),
            ("bin", 0o40_555),
            ("bin/deep", 0o40_555),
            ("bootstrap", 0o100_555),
            ("bin/deep/tool", 0o100_555),
            ("link", 0o100_444),
        ] {
            assert_eq!(mode(&root.join(name)), expected, "{name}");
        }
        assert_eq!(fs::read_to_string(root.join("link")).unwrap(), "tool");
        for name in ["bootstrap", "bin/deep/tool", "link"] {
            let modified = fs::metadata(root.join(name)).unwrap().modified().unwrap();
            assert_eq!(modified, date().system_time(), "{name}");
        }

        for _ in 0..2 {
            task_root.place(&folder.path().join("app"), &files).unwrap();
        }
        assert!(!first.exists());
        drop(task_root);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_gone_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = TaskRoot::new(date()).unwrap().place(&folder.path().join("app"), &[]).unwrap_err();
        assert!(error.to_string().contains("app` cannot be copied"), "{error}");
    }
}
