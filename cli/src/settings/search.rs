//! Where the settings file is: the one that is named, or the nearest in the folder or above it.
//!
//! The search ends at the root of the cargo workspace, as cargo's own does, even where a member is a repository of its
//! own. Without a workspace it ends at the root of the repository. Cargo is not asked: it may not be there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Error, FILE_NAME, Settings};

/// What the file is called by Zappa, where it is not TOML.
const OF_ZAPPA: [&str; 4] = ["zappa_settings.json", "zappa_settings.yml", "zappa_settings.yaml", "zappa_settings.py"];

impl Settings {
    /// The file that is named, or the one in the folder or above it, up to the root of the workspace or repository.
    pub(crate) fn find(directory: &Path, named: Option<&Path>) -> Result<PathBuf, Error> {
        if let Some(named) = named {
            return Ok(directory.join(named));
        }
        let end = end(directory);
        let mut zappa = None;
        for folder in directory.ancestors() {
            let path = folder.join(FILE_NAME);
            // A folder or a dangling link of this name is meant to be the file: going past it would take another one.
            if path.symlink_metadata().is_ok() {
                return Ok(path);
            }
            zappa = zappa.or_else(|| OF_ZAPPA.iter().find(|name| folder.join(name).is_file()));
            if Some(folder) == end {
                break;
            }
        }
        let end = end.map(Path::to_owned);
        Err(Error::NoFile { directory: directory.to_owned(), end, zappa: zappa.copied() })
    }
}

/// The last folder of the search; `None` where nothing ends it.
fn end(directory: &Path) -> Option<&Path> {
    let boundary = directory.ancestors().find(|folder| is_repository(folder) || workspace(folder).is_some());
    workspace_root(directory).or(boundary)
}

/// The root of the cargo workspace that the folder's package belongs to. A repository without a package of its own ends
/// the search for one.
fn workspace_root(directory: &Path) -> Option<&Path> {
    let is_package = |folder: &&Path| folder.join("Cargo.toml").is_file();
    let package =
        directory.ancestors().find(|folder| is_package(folder) || is_repository(folder)).filter(is_package)?;
    // Cargo passes by a workspace that excludes the package.
    package.ancestors().find(|folder| {
        workspace(folder).is_some_and(|workspace| *folder == package || !is_excluded(package, folder, &workspace))
    })
}

fn is_repository(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// The table `[workspace]` of the folder's manifest.
fn workspace(folder: &Path) -> Option<toml::Table> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    if !manifest.contains("workspace") {
        return None;
    }
    match manifest.parse::<toml::Table>().ok()?.remove("workspace")? {
        toml::Value::Table(workspace) => Some(workspace),
        _ => None,
    }
}

/// Whether `exclude` names the package or a folder above it, and `members` does not.
fn is_excluded(package: &Path, root: &Path, workspace: &toml::Table) -> bool {
    let names = |key: &str| {
        let paths = workspace.get(key).and_then(toml::Value::as_array).into_iter().flatten();
        paths.filter_map(toml::Value::as_str).any(|path| package.starts_with(root.join(path)))
    };
    names("exclude") && !names("members")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const PACKAGE: &str = "[package]\nname = \"api\"\n";

    /// Where the search from `ws/api/src` ends and what it finds, in a tree of these files; `/` at the end makes a
    /// folder.
    fn found(files: &[(&str, &str)]) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        // Nothing above counts.
        for (name, text) in [("ws/api/src/", ""), (".git/", "")].iter().chain(files) {
            let path = root.path().join(name);
            if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        let shown = |text: String| text.replace(&*root.path().to_string_lossy(), "").replace('\\', "/");
        Settings::find(&root.path().join("ws/api/src"), None)
            .map(|path| shown(path.display().to_string()))
            .map_err(|error| shown(error.to_string()))
    }

    #[test]
    fn the_search_goes_to_the_root_of_the_workspace_past_a_members_own_repository() {
        let package = ("ws/api/Cargo.toml", PACKAGE);
        let workspace = ("ws/Cargo.toml", "[workspace]\nmembers = [\"api\"]\n");
        let excluding = ("ws/Cargo.toml", "[workspace]\nexclude = [\"api\"]\n");
        let (git, settings) = (("ws/api/.git/", ""), ("ws/zappa_settings.toml", ""));
        let above = ("zappa_settings.toml", "");
        let at_workspace = Ok("/ws/zappa_settings.toml");
        for (files, expected) in [
            (&[package, workspace, git, settings][..], at_workspace),
            // A submodule has a file of that name.
            (&[package, workspace, ("ws/api/.git", "gitdir: ../.git/modules/api"), settings], at_workspace),
            (&[package, workspace, settings], at_workspace),
            (&[package, settings], at_workspace),
            (&[package, workspace, git, above], Err("/ws/api/src` or above it, up to `/ws`")),
            (&[package, workspace, above], Err("/ws/api/src` or above it, up to `/ws`")),
            // A repository is a boundary where it is no member of a workspace.
            (&[package, git, settings], Err("/ws/api/src` or above it, up to `/ws/api`")),
            (&[package, excluding, git, settings], Err("/ws/api/src` or above it, up to `/ws/api`")),
            (&[workspace, git, settings], Err("/ws/api/src` or above it, up to `/ws/api`")),
            (&[package, ("ws/Cargo.toml", "# [workspace]\n"), git, settings], Err("up to `/ws/api`")),
            // A package that is a workspace by itself ends at itself.
            (&[("ws/api/Cargo.toml", "[workspace]\n[package]\n"), workspace, settings], Err("up to `/ws/api`")),
            (&[("ws/api/src/.git/", ""), workspace, settings], Err("no `zappa_settings.toml` in `/ws/api/src`")),
        ] {
            let found = found(files);
            match expected {
                Ok(path) => assert_eq!(found.as_deref(), Ok(path), "{files:?}"),
                Err(end) => assert!(found.as_ref().is_err_and(|text| text.ends_with(end)), "{files:?}: {found:?}"),
            }
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_or_a_link_that_leads_to_no_file_in_the_place_of_the_file_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let reason = || {
            let found = Settings::find(folder.path(), None).unwrap();
            let error = Settings::load(&found, &BTreeMap::new()).unwrap_err();
            format!("{:#}", anyhow::Error::from(error))
        };
        fs::create_dir(&path).unwrap();
        assert!(reason().ends_with("it is a folder, not a file"), "{}", reason());
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink("shared/settings.toml", &path).unwrap();
        assert!(reason().ends_with("it is a link to `shared/settings.toml`, which does not exist"), "{}", reason());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("other.toml", &path).unwrap();
        std::os::unix::fs::symlink(FILE_NAME, folder.path().join("other.toml")).unwrap();
        assert!(reason().ends_with("it is a link to `other.toml`, which leads back to itself"), "{}", reason());
    }
}
