//! The sources of a package: the files that are always part of a build, and where to look for them.

use std::path::Path;

use ignore::{DirEntry, WalkBuilder};

/// Whether a file of this name is always part of a build.
pub(super) fn is_source(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // Editors keep `.#main.rs` and `main.rs~` beside a file.
    path.extension().is_some_and(|extension| extension == "rs") && !name.starts_with('.')
        || matches!(name, "Cargo.toml" | "rust-toolchain" | "rust-toolchain.toml")
        || path.ends_with(".cargo/config.toml")
}

/// Whether a folder is one of cargo's target folders.
fn is_output(path: &Path, target_directory: &Path) -> bool {
    path == target_directory || path.join("CACHEDIR.TAG").is_file()
}

/// Whether a folder is in one of cargo's target folders.
pub(super) fn is_output_of(folder: &Path, target_directory: &Path) -> bool {
    folder.ancestors().any(|folder| is_output(folder, target_directory))
}

/// Walks a folder without hidden, ignored and target folders. A folder is read after it was named, so that one which is
/// watched by then misses nothing.
pub(super) fn walk(root: &Path, target_directory: &Path) -> impl Iterator<Item = DirEntry> {
    let target = target_directory.to_owned();
    let walk = WalkBuilder::new(root).filter_entry(move |entry| !is_output(entry.path(), &target)).build();
    walk.filter_map(Result::ok)
}
