//! Path dependencies: the packages outside the workspace that a build is made of, by the manifests alone.
//!
//! Cargo is not asked: it may need the network, and a manifest that it refuses is the one whose next edit matters most.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// The manifests that these lead to by `path = "..."`, they themselves among them, and those of the workspaces around,
/// from which a package may inherit.
pub(super) fn reached(manifests: impl IntoIterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = manifests.into_iter().collect();
    while let Some(manifest) = waiting.pop() {
        let Ok(manifest) = manifest.canonicalize() else { continue };
        if !reached.insert(manifest.clone()) {
            continue;
        }
        let Some((folder, table)) = manifest.parent().zip(read(&manifest)) else { continue };
        let mut paths = Vec::new();
        collect(&table, false, &mut paths);
        waiting.extend(paths.into_iter().map(|path| folder.join(path).join("Cargo.toml")));
        waiting.extend(workspace_around(folder));
    }
    reached
}

/// Whether a manifest has a package, and not only a workspace.
pub(super) fn is_package(manifest: &Path) -> bool {
    read(manifest).is_some_and(|table| table.contains_key("package"))
}

fn read(manifest: &Path) -> Option<Table> {
    fs::read_to_string(manifest).ok()?.parse().ok()
}

fn workspace_around(folder: &Path) -> Option<PathBuf> {
    let above = folder.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    above
        .filter(|manifest| manifest.is_file())
        .find(|manifest| read(manifest).is_some_and(|table| table.contains_key("workspace")))
}

/// `path` of every dependency, in whatever table: of a target, of the workspace, a patch.
fn collect(table: &Table, is_dependency: bool, paths: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            Value::String(path) if is_dependency && key == "path" => paths.push(path.clone()),
            Value::Table(inner) => {
                let holds = key.ends_with("dependencies") || matches!(key.as_str(), "patch" | "replace");
                collect(inner, is_dependency || holds, paths);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_path_dependency_is_reached_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (name, text) in [
            (
                "app",
                "[dependencies]\na = { path = \"../a\" }\n[target.'cfg(unix)'.dependencies.b]\npath = \"../b\"\n[patch.crates-io]\nc = { path = \"../c\" }\n[lib]\npath = \"src/lib.rs\"\n",
            ),
            ("a", "[build-dependencies]\nd = { path = \"../group/d\" }\nback = { path = \"../app\" }\n"),
            ("b", "no manifest"),
            ("c", "[dev-dependencies]\nnowhere = { path = \"../nowhere\" }\n"),
            ("group", "[workspace]\n[workspace.dependencies]\ne = { path = \"../e\" }\n"),
            ("group/d", "[package]\nversion.workspace = true\n"),
            ("e", ""),
            ("other", ""),
        ] {
            fs::create_dir_all(root.join(name)).unwrap();
            fs::write(root.join(name).join("Cargo.toml"), text).unwrap();
        }
        let found = reached([root.join("app/Cargo.toml")]);
        let names: Vec<_> = found
            .iter()
            .map(|manifest| manifest.parent().unwrap().strip_prefix(&root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a", "app", "b", "c", "e", "group", "group/d"]);
    }
}
