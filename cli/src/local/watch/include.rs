//! Included files as they are followed: which events may concern them, and which files they are now.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use ignore::{DirEntry, WalkBuilder};

use crate::package;

/// The patterns of the files that go into the zip beside the binary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Include {
    pub(crate) patterns: Vec<String>,
    /// The directory that the patterns are relative to.
    pub(crate) directory: PathBuf,
    /// The target directory, which is never searched.
    pub(crate) target_directory: PathBuf,
}

impl Include {
    /// The folders and files that hold whatever the patterns bring.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        let root = |pattern: &String| {
            let path = self.directory.join(pattern);
            if path.symlink_metadata().is_ok() {
                return path;
            }
            let is_name = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
            pattern.split('/').take_while(is_name).fold(self.directory.clone(), |path, part| path.join(part))
        };
        self.patterns.iter().map(root).collect()
    }

    /// The files. An invalid pattern, or one that matches nothing, has none here, and the next build reports it.
    pub(super) fn paths(&self) -> BTreeSet<PathBuf> {
        let brought = |pattern: &String| {
            package::find_included(std::slice::from_ref(pattern), &self.directory, &self.target_directory)
                .unwrap_or_default()
        };
        self.patterns.iter().flat_map(brought).map(|file| file.path).collect()
    }

    /// Walks a folder, hidden ones below it too, since a folder brings what is in it.
    pub(super) fn walk(&self, root: &Path) -> impl Iterator<Item = DirEntry> {
        let own = self.clone();
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(true)
            .filter_entry(move |entry| entry.depth() == 0 || !own.is_passed_by(entry.path()))
            .build();
        walk.filter_map(Result::ok)
    }

    /// Whether a folder is skipped: it is large, and no folder above it includes it.
    pub(super) fn is_passed_by(&self, path: &Path) -> bool {
        path == self.target_directory || path.ends_with(".git")
    }
}
