//! The output folder of one stage's builds, and the lock that keeps other processes from it.
//!
//! Cargo's own lock ends with cargo: from then on another build may replace `target/<triple>/release/<name>`. So the results
//! go into a folder of the stage, where cargo puts them while it still holds its lock, and our own lock is held until the
//! caller has read them. Compiled dependencies stay in the build folder that all builds share.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use fs4::{FileExt, TryLockError};

use super::{Error, Target};

/// The tool's folder in cargo's target folder.
pub(crate) const FOLDER: &str = "zappa-rs";
/// The interval at which a lock that another process holds is tried again.
const RETRY: Duration = Duration::from_millis(50);

/// A locked folder for the results of builds. The lock belongs to the open file, so the system ends it with the process.
#[derive(Debug)]
pub(crate) struct Output {
    directory: PathBuf,
    _lock: File,
}

impl Output {
    /// Locks the folder of this name; `on_wait` is called once if another process holds it.
    pub(crate) async fn lock(target: &Target, name: &str, on_wait: impl FnOnce()) -> Result<Self, Error> {
        let directory = directory(target, name);
        let path = directory.join("lock");
        let unlocked = |source| Error::NotLocked { path: path.clone(), source };
        let opened = || {
            fs::create_dir_all(&directory)?;
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let lock = opened().map_err(unlocked)?;
        let mut on_wait = Some(on_wait);
        loop {
            match FileExt::try_lock(&lock) {
                Ok(()) => return Ok(Self { directory, _lock: lock }),
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait();
                    }
                    tokio::time::sleep(RETRY).await;
                }
                // Some network file systems have no locks, and builds on them do not wait for each other.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { directory, _lock: lock });
                }
                Err(TryLockError::Error(error)) => return Err(unlocked(error)),
            }
        }
    }

    /// The locked folder.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The target folder that cargo is given.
    pub(super) fn target_directory(&self) -> PathBuf {
        self.directory.join("target")
    }
}

/// The folder of this name, locked or not.
pub(crate) fn directory(target: &Target, name: &str) -> PathBuf {
    target.target_directory.join(FOLDER).join(name)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::build::TargetKind;

    #[tokio::test]
    async fn a_second_build_waits_for_the_first_and_another_stage_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target {
            package_id: String::new(),
            manifest_path: PathBuf::new(),
            kind: TargetKind::Bin,
            name: "app".to_owned(),
            workspace_root: folder.path().to_owned(),
            target_directory: folder.path().to_owned(),
            build_directory: None,
            package: "app".to_owned(),
            features: Vec::new(),
        };
        let first = Output::lock(&target, "app-dev", || panic!("the lock is free")).await.unwrap();
        let _other = Output::lock(&target, "app-prod", || panic!("the lock is free")).await.unwrap();
        let waits = Cell::new(0);
        let second = Output::lock(&target, "app-dev", || waits.set(waits.get() + 1));
        assert!(second.now_or_never().is_none(), "two hold one lock");
        assert_eq!(waits.get(), 1);
        drop(first);
        Output::lock(&target, "app-dev", || panic!("it was let go")).await.unwrap();
    }
}
