//! Resolves the target to build, a binary or an example: pure rules over cargo's metadata.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package};

use super::Error;

/// The user's choice of a target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) package: Option<String>,
    pub(crate) target: Option<(TargetKind, String)>,
    pub(crate) manifest_path: Option<PathBuf>,
}

/// A binary or an example of one package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    pub(crate) package: String,
    pub(crate) package_id: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) kind: TargetKind,
    pub(crate) name: String,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
    /// Cargo's folder for intermediate files (`build_directory`); the target folder by default. `None` before cargo 1.91.
    pub(crate) build_directory: Option<PathBuf>,
    /// The features that the package defines, and its optional dependencies that have one.
    pub(crate) features: Vec<String>,
}

impl Target {
    /// An error for each of these features that the package does not have. Features of other packages, `name/feature`, are
    /// left to cargo.
    pub(crate) fn unknown_features(&self, features: &[String]) -> Vec<Error> {
        // Split as cargo splits its flag.
        let names = features.iter().flat_map(|names| names.split([',', ' '])).filter(|name| !name.is_empty());
        let is_known =
            |name: &str| name == "default" || name.contains('/') || self.features.iter().any(|own| own == name);
        names
            .filter(|name| !is_known(name))
            .map(|name| Error::UnknownFeature {
                package: self.package.clone(),
                name: name.to_owned(),
                known: self.features.iter().filter(|own| *own != "default").cloned().collect(),
            })
            .collect()
    }
}

/// The kind of a target: binary or example.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TargetKind {
    Bin,
    Example,
}

impl TargetKind {
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Bin => "--bin",
            Self::Example => "--example",
        }
    }

    /// The setting that names a target of this kind.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Bin => "bin",
            Self::Example => "example",
        }
    }

    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Bin => "binary",
            Self::Example => "example",
        }
    }

    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Bin => "binaries",
            Self::Example => "examples",
        }
    }

    pub(super) fn of(self, package: &Package) -> Vec<String> {
        let targets = package.targets.iter().filter(|target| match self {
            Self::Bin => target.is_bin(),
            Self::Example => target.is_example() && target.crate_types.contains(&cargo_metadata::CrateType::Bin),
        });
        targets.map(|target| target.name.clone()).collect()
    }
}

/// The manifest that cargo's metadata is asked for.
pub(super) fn manifest(directory: &Path, named: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(named) = named {
        let path = directory.join(named);
        return if path.is_file() { Ok(path) } else { Err(Error::NoManifest { path }) };
    }
    directory
        .ancestors()
        .map(|folder| folder.join("Cargo.toml"))
        .find(|path| path.is_file())
        .ok_or_else(|| Error::NoProject { directory: directory.to_owned() })
}

/// Resolves `choice` to one target.
pub(super) fn target(metadata: &Metadata, manifest: &Path, choice: &Choice) -> Result<Target, Error> {
    let members = metadata.workspace_packages();
    let here = here(metadata, &members, manifest, choice)?;
    match &choice.target {
        Some((kind, name)) => find_by_name(metadata, &members, &here, *kind, name, choice.package.is_some()),
        None => only(metadata, &here),
    }
}

/// The named package, or the one the manifest belongs to, or the workspace's default members.
fn here<'a>(
    metadata: &'a Metadata,
    members: &[&'a Package],
    manifest: &Path,
    choice: &Choice,
) -> Result<Vec<&'a Package>, Error> {
    if let Some(name) = &choice.package {
        let package = members.iter().find(|package| package.name.as_str() == name);
        return package.map(|package| vec![*package]).ok_or_else(|| Error::UnknownPackage {
            name: name.clone(),
            known: members.iter().map(|package| package.name.to_string()).collect(),
        });
    }
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let manifest = canonical(manifest);
    let own = members.iter().find(|package| canonical(package.manifest_path.as_std_path()) == manifest);
    Ok(match own {
        Some(package) => vec![*package],
        None if metadata.workspace_default_members.is_available() => metadata.workspace_default_packages(),
        None => members.to_vec(),
    })
}

fn find_by_name(
    metadata: &Metadata,
    members: &[&Package],
    here: &[&Package],
    kind: TargetKind,
    name: &str,
    is_package_named: bool,
) -> Result<Target, Error> {
    let with_name = |packages: &[&Package]| -> Vec<Package> {
        let has = |package: &&&Package| kind.of(package).iter().any(|known| known == name);
        packages.iter().filter(has).map(|package| (*package).clone()).collect()
    };
    let mut found = with_name(here);
    if found.is_empty() && !is_package_named {
        found = with_name(members);
    }
    match found.as_slice() {
        [package] => Ok(new_target(metadata, package, kind, name)),
        [] => {
            let searched = if is_package_named { here } else { members };
            Err(Error::UnknownTarget {
                scope: scope(searched),
                kind,
                name: name.to_owned(),
                known: searched.iter().flat_map(|package| kind.of(package)).collect(),
            })
        }
        several => Err(Error::SeveralPackages {
            kind,
            name: name.to_owned(),
            known: several.iter().map(|package| package.name.to_string()).collect(),
        }),
    }
}

fn only(metadata: &Metadata, here: &[&Package]) -> Result<Target, Error> {
    let candidates: Vec<(&Package, String)> = here
        .iter()
        .flat_map(|package| {
            let binaries = match &package.default_run {
                Some(name) => vec![name.clone()],
                None => TargetKind::Bin.of(package),
            };
            binaries.into_iter().map(move |name| (*package, name))
        })
        .collect();
    match candidates.as_slice() {
        [(package, name)] => Ok(new_target(metadata, package, TargetKind::Bin, name)),
        [] => Err(Error::NoBinary {
            scope: scope(here),
            examples: here.iter().flat_map(|package| TargetKind::Example.of(package)).collect(),
        }),
        several => Err(Error::SeveralBinaries {
            scope: scope(here),
            known: several.iter().map(|(_, name)| name.clone()).collect(),
        }),
    }
}

fn scope(packages: &[&Package]) -> String {
    match packages {
        [package] => format!("package `{}`", package.name),
        _ => "the workspace".to_owned(),
    }
}

pub(super) fn new_target(metadata: &Metadata, package: &Package, kind: TargetKind, name: &str) -> Target {
    Target {
        package: package.name.to_string(),
        package_id: package.id.repr.clone(),
        manifest_path: package.manifest_path.clone().into_std_path_buf(),
        kind,
        name: name.to_owned(),
        workspace_root: metadata.workspace_root.clone().into_std_path_buf(),
        target_directory: metadata.target_directory.clone().into_std_path_buf(),
        build_directory: metadata.build_directory.clone().map(Into::into),
        features: package.features.keys().cloned().collect(),
    }
}
