//! The folders that the system watches, each by itself: watching a root with all below would watch the target folder
//! too.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// The watched folders.
pub(super) struct Folders {
    watched: HashSet<PathBuf>,
    watcher: RecommendedWatcher,
}

impl Folders {
    /// Begins without any.
    pub(super) fn new(watcher: RecommendedWatcher) -> Self {
        Self { watched: HashSet::new(), watcher }
    }

    /// Watches a folder.
    pub(super) fn watch(&mut self, folder: &Path) -> notify::Result<()> {
        if self.watched.insert(folder.to_owned()) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive).inspect_err(|_| {
                self.watched.remove(folder);
            })?;
        }
        Ok(())
    }

    /// Watches a folder that need not exist: one that is gone cannot change.
    pub(super) fn add(&mut self, folder: &Path) {
        let _ = self.watch(folder);
    }

    /// Stops watching a folder that is gone or has another name now, and all below it.
    pub(super) fn remove(&mut self, folder: &Path) {
        for folder in self.watched.extract_if(|watched| watched.starts_with(folder)) {
            // The system has forgotten it already.
            let _ = self.watcher.unwatch(&folder);
        }
    }
}
