//! Files that go into the zip beside the binary.
//!
//! A path brings a file, or a folder with everything in it, hidden files too. A glob is read as `.gitignore` reads one,
//! from the settings file; its `*` stands for hidden files too. Neither looks into cargo's target folder or `.git` on its
//! way down; a path that begins there brings what is there. Links are followed: what they point to is what the program
//! reads.

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
    /// With `/` between the parts, whatever this system writes.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) is_executable: bool,
}

/// The folder of the settings file, and the one that is not looked into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) directory: &'a Path,
    pub(super) target_directory: &'a Path,
}

type Found = BTreeMap<String, Included>;

/// The files that the patterns mean, in the order of their names, each once; or the first error, where missing files count
/// last: the build may still make them.
pub(super) fn files(patterns: &[String], place: Place<'_>) -> Result<Vec<Included>, Error> {
    let (files, errors) = files_and_errors(patterns, place);
    errors.into_iter().next().map_or(Ok(files), Err)
}

/// The files that the patterns mean, and an error for each pattern that fails. Those that match no file share one, the last.
pub(super) fn files_and_errors(patterns: &[String], place: Place<'_>) -> (Vec<Included>, Vec<Error>) {
    let mut found = Found::new();
    let (mut errors, mut missing) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match matching(pattern, place) {
            Ok(own) if own.is_empty() && !missing.contains(pattern) => missing.push(pattern.clone()),
            Ok(mut own) => found.append(&mut own),
            Err(error) => errors.push(error),
        }
    }
    // `bootstrap/a` cannot be unzipped beside the program either.
    if found.keys().any(|name| name == "bootstrap" || name.starts_with("bootstrap/")) {
        errors.push(Error::SecondBootstrap);
    }
    if !missing.is_empty() {
        errors.push(Error::NothingIncluded { patterns: missing });
    }
    (found.into_values().collect(), errors)
}

/// The files of one pattern.
fn matching(pattern: &str, place: Place<'_>) -> Result<Found, Error> {
    // Settings are shared between systems; only one of them reads `\` as the others read `/`.
    let inner = if cfg!(windows) { pattern.replace('\\', "/") } else { pattern.to_owned() };
    let leaves = |part| !matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(&inner).components().any(leaves) {
        return Err(Error::OutsideIncluded { pattern: pattern.to_owned() });
    }
    let mut found = Found::new();
    let path = place.directory.join(&inner);
    // A name that looks like a glob and is there is a name.
    if !inner.is_empty() && fs::symlink_metadata(&path).is_ok() {
        collect(&path, &mut Vec::new(), place, &mut found)?;
    } else if inner.contains(['*', '?', '[', '{']) {
        glob(&inner, place, &mut found)?;
    }
    Ok(found)
}

/// `above` holds the folders on the way here as they really are, so that a link to one of them is seen.
fn collect(path: &Path, above: &mut Vec<PathBuf>, place: Place<'_>, found: &mut Found) -> Result<(), Error> {
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
            if !is_passed_by(&path, place) {
                collect(&path, above, place, found)?;
            }
        }
        above.pop();
        return Ok(());
    }
    if !metadata.is_file() {
        return Err(Error::OddIncluded { path: path.to_owned() });
    }
    let name = name(path.strip_prefix(place.directory).unwrap_or(path));
    let name = name.ok_or_else(|| Error::UnnamedIncluded { path: path.to_owned() })?;
    let is_executable = is_executable(&metadata);
    found.insert(name.clone(), Included { name, path: path.to_owned(), size: metadata.len(), is_executable });
    Ok(())
}

fn glob(pattern: &str, place: Place<'_>, found: &mut Found) -> Result<(), Error> {
    let pattern = pattern.trim_start_matches("./");
    let check_include =
        |error: ignore::Error| Error::UnreadableGlob { pattern: pattern.to_owned(), reason: error.to_string() };
    let overrides = OverrideBuilder::new(place.directory)
        .add(&format!("/{pattern}"))
        .map_err(check_include)?
        .build()
        .map_err(check_include)?;
    let parts: Vec<&str> = pattern.split('/').collect();
    let is_glob = |part: &&str| part.contains(['*', '?', '[', '{', '\\']);
    let fixed = parts.iter().take_while(|part| !is_glob(part)).count();
    let start = parts[..fixed].iter().fold(place.directory.to_owned(), |path, part| path.join(part));
    if !start.is_dir() {
        return Ok(());
    }
    // Deeper than the pattern nothing can match.
    let depth = (!pattern.contains("**")).then_some(parts.len() - fixed);
    let (directory, target_directory) = (place.directory.to_owned(), place.target_directory.to_owned());
    let walk = WalkBuilder::new(start)
        .standard_filters(false)
        .follow_links(true)
        .max_depth(depth)
        .filter_entry(move |entry| {
            let place = Place { directory: &directory, target_directory: &target_directory };
            entry.depth() == 0 || !is_passed_by(entry.path(), place)
        })
        .overrides(overrides)
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| Error::Failed { reason: error.to_string() })?;
        if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
            collect(entry.path(), &mut Vec::new(), place, found)?;
        }
    }
    Ok(())
}

/// What is large and nobody means by `.` or `**`.
fn is_passed_by(path: &Path, place: Place<'_>) -> bool {
    path == place.target_directory || path.file_name().is_some_and(|name| name == ".git")
}

/// The name in the zip; `None` if it cannot be written there.
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

/// Other systems do not say; what is included is read and not run.
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
        files(&patterns, Place { directory: folder, target_directory: &folder.join("target") })
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
        let place = Place { directory: folder.path(), target_directory: &target_directory };
        let (found, errors) = files_and_errors(&patterns, place);
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
