//! Names that AWS sees: derived from project and stage, checked against what each service takes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What names are derived from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    /// The project's name.
    pub(crate) project: String,
    /// The stage's name.
    pub(crate) stage: String,
    /// `function_name` of the settings.
    pub(crate) function_name: Option<String>,
}

impl Identity {
    /// The stack's name, and the function's.
    pub(crate) fn stack(&self) -> String {
        self.function_name.clone().unwrap_or_else(|| format!("{}-{}", self.project, self.stage))
    }

    /// Where everything of the stage lies in the bucket: `<project>/<stage>/`.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/{}/", self.project, self.stage)
    }

    /// Where the release records lie.
    pub(crate) fn records(&self) -> String {
        format!("{}releases/", self.prefix())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.project, self.stage)
    }
}

/// The key of an artifact: `<project>/<stage>/<sha256>.zip`, so that the same content is never sent twice.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct ArtifactKey(pub(crate) String);

impl ArtifactKey {
    /// The key of content with this SHA-256, in hexadecimal digits.
    pub(crate) fn new(identity: &Identity, sha256: &str) -> Self {
        Self(format!("{}{sha256}.zip", identity.prefix()))
    }
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tool's bucket of one account in one region.
pub(crate) fn bucket(account: &str, region: &str) -> String {
    format!("zappa-rs-{account}-{region}")
}

/// The project's name where the settings give none: what is built, as stacks can be named.
pub(crate) fn project_of_package(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}
