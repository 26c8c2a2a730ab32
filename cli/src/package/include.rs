//! The setting `include`: files that go into the zip beside the binary.
//!
//! A path includes a file, or a folder with everything in it, hidden files too. A glob has the syntax of `.gitignore`, relative
//! to the settings file; its `*` matches hidden files too. Both skip cargo's target folder and `.git` on their way down; a path
//! that starts there includes what is there. Symbolic links are followed: the program reads what they point to.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use ignore::{WalkBuilder, overrides::OverrideBuilder};

use super::Error;

/// A file and its name in the zip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Included {
    /// The name, with `/` between the parts on every system.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) is_executable: bool,
}

/// The folders of a search: the settings file's, and cargo's target folder, which is skipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchFolders<'a> {
    pub(super) directory: &'a Path,
    pub(super) target_directory: &'a Path,
}

type Found = BTreeMap<String, Included>;

/// The files that match the patterns, in the order of their names, each once; or the first error, where missing files count
/// last: the build may still create them.
pub(super) fn files(patterns: &[String], folders: SearchFolders<'_>) -> Result<Vec<Included>, Error> {
    let (files, errors) = files_and_errors(patterns, folders);
    errors.into_iter().next().map_or(Ok(files), Err)
}

/// The files that match the patterns, and an error for each pattern that fails. Patterns without a match share one, the last.
pub(super) fn files_and_errors(patterns: &[String], folders: SearchFolders<'_>) -> (Vec<Included>, Vec<Error>) {
    let mut found = Found::new();
    let (mut errors, mut missing) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match matching(pattern, folders) {
            Ok(own) if own.is_empty() && !missing.contains(pattern) => missing.push(pattern.clone()),
            Ok(mut own) => found.append(&mut own),
            Err(error) => errors.push(error),
        }
    }
    // `bootstrap/a` conflicts with the file `bootstrap` when the zip is unpacked.
    if found.keys().any(|name| name == "bootstrap" || name.starts_with("bootstrap/")) {
        errors.push(Error::SecondBootstrap);
    }
    if !missing.is_empty() {
        errors.push(Error::NothingIncluded { patterns: missing });
    }
    (found.into_values().collect(), errors)
}

/// The files of one pattern.
fn matching(pattern: &str, folders: SearchFolders<'_>) -> Result<Found, Error> {
    // Settings are shared between systems; only one of them reads `\` as the others read `/`.
    let inner = if cfg!(windows) { pattern.replace('\\', "/") } else { pattern.to_owned() };
    let leaves = |part| !matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(&inner).components().any(leaves) {
        return Err(Error::OutsideIncluded { pattern: pattern.to_owned() });
    }
    let mut found = Found::new();
    let path = folders.directory.join(&inner);
    // A name with a glob's characters that exists is a name.
    if !inner.is_empty() && fs::symlink_metadata(&path).is_ok() {
        collect(&path, &mut Vec::new(), folders, &mut found)?;
    } else if inner.contains(['*', '?', '[', '{']) {
        glob(&inner, folders, &mut found)?;
    }
    Ok(found)
}

/// Collects files. `above` has the canonical paths of the parent folders, so that a link to one of them is detected as a cycle.
fn collect(path: &Path, above: &mut Vec<PathBuf>, folders: SearchFolders<'_>, found: &mut Found) -> Result<(), Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        let real = fs::canonicalize(path).map_err(unreadable)?;
        if above.contains(&real) {
            return Err(Error::EndlessIncluded { path: path.to_owned() });
        }
        above.push(real);
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if !is_skipped(&path, folders) {
                collect(&path, above, folders, found)?;
            }
        }
        above.pop();
        return Ok(());
    }
    if !metadata.is_file() {
        return Err(Error::OddIncluded { path: path.to_owned() });
    }
    let name = name(path.strip_prefix(folders.directory).unwrap_or(path));
    let name = name.ok_or_else(|| Error::UnnamedIncluded { path: path.to_owned() })?;
    let is_executable = is_executable(&metadata);
    found.insert(name.clone(), Included { name, path: path.to_owned(), size: metadata.len(), is_executable });
    Ok(())
}

fn glob(pattern: &str, folders: SearchFolders<'_>, found: &mut Found) -> Result<(), Error> {
    let pattern = pattern.trim_start_matches("./");
    let check_include =
        |error: ignore::Error| Error::UnreadableGlob { pattern: pattern.to_owned(), reason: error.to_string() };
    let overrides = OverrideBuilder::new(folders.directory)
        .add(&format!("/{pattern}"))
        .map_err(check_include)?
        .build()
        .map_err(check_include)?;
    let parts: Vec<&str> = pattern.split('/').collect();
    let is_glob = |part: &&str| part.contains(['*', '?', '[', '{', '\\']);
    let fixed = parts.iter().take_while(|part| !is_glob(part)).count();
    let start = parts[..fixed].iter().fold(folders.directory.to_owned(), |path, part| path.join(part));
    if !start.is_dir() {
        return Ok(());
    }
    // No path deeper than the pattern can match.
    let depth = (!pattern.contains("**")).then_some(parts.len() - fixed);
    let (directory, target_directory) = (folders.directory.to_owned(), folders.target_directory.to_owned());
    let walk = WalkBuilder::new(start)
        .standard_filters(false)
        .follow_links(true)
        .max_depth(depth)
        .filter_entry(move |entry| {
            let folders = SearchFolders { directory: &directory, target_directory: &target_directory };
            entry.depth() == 0 || !is_skipped(entry.path(), folders)
        })
        .overrides(overrides)
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| Error::Failed { reason: error.to_string() })?;
        if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
            collect(entry.path(), &mut Vec::new(), folders, found)?;
        }
    }
    Ok(())
}

