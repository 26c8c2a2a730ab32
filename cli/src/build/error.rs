//! Errors of a build, with their hints.

use std::path::PathBuf;

use super::TargetKind;
use crate::suggestion::{nearest, quote_list};

/// An error of a build.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no `Cargo.toml` in `{}` or above it", directory.display())]
    NoProject { directory: PathBuf },
    #[error("there is no `{}`", path.display())]
    NoManifest { path: PathBuf },
    #[error("cargo cannot read `{}`: {reason}", path.display())]
    Manifest { path: PathBuf, reason: String },
    #[error("package `{name}` is not a member of the workspace")]
    UnknownPackage { name: String, known: Vec<String> },
    #[error("{scope} has no {} `{name}`", kind.noun())]
    UnknownTarget { scope: String, kind: TargetKind, name: String, known: Vec<String> },
    #[error("package `{package}` has no feature `{name}`")]
    UnknownFeature { package: String, name: String, known: Vec<String> },
    #[error("there is no Cargo profile `{name}`")]
    UnknownProfile { name: String, known: Vec<String> },
    #[error("{scope} has no binary")]
    NoBinary { scope: String, examples: Vec<String> },
    #[error("{scope} has several binaries: {}", quote_list(known.iter().map(String::as_str)))]
    SeveralBinaries { scope: String, known: Vec<String> },
    #[error("several packages have {} `{name}`: {}", kind.noun(), quote_list(known.iter().map(String::as_str)))]
    SeveralPackages { kind: TargetKind, name: String, known: Vec<String> },
    #[error("`{program}` cannot be run")]
    NotRun { program: String, source: std::io::Error },
    #[error("cargo could not build `{target}`")]
    Failed { target: String },
    #[error("cargo was ended while it built `{target}`: {status}")]
    Killed { target: String, status: String },
    #[error("`target = \"{triple}\"` is not for `architecture = \"{architecture}\"`")]
    OtherTarget { triple: String, architecture: &'static str },
    #[error("target `{triple}` is not installed")]
    NoTarget { triple: String, has_rustup: bool },
    #[error("nothing on this machine links for {triple}")]
    NoLinker { triple: String, host: String },
    #[error("zig is not installed")]
    NoZig,
    #[error("cross is not installed")]
    NoCross,
    #[error("`{line}` failed: {status}")]
    CommandFailed { line: String, status: String },
    #[error("`{}` cannot be locked", path.display())]
    NotLocked { path: PathBuf, source: std::io::Error },
    #[error("cargo built `{target}` without naming an executable")]
    NoExecutable { target: String },
}

impl Error {
    /// Whether the error is one of usage: of the command line or the settings, not of the code.
    pub(crate) fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::NotRun { .. }
                | Self::Failed { .. }
                | Self::Killed { .. }
                | Self::CommandFailed { .. }
                | Self::NoExecutable { .. }
                | Self::NotLocked { .. }
                | Self::Manifest { .. }
        )
    }

    /// The setting of `[project]` that names what the workspace does not have, or has several of.
    pub(crate) fn setting(&self) -> Option<&'static str> {
        match self {
            Self::UnknownPackage { .. } => Some("package"),
            Self::UnknownTarget { kind, .. } | Self::SeveralPackages { kind, .. } => Some(kind.setting()),
            Self::NoBinary { .. } | Self::SeveralBinaries { .. } => Some("bin"),
            _ => None,
        }
    }

    /// The hint: the command or setting that resolves the error.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoProject { .. } | Self::NoManifest { .. } => {
                "run this inside a cargo project, or name one with `--manifest-path`".to_owned()
            }
            Self::UnknownPackage { name, known } => choice("packages", name, known),
            Self::UnknownTarget { kind, name, known, .. } => choice(kind.plural(), name, known),
            Self::UnknownFeature { name, known, .. } => choice("features", name, known),
            Self::UnknownProfile { name, known } => choice("profiles", name, known),
            Self::NoBinary { examples, .. } => match examples.as_slice() {
                [] => "the app needs a `src/main.rs` whose `main` calls `zappa_rs::run`".to_owned(),
                [first, ..] => format!("an example can be served too: `--example {first}`"),
            },
            Self::SeveralBinaries { known, .. } => format!(
                "choose one with `--bin {}`, or set `default-run` in the package's `Cargo.toml`",
                known.first().map_or("NAME", String::as_str)
            ),
            Self::SeveralPackages { known, .. } => {
                format!("choose one with `--package {}`", known.first().map_or("NAME", String::as_str))
            }
            Self::NotRun { .. } => "install Rust from https://rustup.rs, or set `CARGO` to the cargo to use".to_owned(),
            Self::Failed { .. } => {
                "cargo's own message is above; `zappa-rs local --watch` builds again after each edit".to_owned()
            }
            Self::Killed { .. } => {
                "if no one did, the system ran out of memory: `CARGO_BUILD_JOBS=1` and less `lto` need less of it"
                    .to_owned()
            }
            Self::OtherTarget { .. } => {
                "leave `target` out, or set the `architecture` that it is for: `arm64` or `x86_64`".to_owned()
            }
            Self::NoTarget { triple, has_rustup: true } => format!("`rustup target add {triple}` installs it"),
            Self::NoTarget { triple, has_rustup: false } => {
                format!("install the standard library of {triple} the way Rust was installed")
            }
            Self::NoLinker { host, .. } => {
                let other =
                    if host.starts_with("x86_64") { "; `architecture = \"x86_64\"` builds without it" } else { "" };
                format!("`pip install ziglang` installs zig, which links for it{other}")
            }
            Self::NoZig => "`pip install ziglang` installs it".to_owned(),
            Self::NoCross => "`cargo install cross` installs it; it needs Docker or Podman".to_owned(),
            Self::CommandFailed { .. } => "its own message is above".to_owned(),
            Self::NotLocked { .. } => {
                "cargo's target folder has to be writable; `CARGO_TARGET_DIR` names another one".to_owned()
            }
            Self::Manifest { .. } | Self::NoExecutable { .. } => return None,
        })
    }
}

fn choice(noun: &str, name: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("there are no {noun}");
    }
    let mut hint = format!("{noun} are {}", quote_list(known.iter().map(String::as_str)));
    if let Some(meant) = nearest(name, known.iter().map(String::as_str)) {
        hint.push_str(&format!("; did you mean `{meant}`?"));
    }
    hint
}
