//! What can go wrong between the source and the zip, and what gets further.

use std::path::PathBuf;

use crate::{artifact, build, settings::Architecture};

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Build(#[from] build::Error),
    #[error("there is no binary at `{}`", path.display())]
    NoBinary { path: PathBuf },
    #[error("`{}` cannot be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}` cannot be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{}` is no program for Linux: {reason}", path.display())]
    NotElf { path: PathBuf, reason: String },
    #[error("`{}` is built for {found}, and `architecture` is `{wanted}`", path.display())]
    OtherArchitecture { path: PathBuf, found: String, wanted: &'static str },
    #[error("`{}` needs GLIBC {needed} (for `{symbol}`), and Lambda's `provided.al2023` has {}", path.display(), super::binary::GLIBC)]
    NewerGlibc { path: PathBuf, needed: String, symbol: String },
    #[error("the package has {} unzipped, Lambda takes {}", artifact::size(*bytes), artifact::size(*limit))]
    TooLarge { bytes: u64, limit: u64 },
    #[error("`{}` is no zip that can be read", path.display())]
    NotZip { path: PathBuf, source: zip::result::ZipError },
    #[error("`{}` has no executable `bootstrap` at its root", path.display())]
    NoBootstrap { path: PathBuf },
    #[error("`include` names `{pattern}`, and nothing is there")]
    NothingIncluded { pattern: String },
    #[error("`include` names `{pattern}`, which lies outside of the settings file's folder")]
    OutsideIncluded { pattern: String },
    #[error("`include` brings a file that is named `bootstrap`, as the program is")]
    SecondBootstrap,
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

    /// Whether the command line or the settings are to blame.
    pub(crate) fn is_usage(&self) -> bool {
        match self {
            Self::Build(error) => error.is_usage(),
            Self::OtherArchitecture { .. }
            | Self::NotZip { .. }
            | Self::NoBootstrap { .. }
            | Self::NothingIncluded { .. }
            | Self::OutsideIncluded { .. }
            | Self::SecondBootstrap => true,
            _ => false,
        }
    }

    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Build(error) => return error.hint(),
            Self::NoBinary { .. } => "build it first: leave `--no-build` out".to_owned(),
            Self::NotElf { .. } => "`builder = \"auto\"` builds for Lambda".to_owned(),
            Self::OtherArchitecture { .. } => "set `architecture`, or build for the other one".to_owned(),
            Self::NewerGlibc { .. } => {
                "`builder = \"zigbuild\"` links against the older one: `pip install ziglang`".to_owned()
            }
            Self::TooLarge { .. } => {
                "put assets into a bucket, and set `strip = true` and `lto = \"thin\"` in `[profile.release]`"
                    .to_owned()
            }
            Self::NotZip { .. } | Self::NoBootstrap { .. } => "`zappa-rs package` makes one".to_owned(),
            Self::NothingIncluded { .. } | Self::OutsideIncluded { .. } => {
                "paths and globs begin at the settings file, such as `templates` or `static/**/*.css`".to_owned()
            }
            Self::SecondBootstrap => "name that file otherwise".to_owned(),
            Self::Read { .. } | Self::Write { .. } | Self::Failed { .. } => return None,
        })
    }
}

impl Architecture {
    /// As the settings write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}
