//! Programs of this machine: found by name in the folders of `PATH`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

/// The endings of programs on Windows where `PATHEXT` does not name them.
const WINDOWS_ENDINGS: &str = ".COM;.EXE;.BAT;.CMD";

/// The environment in which programs are searched.
type Environment = BTreeMap<OsString, OsString>;

/// The program of this name in the first folder of `PATH` that has one. Folders that are relative do not count: what runs
/// would depend on where it is run.
pub(crate) fn find(name: &str, environment: &Environment) -> Option<PathBuf> {
    let endings = endings(environment);
    folders(environment).find_map(|folder| with_ending(&folder.join(name), &endings))
}

/// The names of the programs that begin so, without the beginning and without an ending of Windows.
pub(crate) fn list(prefix: &str, environment: &Environment) -> BTreeSet<String> {
    let endings = endings(environment);
    let entries = folders(environment).filter_map(|folder| fs::read_dir(folder).ok()).flat_map(Iterator::flatten);
    let named = entries.filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        let name = without_ending(file.strip_prefix(prefix)?, &endings)?.to_owned();
        (!name.is_empty() && is_program(&entry.path())).then_some(name)
    });
    named.collect()
}

/// The program at a path, which may leave out its ending on Windows.
pub(crate) fn at(path: &Path, environment: &Environment) -> Option<PathBuf> {
    with_ending(path, &endings(environment))
}

/// Whether a name in a command line is a path, and no name to be searched in `PATH`.
pub(crate) fn is_path(name: &str) -> bool {
    Path::new(name).components().count() > 1 || name.contains(std::path::is_separator)
}

fn folders(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let path = variable("PATH", environment).unwrap_or_default();
    std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect::<Vec<_>>().into_iter()
}

/// A variable, whose name has no case on Windows.
fn variable<'a>(name: &str, environment: &'a Environment) -> Option<&'a OsStr> {
    let is_it = |known: &&OsString| if cfg!(windows) { known.eq_ignore_ascii_case(name) } else { *known == name };
    environment.keys().find(is_it).and_then(|key| environment.get(key)).map(OsString::as_os_str)
}

/// What a program's file name may end in beside what was typed.
fn endings(environment: &Environment) -> Vec<String> {
    if !cfg!(windows) {
        return Vec::new();
    }
    let named = variable("PATHEXT", environment).and_then(OsStr::to_str).filter(|endings| !endings.is_empty());
    named.unwrap_or(WINDOWS_ENDINGS).split(';').filter(|ending| !ending.is_empty()).map(str::to_owned).collect()
}

fn with_ending(path: &Path, endings: &[String]) -> Option<PathBuf> {
    let longer = endings.iter().map(|ending| {
        let mut longer = path.as_os_str().to_owned();
        longer.push(ending);
        PathBuf::from(longer)
    });
    longer.chain([path.to_owned()]).find(|path| is_program(path))
}

/// The name without the ending that makes it a program; `None` if it has none and needs one.
fn without_ending<'a>(file: &'a str, endings: &[String]) -> Option<&'a str> {
    if endings.is_empty() {
        return Some(file);
    }
    endings.iter().find_map(|ending| {
        let (name, end) = file.split_at_checked(file.len().checked_sub(ending.len())?)?;
        end.eq_ignore_ascii_case(ending).then_some(name)
    })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Elsewhere the name decides.
#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_of_windows_is_no_part_of_the_name() {
        let endings = [".EXE".to_owned(), ".cmd".to_owned()];
        for (file, name) in [
            ("notes.exe", Some("notes")),
            ("notes.CMD", Some("notes")),
            ("notes.txt", None),
            ("x", None),
            ("größe", None),
        ] {
            assert_eq!(without_ending(file, &endings), name, "{file}");
        }
        assert_eq!(without_ending("notes.exe", &[]), Some("notes.exe"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_an_executable_file_of_an_absolute_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |folder: &Path, name: &str, mode: u32| {
            fs::write(folder.join(name), "").unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        write(first.path(), "tool-a", 0o644);
        write(second.path(), "tool-a", 0o755);
        write(second.path(), "tool-b", 0o755);
        fs::create_dir(second.path().join("tool-folder")).unwrap();
        let path = std::env::join_paths([Path::new(""), Path::new("."), first.path(), second.path()]).unwrap();
        let environment = BTreeMap::from([(OsString::from("PATH"), path)]);
        assert_eq!(find("tool-a", &environment), Some(second.path().join("tool-a")));
        assert_eq!(find("tool-c", &environment), None);
        assert_eq!(find("Cargo.toml", &environment), None, "a file of the working directory");
        assert_eq!(list("tool-", &environment), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
