//! Files that go into the zip beside the binary.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use super::Error;

/// A file and its name in the zip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Included {
    /// With `/` between the parts, whatever this system writes.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) is_executable: bool,
}

/// What the patterns mean, in the order of the names, each file once. Folders bring everything in them, hidden files too.
pub(super) fn files(patterns: &[String], directory: &Path) -> Result<Vec<Included>, Error> {
    let mut found = BTreeMap::new();
    for pattern in patterns {
        let inner = Path::new(pattern);
        let leaves = inner.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        if leaves {
            return Err(Error::OutsideIncluded { pattern: pattern.clone() });
        }
        let before = found.len();
        if pattern.contains(['*', '?', '[']) {
            glob(pattern, directory, &mut found)?;
        } else {
            collect(&directory.join(inner), directory, &mut found)?;
        }
        if found.len() == before && !already(pattern, &found) {
            return Err(Error::NothingIncluded { pattern: pattern.clone() });
        }
    }
    if found.contains_key("bootstrap") {
        return Err(Error::SecondBootstrap);
    }
    Ok(found.into_values().collect())
}

/// Another pattern brought it before.
fn already(pattern: &str, found: &BTreeMap<String, Included>) -> bool {
    let name = pattern.trim_start_matches("./").trim_end_matches('/');
    found.keys().any(|known| known == name || known.starts_with(&format!("{name}/")))
}

fn collect(path: &Path, directory: &Path, found: &mut BTreeMap<String, Included>) -> Result<(), Error> {
    // Links are followed: what they point to is what the program reads.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    if metadata.is_dir() {
        let entries = fs::read_dir(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        for entry in entries {
            let entry = entry.map_err(|source| Error::Read { path: path.to_owned(), source })?;
            collect(&entry.path(), directory, found)?;
        }
        return Ok(());
    }
    let name = name(path.strip_prefix(directory).unwrap_or(path));
    let is_executable = is_executable(&metadata);
    found.insert(name.clone(), Included { name, path: path.to_owned(), size: metadata.len(), is_executable });
    Ok(())
}

fn glob(pattern: &str, directory: &Path, found: &mut BTreeMap<String, Included>) -> Result<(), Error> {
    let unfit = |_| Error::NothingIncluded { pattern: pattern.to_owned() };
    let pattern = ignore::overrides::OverrideBuilder::new(directory)
        .add(&format!("/{}", pattern.trim_start_matches("./")))
        .map_err(unfit)?
        .build()
        .map_err(unfit)?;
    let walk =
        ignore::WalkBuilder::new(directory).standard_filters(false).follow_links(true).overrides(pattern).build();
    for entry in walk {
        let entry = entry.map_err(|error| Error::Failed { reason: error.to_string() })?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            collect(entry.path(), directory, found)?;
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Other systems do not say; what is included is read and not run.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(patterns: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["static/a.css", "static/deep/b.css", "static/deep/b.js", ".hidden", "top.txt", "bootstrap"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        files(&patterns, folder.path())
            .map(|files| files.into_iter().map(|file| file.name).collect::<Vec<_>>().join(" "))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn folders_and_globs_bring_their_files_each_once_in_order() {
        for (patterns, expected) in [
            (&["static"][..], "static/a.css static/deep/b.css static/deep/b.js"),
            (&["top.txt", "./static/a.css", "static"], "static/a.css static/deep/b.css static/deep/b.js top.txt"),
            (&["static/**/*.css"], "static/a.css static/deep/b.css"),
            (&[".hidden", "top.txt", "top.txt"], ".hidden top.txt"),
        ] {
            assert_eq!(names(patterns).as_deref(), Ok(expected), "{patterns:?}");
        }
    }

    #[test]
    fn what_is_not_there_or_lies_outside_is_an_error() {
        for (pattern, expected) in [
            ("nothing", "nothing is there"),
            ("*.none", "nothing is there"),
            ("../x", "outside"),
            ("/etc/passwd", "outside"),
            ("bootstrap", "named `bootstrap`"),
        ] {
            assert!(names(&[pattern]).unwrap_err().contains(expected), "{pattern}");
        }
    }
}
