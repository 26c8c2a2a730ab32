//! The source roots of a binary outside of the workspace: path dependencies and vendored registries.
//!
//! Cargo's metadata is exact and takes a full resolution. So it is asked only where the lockfile or cargo's configuration
//! shows that there may be one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use serde::Deserialize;

use super::{Cargo, Target, TargetKind};

/// A source root, and its name in the binary.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Root {
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

/// A path dependency outside of the workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PathDependency {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Cargo {
    /// The source roots outside of the workspace and of cargo's home; none where cargo cannot resolve the dependencies, since
    /// the build then fails with cargo's own error.
    pub(super) async fn outside_roots(&self, target: &Target, features: &[String], triple: &str) -> Vec<Root> {
        // The lockfile does not show replaced registries and overridden paths.
        let is_replaced = ["source", "paths", "include"].iter().any(|key| self.has_key_in_configuration(key));
        if !is_replaced && !self.may_have_path_dependencies(target).await {
            return Vec::new();
        }
        let home = self.home();
        let Some(metadata) = self.resolution(target, features, triple, &[]).await else { return Vec::new() };
        // In the form that cargo and the compiler use: `/w/../vendor` is below `/w` for both.
        let is_outside = |folder: &Path| {
            !folder.starts_with(&target.workspace_root) && home.as_ref().is_none_or(|home| !folder.starts_with(home))
        };
        let mut roots = Vec::new();
        for package in used(&metadata, target) {
            let Some(folder) = folder(package).filter(|folder| is_outside(folder)) else { continue };
            let root = match (&package.source, folder.parent()) {
                // All packages of a vendored registry are in one folder.
                (Some(_), Some(parent)) => Root { folder: parent.to_owned(), name: "/vendor".to_owned() },
                _ => Root { folder: folder.to_owned(), name: format!("/dep/{}", package.name) },
            };
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        roots
    }

    /// The path dependencies of the target outside of the workspace. Nothing is downloaded or written for it; where cargo would
    /// have to, only the direct dependencies of workspace members are found.
    pub(crate) async fn path_dependencies(
        &self,
        target: &Target,
        features: &[String],
        triple: &str,
    ) -> Vec<PathDependency> {
        if !self.may_have_path_dependencies(target).await {
            return Vec::new();
        }
        if let Some(metadata) = self.resolution(target, features, triple, &["--frozen"]).await {
            let packages = used(&metadata, target).into_iter().filter(|package| package.source.is_none());
            return packages
                .filter_map(|package| Some((package, folder(package)?)))
                .filter(|(_, folder)| !folder.starts_with(&target.workspace_root))
                .map(|(package, folder)| PathDependency { name: package.name.to_string(), folder: folder.to_owned() })
                .collect();
        }
        let metadata = self.metadata(&target.manifest_path).await;
        metadata.map(|metadata| named_by_members(&metadata, target)).unwrap_or_default()
    }

    /// Whether the lockfile has path dependencies that are not workspace members; true where there is no lockfile yet.
    async fn may_have_path_dependencies(&self, target: &Target) -> bool {
        let Ok(text) = fs::read_to_string(target.workspace_root.join("Cargo.lock")) else { return true };
        let Some(locked) = without_source(&text) else { return true };
        let Ok(metadata) = self.metadata(&target.manifest_path).await else { return true };
        let members = metadata.workspace_packages();
        locked.iter().any(|locked| {
            !members
                .iter()
                .any(|member| member.name.as_str() == locked.name && member.version.to_string() == locked.version)
        })
    }

    /// Cargo's metadata with the resolved graph.
    async fn resolution(&self, target: &Target, features: &[String], triple: &str, more: &[&str]) -> Option<Metadata> {
        let mut command = MetadataCommand::new();
        command.manifest_path(&target.manifest_path);
        if !features.is_empty() {
            command.features(CargoOpt::SomeFeatures(features.to_vec()));
        }
        let options = ["--filter-platform", triple].into_iter().chain(more.iter().copied());
        command.other_options(options.map(str::to_owned).collect::<Vec<_>>());
        self.ask_metadata(command, &target.manifest_path).await.ok()
    }
}

/// A package of a lockfile.
#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

/// The packages of a lockfile that have a local path.
fn without_source(lockfile: &str) -> Option<Vec<Locked>> {
    #[derive(Deserialize)]
    struct Lockfile {
        #[serde(default)]
        package: Vec<Locked>,
    }
    let lockfile: Lockfile = toml::from_str(lockfile).ok()?;
    Some(lockfile.package.into_iter().filter(|package| package.source.is_none()).collect())
}

