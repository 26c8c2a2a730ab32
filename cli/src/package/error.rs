//! Errors of packaging, with their hints.

use std::path::PathBuf;

use crate::{artifact, build, hook, settings::Architecture, suggestion::quote_list};

/// An error of packaging.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Build(#[from] build::Error),
    #[error(transparent)]
    Hook(#[from] hook::Error),
    #[error("there is no binary at `{}`", path.display())]
    NoBinary { path: PathBuf },
    #[error("nothing was built yet for `{name}`, which is {request}")]
    NotBuilt { name: String, request: String },
    #[error("`{name}` is {request}, and what was built last, {age}, is {found}")]
    OtherBuilt { name: String, request: String, found: String, age: String },
    #[error("`{}` is not what was built {age}: it was replaced since", path.display())]
    ChangedBinary { path: PathBuf, age: String },
    #[error("`{}` was replaced while it was packaged", path.display())]
    ReplacedBinary { path: PathBuf },
    #[error("the command left no binary at `{}`", path.display())]
    NoOutput { path: PathBuf },
    #[error("`{}` cannot be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}` cannot be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{}` is not a program for Linux: {reason}", path.display())]
    NotElf { path: PathBuf, reason: String },
    #[error("`{}` is built for {found}, and `architecture` is `{request}`", path.display())]
    OtherArchitecture { path: PathBuf, found: String, request: &'static str },
    #[error("`{}` is started by `{loader}`, which Lambda's `provided.al2023` does not have", path.display())]
    OtherLoader { path: PathBuf, loader: String },
    #[error("`{}` needs GLIBC {needed}{}, and Lambda's `provided.al2023` has {}", path.display(), symbol.as_ref().map(|symbol| format!(" (for `{symbol}`)")).unwrap_or_default(), super::binary::GLIBC)]
    NewerGlibc { path: PathBuf, needed: String, symbol: Option<String> },
    #[error("the package has {} unzipped, Lambda takes {}", artifact::size(*bytes), artifact::size(*limit))]
    TooLarge { bytes: u64, limit: u64 },
    #[error("`{}` is not a readable zip", path.display())]
    NotZip { path: PathBuf, source: zip::result::ZipError },
    #[error("there is no zip at `{}`", path.display())]
    NoZip { path: PathBuf },
    #[error("`{}` has no `bootstrap` that Lambda can start: {reason}", path.display())]
    NoBootstrap { path: PathBuf, reason: &'static str },
    #[error("`include` names {}, and nothing is there", quote_list(patterns.iter().map(String::as_str)))]
    NothingIncluded { patterns: Vec<String> },
    #[error("`include` names `{pattern}`, which lies outside of the settings file's folder")]
    OutsideIncluded { pattern: String },
    #[error("`include` brings a file that is named `bootstrap`, as the program is")]
    SecondBootstrap,
    #[error("`include` names `{pattern}`, which cannot be read as a glob: {reason}")]
    UnreadableGlob { pattern: String, reason: String },
    #[error("`include` brings `{}`, which leads back to a folder above it", path.display())]
    EndlessIncluded { path: PathBuf },
    #[error("`include` brings `{}`, which is neither a file nor a folder", path.display())]
    OddIncluded { path: PathBuf },
    #[error("`include` brings `{}`, whose name is not Unicode", path.display())]
    UnnamedIncluded { path: PathBuf },
    #[error("`SOURCE_DATE_EPOCH` is `{value}`, which is not a whole number of seconds")]
    EntryDate { value: String },
    #[error("the package cannot be made: {reason}")]
    Failed { reason: String },
}

impl Error {
    pub(super) fn panicked(error: &tokio::task::JoinError) -> Self {
        Self::Failed { reason: error.to_string() }
    }

    /// Whether a file is missing that the build may still make.
    pub(crate) fn is_not_there_yet(&self) -> bool {
        matches!(self, Self::NothingIncluded { .. })
    }

    /// Whether the error is one of usage: of the command line or the settings.
    pub(crate) fn is_usage(&self) -> bool {
        match self {
            Self::Build(error) => error.is_usage(),
            Self::OtherArchitecture { .. }
            | Self::NotZip { .. }
            | Self::NoZip { .. }
            | Self::NoBootstrap { .. }
            | Self::NothingIncluded { .. }
            | Self::UnreadableGlob { .. }
            | Self::EndlessIncluded { .. }
            | Self::OddIncluded { .. }
            | Self::UnnamedIncluded { .. }
            | Self::OutsideIncluded { .. }
            | Self::EntryDate { .. }
            | Self::SecondBootstrap => true,
            _ => false,
        }
    }

    /// The hint: the command or setting that resolves the error.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Build(error) => return build_hint(error),
            Self::Hook(error) => error.hint(),
            Self::NotBuilt { .. } | Self::OtherBuilt { .. } | Self::ChangedBinary { .. } | Self::NoBinary { .. } => {
                "build it first: leave `--no-build` out".to_owned()
            }
            Self::ReplacedBinary { .. } => "run it again when nothing else writes there".to_owned(),
            Self::NoOutput { .. } => "`build_output` says where it leaves it, from the workspace's root".to_owned(),
            Self::NotElf { .. } => "`builder = \"auto\"` builds for Lambda".to_owned(),
            Self::OtherArchitecture { found, .. } if Architecture::from_word(found).is_some() => {
                format!("set `architecture = \"{found}\"`, or build for the other one")
            }
            Self::OtherArchitecture { .. } => "Lambda has `arm64` and `x86_64`".to_owned(),
            Self::OtherLoader { .. } => {
                "link it statically, or let `builder = \"zigbuild\"` link it: `pip install ziglang`".to_owned()
            }
            Self::NewerGlibc { .. } => {
                "`builder = \"zigbuild\"` links against the older one: `pip install ziglang`".to_owned()
            }
            Self::TooLarge { .. } => {
                "put assets into a bucket, and set `strip = true` and `lto = \"thin\"` in `[profile.release]`"
                    .to_owned()
            }
            Self::NotZip { .. } | Self::NoZip { .. } | Self::NoBootstrap { .. } => {
                "`zappa-rs package` makes one".to_owned()
            }
            Self::NothingIncluded { .. } | Self::OutsideIncluded { .. } | Self::UnreadableGlob { .. } => {
                "paths and globs begin at the settings file, such as `templates` or `static/**/*.css`".to_owned()
            }
            Self::SecondBootstrap | Self::UnnamedIncluded { .. } => "name that file otherwise".to_owned(),
            Self::EndlessIncluded { .. } | Self::OddIncluded { .. } => {
                "remove it, or name what is needed beside it".to_owned()
            }
            Self::EntryDate { .. } => {
                "it dates the files of the package in seconds since 1970, such as `$(git log -1 --format=%ct)`"
                    .to_owned()
            }
            Self::Read { .. } | Self::Write { .. } | Self::Failed { .. } => return None,
        })
    }
}

/// The hint for an error of a build that the settings configure; there are no flags for it.
fn build_hint(error: &build::Error) -> Option<String> {
    let choose = |key: &str, name: Option<&String>| {
        format!("choose one in the settings: `{key} = \"{}\"` in `[project]`", name.map_or("NAME", String::as_str))
    };
    Some(match error {
        build::Error::NoProject { .. } | build::Error::NoManifest { .. } => {
            "the settings file belongs into a cargo project".to_owned()
        }
        build::Error::SeveralBinaries { known, .. } => choose("bin", known.first()),
        build::Error::SeveralPackages { known, .. } => choose("package", known.first()),
        build::Error::NoBinary { examples, .. } if !examples.is_empty() => choose("example", examples.first()),
        build::Error::Failed { .. } => "cargo's own message is above".to_owned(),
        _ => return error.hint(),
    })
}

impl Architecture {
    fn from_word(word: &str) -> Option<Self> {
        [Self::Arm64, Self::X86_64].into_iter().find(|architecture| architecture.word() == word)
    }

    /// As the settings write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}
