//! The folder that a built binary runs in: a copy of its own, as a deployed function has.
//!
//! Cargo may build again, for us or for somebody else, while the copy serves.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// Where the builds of one run are kept; gone with it.
#[derive(Debug)]
pub(crate) struct TaskRoot {
    directory: TempDir,
    builds: usize,
}

impl TaskRoot {
    pub(crate) fn new() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("zappa-rs-task-").tempdir()?;
        Ok(Self { directory, builds: 0 })
    }

    /// Takes a build in and says where its `bootstrap` is. The one before the last is removed.
    pub(crate) fn place(&mut self, executable: &Path) -> io::Result<PathBuf> {
        if let Some(old) = self.builds.checked_sub(2) {
            // What still runs there keeps its file until it ends.
            let _ = fs::remove_dir_all(self.folder(old));
        }
        let folder = self.folder(self.builds);
        self.builds += 1;
        fs::create_dir(&folder)?;
        let bootstrap = folder.join(format!("bootstrap{}", std::env::consts::EXE_SUFFIX));
        fs::copy(executable, &bootstrap)?;
        Ok(bootstrap)
    }

    fn folder(&self, build: usize) -> PathBuf {
        self.directory.path().join(build.to_string())
    }
}