/// Whether a folder is skipped: cargo's target folder and `.git`, which are large and not meant by `.` or `**`.
fn is_skipped(path: &Path, folders: SearchFolders<'_>) -> bool {
    path == folders.target_directory || path.file_name().is_some_and(|name| name == ".git")
}

/// The name in the zip; `None` if it is not valid there.
fn name(path: &Path) -> Option<String> {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_str()),
        _ => None,
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Whether a file is executable: never on systems without modes, since included files are read and not run.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 9] = [
        "static/a.css",
        "static/deep/b.css",
        "static/deep/b.js",
        ".hidden",
        "top.txt",
        "bootstrap",
        "pages/[id].html",
        "target/site/a.css",
        ".git/config",
    ];

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in FILES {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        folder
    }

    fn names(folder: &Path, patterns: &[&str]) -> Result<String, String> {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        files(&patterns, SearchFolders { directory: folder, target_directory: &folder.join("target") })
            .map(|files| files.into_iter().map(|file| file.name).collect::<Vec<_>>().join(" "))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn folders_and_globs_bring_their_files_each_once_in_order() {
        let folder = folder();
        for (patterns, expected) in [
            (&["static"][..], "static/a.css static/deep/b.css static/deep/b.js"),
            (&["static/"], "static/a.css static/deep/b.css static/deep/b.js"),
            (&["top.txt", "./static/a.css", "static"], "static/a.css static/deep/b.css static/deep/b.js top.txt"),
            (&["static/**/*.css"], "static/a.css static/deep/b.css"),
            (&["static/*"], "static/a.css"),
            (&["static/deep/b.{css,js}"], "static/deep/b.css static/deep/b.js"),
            (&["./*.txt"], "top.txt"),
            (&[".hidden", "top.txt", "top.txt"], ".hidden top.txt"),
            (&["pages/[id].html"], "pages/[id].html"),
            (&["**/*.css"], "static/a.css static/deep/b.css"),
            (&["target/site", "target/site/*.css"], "target/site/a.css"),
        ] {
            assert_eq!(names(folder.path(), patterns).as_deref(), Ok(expected), "{patterns:?}");
        }
        fs::remove_file(folder.path().join("bootstrap")).unwrap();
        let all = ".hidden pages/[id].html static/a.css static/deep/b.css static/deep/b.js top.txt";
        for pattern in [".", "**", "**/*"] {
            assert_eq!(names(folder.path(), &[pattern]).as_deref(), Ok(all), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_there_or_lies_outside_is_an_error() {
        let folder = folder();
        for (pattern, expected) in [
            ("nothing", "nothing is there"),
            ("", "nothing is there"),
            ("*.none", "nothing is there"),
            ("none/*.css", "nothing is there"),
            ("../x", "outside"),
            ("static/../../x", "outside"),
            ("/etc/passwd", "outside"),
            ("static/[", "cannot be read as a glob"),
            ("bootstrap", "named `bootstrap`"),
        ] {
            let message = names(folder.path(), &[pattern]).unwrap_err();
            assert!(message.contains(expected), "{pattern}: {message}");
        }
    }

    #[test]
    fn every_pattern_that_fails_is_named_and_missing_files_come_last() {
        let folder = folder();
        let patterns = ["none", "static", "../x", "*.none", "none", "static/["].map(str::to_owned);
        let target_directory = folder.path().join("target");
        let folders = SearchFolders { directory: folder.path(), target_directory: &target_directory };
        let (found, errors) = files_and_errors(&patterns, folders);
        assert_eq!(found.len(), 3);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let [outside, glob, missing] = errors.as_slice() else { panic!("{errors:?}") };
        assert!(outside.contains("`../x`") && glob.contains("`static/[`"), "{errors:?}");
        assert_eq!(missing, "`include` names `none` and `*.none`, and nothing is there");
        assert!(names(folder.path(), &["none", "../x"]).unwrap_err().contains("outside"));
    }

    #[cfg(unix)]
    #[test]
    fn links_bring_what_they_point_to_and_never_run_in_circles() {
        use std::os::unix::fs::symlink;

        let folder = folder();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("shared.txt"), "").unwrap();
        symlink(outside.path(), folder.path().join("linked")).unwrap();
        symlink("../top.txt", folder.path().join("static/top")).unwrap();
        assert_eq!(names(folder.path(), &["linked", "static/top"]).as_deref(), Ok("linked/shared.txt static/top"));

        symlink("../static", folder.path().join("static/again")).unwrap();
        assert!(names(folder.path(), &["static"]).unwrap_err().contains("leads back"));
        fs::remove_file(folder.path().join("static/again")).unwrap();
        symlink("nowhere", folder.path().join("static/lost")).unwrap();
        assert!(names(folder.path(), &["static"]).unwrap_err().contains("static/lost` cannot be read"));
    }
}
