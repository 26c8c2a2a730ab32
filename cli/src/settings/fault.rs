//! Faults of a settings file: each with its position and a suggestion, all at once.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    printable::is_steering,
    regions,
    settings::pattern::is_pattern,
    suggestion::{nearest, quote_list},
};

/// One fault.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Fault {
    /// Where in the text, in bytes.
    pub(super) at: usize,
    pub(super) sentence: String,
}

impl Fault {
    pub(super) fn new(at: usize, sentence: impl Into<String>) -> Self {
        Self { at, sentence: sentence.into() }
    }
}

/// A fault with its line, ready to be shown.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub(crate) struct Diagnostic {
    /// The file.
    pub(crate) path: PathBuf,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) sentence: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path.display(), self.line, self.column, self.sentence)
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no `{}` in `{}`{}", super::FILE_NAME, directory.display(), searched(directory, end.as_deref()))]
    NoFile {
        directory: PathBuf,
        /// The root of the workspace or repository, above which was not searched.
        end: Option<PathBuf>,
        zappa: Option<&'static str>,
    },
    #[error("`{}` cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}", shown(faults))]
    Faults { faults: Vec<Diagnostic> },
    #[error("stage `{name}` is not defined in `{}`", path.display())]
    UnknownStage { name: String, slug: Option<String>, known: Vec<String>, path: PathBuf },
    #[error("{sentence}")]
    BadStageName { sentence: String, slug: Option<String> },
    #[error("stage `{name}` matches {}, which are equally long", quote_list(patterns.iter().map(String::as_str)))]
    AmbiguousStage { name: String, patterns: Vec<String> },
    #[error("`{pattern}` is a pattern of stages and no stage")]
    IsPattern { pattern: String, example: String },
    #[error("`{}` defines patterns of stages alone, and no stage is named", path.display())]
    OnlyPatterns { example: String, known: Vec<String>, path: PathBuf },
    #[error("`{}` defines several stages", path.display())]
    SeveralStages { known: Vec<String>, path: PathBuf },
    #[error("`{}` defines no stage", path.display())]
    NoStage { path: PathBuf },
    #[error("stage `{stage}` does not run in `{region}`")]
    OtherRegion { stage: String, region: String, known: Vec<String> },
    #[error("stage `{stage}` names no region")]
    NoRegion { stage: String },
}

impl Error {
    /// The faults of the file, for a list.
    pub(crate) fn faults(&self) -> &[Diagnostic] {
        match self {
            Self::Faults { faults } => faults,
            _ => &[],
        }
    }

    /// Whether the settings do not have what the flags name.
    pub(crate) fn is_of_flags(&self) -> bool {
        matches!(
            self,
            Self::UnknownStage { .. }
                | Self::BadStageName { .. }
                | Self::AmbiguousStage { .. }
                | Self::IsPattern { .. }
                | Self::OtherRegion { .. }
        )
    }

    /// The remedy.
    pub(crate) fn hint(&self) -> Option<String> {
        let names = |known: &[String]| quote_list(known.iter().map(String::as_str));
        let meant = |typed: &str, known: &[String]| {
            nearest(typed, known.iter().map(String::as_str)).map(|name| format!("; did you mean `{name}`?"))
        };
        Some(match self {
            Self::NoFile { zappa: Some(name), .. } => {
                format!("`{name}` is Zappa's own; `zappa-rs init` writes a `{}` beside it", super::FILE_NAME)
            }
            Self::NoFile { zappa: None, .. } => "`zappa-rs init` writes one".to_owned(),
            Self::Unreadable { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => "`zappa-rs init` writes one".to_owned(),
                std::io::ErrorKind::InvalidData => "the file is not UTF-8, as TOML must be".to_owned(),
                _ => return None,
            },
            Self::Faults { .. } => {
                "`docs/settings.md` and `zappa-rs schema` describe what the file may contain".to_owned()
            }
            Self::UnknownStage { name, slug, known, .. } => {
                let verb = if known.len() == 1 { "stage is" } else { "stages are" };
                let own: Vec<String> = known.iter().filter(|name| !is_pattern(name)).cloned().collect();
                let slug = slug.as_ref().map(|slug| format!("; did you mean `{slug}`?"));
                format!("defined {verb} {}{}", names(known), slug.or_else(|| meant(name, &own)).unwrap_or_default())
            }
            Self::BadStageName { slug, .. } => format!("`{}` can be", slug.as_ref()?),
            Self::AmbiguousStage { name, .. } => {
                format!("rename one of the patterns, or give the stage a table of its own: `[stage.{}]`", key(name))
            }
            Self::IsPattern { example, .. } => format!("name one of its stages, such as `{example}`"),
            Self::OnlyPatterns { example, known, .. } => {
                format!("name a stage of {} behind the command, such as `{example}`", names(known))
            }
            Self::SeveralStages { known, .. } => format!("name one of {} behind the command", names(known)),
            Self::NoStage { .. } => "add `[stage.dev]`".to_owned(),
            Self::OtherRegion { region, known, .. } => {
                // Another region is no slip of the pen, and the suggestion may be one that serves.
                let is_region = regions::facts(region).is_some();
                let meant = meant(region, known).filter(|_| !is_region).unwrap_or_default();
                format!("its regions are {}{meant}", names(known))
            }
            Self::NoRegion { .. } => {
                "set `aws_region = \"eu-west-1\"` or `regions = [...]`; `AWS_REGION` is used where neither is set"
                    .to_owned()
            }
        })
    }
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}

/// The folders beside the first that were searched.
fn searched(directory: &Path, end: Option<&Path>) -> String {
    match end {
        _ if directory.parent().is_none() => String::new(),
        Some(end) if end == directory => String::new(),
        Some(end) => format!(" or above it, up to `{}`", end.display()),
        None => " or above it".to_owned(),
    }
}

fn shown(faults: &[Diagnostic]) -> String {
    let path = faults.first().map(|fault| fault.path.display().to_string()).unwrap_or_default();
    let count = if faults.len() == 1 { "a fault".to_owned() } else { format!("{} faults", faults.len()) };
    faults.iter().fold(format!("`{path}` has {count}"), |text, fault| format!("{text}\n  {fault}"))
}

/// Puts lines and columns to faults, in the order of the file, each reported once.
pub(super) fn locate(path: &Path, text: &str, mut faults: Vec<Fault>) -> Error {
    faults.sort();
    faults.dedup();
    Error::Faults { faults: faults.iter().map(|fault| shown_at(path, text, fault)).collect() }
}

fn shown_at(path: &Path, text: &str, fault: &Fault) -> Diagnostic {
    let before = &text[..text.floor_char_boundary(fault.at.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Diagnostic {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        // What the file says is not sent to a terminal as what steers it or reorders the line.
        sentence: fault.sentence.replace(is_steering, "\u{fffd}"),
    }
}