fn folder(package: &Package) -> Option<&Path> {
    package.manifest_path.parent().map(|folder| folder.as_std_path())
}

/// The packages of the target's dependency graph, build scripts included. Only an example has development dependencies.
fn used<'a>(metadata: &'a Metadata, target: &Target) -> Vec<&'a Package> {
    let Some(resolve) = &metadata.resolve else { return Vec::new() };
    let root = PackageId { repr: target.package_id.clone() };
    let mut seen = BTreeSet::from([&root]);
    let mut open = vec![&root];
    while let Some(id) = open.pop() {
        let is_example = *id == root && target.kind == TargetKind::Example;
        let node = resolve.nodes.iter().find(|node| node.id == *id);
        for dependency in node.iter().flat_map(|node| &node.deps) {
            let is_built =
                is_example || dependency.dep_kinds.iter().any(|found| found.kind != DependencyKind::Development);
            if is_built && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    metadata.packages.iter().filter(|package| seen.contains(&package.id)).collect()
}

/// The path dependencies outside that the target's package names, or a member that it depends on.
fn named_by_members(metadata: &Metadata, target: &Target) -> Vec<PathDependency> {
    let mut found: Vec<PathDependency> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<PathBuf> = target.manifest_path.parent().map(Path::to_owned).into_iter().collect();
    while let Some(of) = open.pop() {
        let package = metadata.packages.iter().find(|package| folder(package) == Some(&of));
        let dependencies = package.into_iter().flat_map(|package| &package.dependencies);
        for dependency in dependencies.filter(|dependency| dependency.kind != DependencyKind::Development) {
            let Some(path) = &dependency.path else { continue };
            let path = path.as_std_path();
            if !seen.insert(path.to_owned()) {
                continue;
            }
            if path.starts_with(&target.workspace_root) {
                open.push(path.to_owned());
            } else {
                found.push(PathDependency { name: dependency.name.clone(), folder: path.to_owned() });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString};

    use super::*;
    use crate::build::Choice;

    #[tokio::test]
    async fn a_vendored_registry_outside_is_one_root_and_a_path_dependency_another() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let manifest = |name: &str, more: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n{more}")
        };
        let app = "[dependencies]\none = \"1\"\ntwo = \"1\"\nlib = { path = \"../lib\" }\n[workspace]\n";
        let config = "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\ndirectory = \"vendor\"\n";
        for (path, text) in [
            ("app/Cargo.toml", manifest("app", app)),
            ("app/src/main.rs", "fn main() {}".to_owned()),
            (".cargo/config.toml", config.to_owned()),
            ("lib/Cargo.toml", manifest("lib", "")),
            ("vendor/one/Cargo.toml", manifest("one", "")),
            ("vendor/two/Cargo.toml", manifest("two", "")),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap().join("src")).unwrap();
            fs::write(path, text).unwrap();
        }
        for name in ["lib", "vendor/one", "vendor/two"] {
            fs::write(root.join(name).join("src/lib.rs"), "").unwrap();
            fs::write(root.join(name).join(".cargo-checksum.json"), "{ \"files\": {} }").unwrap();
        }
        let program = Path::new(env!("CARGO"));
        let mut environment: BTreeMap<OsString, OsString> =
            std::env::var_os("PATH").map(|path| ("PATH".into(), path)).into_iter().collect();
        environment.insert("CARGO_HOME".into(), root.join("home").into());
        environment.insert("CARGO".into(), program.into());
        environment.insert("RUSTC".into(), program.with_file_name("rustc").into());
        let cargo = Cargo::new(&environment, &root.join("app"), "never", true);
        let target = cargo.target(&Choice::default()).await.unwrap();
        let mut found = cargo.outside_roots(&target, &[], "x86_64-unknown-linux-gnu").await;
        found.sort_by(|left, right| left.name.cmp(&right.name));
        let expected = [("lib", "/dep/lib"), ("vendor", "/vendor")];
        let expected = expected.map(|(folder, name)| Root { folder: root.join(folder), name: name.to_owned() });
        assert_eq!(found, expected);
    }

    #[test]
    fn packages_without_a_source_are_those_of_this_machine() {
        let lockfile = "version = 4\n\
            [[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"http\"]\n\
            [[package]]\nname = \"http\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n";
        let found = without_source(lockfile).unwrap();
        assert_eq!(found.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["app"]);
        assert!(without_source("<<<<<<< HEAD").is_none());
    }
}
