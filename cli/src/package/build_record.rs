//! The build record beside a stage's binary (`built.json`), by which `--no-build` detects a binary of other settings.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    build::{Target, lambda},
    settings::{Builder, Project, Stage},
    suggestion::quote_list,
};

/// The record's file name.
const NAME: &str = "built.json";

/// The identity of a binary: the settings and flags that determine it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Identity {
    /// The root of a workspace whose target folder is outside of it: two workspaces may share one.
    workspace: Option<PathBuf>,
    /// The package's manifest, relative to the workspace's root.
    manifest: PathBuf,
    /// The kind and name of the target, or the `build_command`.
    program: String,
    triple: String,
    profile: String,
    features: Vec<String>,
}

impl Identity {
    pub(super) fn new(target: &Target, project: &Project, stage: &Stage) -> Self {
        let root = &target.workspace_root;
        let workspace = (!target.target_directory.starts_with(root)).then(|| root.clone());
        let manifest = target.manifest_path.strip_prefix(root).unwrap_or(&target.manifest_path).to_owned();
        let triple = stage.target.as_deref().unwrap_or_else(|| lambda::default_triple(stage.architecture)).to_owned();
        if stage.builder == Builder::Command {
            let [command, output] =
                [&stage.build_command, &stage.build_output].map(|text| text.as_deref().unwrap_or_default());
            let program = format!("`{output}` of `{command}`");
            return Self { workspace, manifest, program, triple, profile: String::new(), features: Vec::new() };
        }
        let mut features: Vec<String> = project.features.iter().chain(&stage.features).cloned().collect();
        features.sort_unstable();
        features.dedup();
        let program = format!("{} `{}`", target.kind.noun(), target.name);
        Self { workspace, manifest, program, triple, profile: stage.profile.clone(), features }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, manifest, program, triple, profile, features } = self;
        let manifest = workspace.as_ref().map_or_else(|| manifest.clone(), |root| root.join(manifest));
        write!(f, "{program} of `{}` for {triple}", manifest.display())?;
        if !profile.is_empty() {
            write!(f, ", profile `{profile}`")?;
        }
        match features.as_slice() {
            [] => Ok(()),
            [one] => write!(f, ", feature `{one}`"),
            several => write!(f, ", features {}", quote_list(several.iter().map(String::as_str))),
        }
    }
}

/// The record of a build.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct BuildRecord {
    pub(super) identity: Identity,
    /// The path, relative to the stage's output folder, which may have been copied from another machine.
    pub(super) binary: PathBuf,
    /// The SHA-256 of the binary.
    pub(super) sha256: String,
    /// The time of the build in nanoseconds since 1970: in seconds, a source of the same second would look newer.
    built: u64,
    /// The SHA-256 of the last zip with this binary.
    pub(super) zip: Option<String>,
}

impl BuildRecord {
    /// The record of a new binary.
    pub(super) fn new(identity: Identity, binary: PathBuf, sha256: String) -> Self {
        let built = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let built = u64::try_from(built).unwrap_or(u64::MAX);
        Self { identity, binary, sha256, built, zip: None }
    }

    /// Reads the record in a stage's output folder; `None` if it is missing or invalid.
    pub(super) fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(directory.join(NAME)).ok()?).ok()
    }

    /// Writes the record atomically.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(directory.join(NAME)).map_err(|error| error.error)?;
        Ok(())
    }

    /// The time of the build.
    pub(super) fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.built)
    }

    /// The age of the build, for a message.
    pub(super) fn age(&self) -> String {
        age(self.time().elapsed().unwrap_or_default())
    }
}

fn age(elapsed: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let seconds = elapsed.as_secs();
    match UNITS.into_iter().find(|(length, _)| seconds >= *length) {
        None => "less than a minute ago".to_owned(),
        Some((length, unit)) if seconds < 2 * length => format!("1 {unit} ago"),
        Some((length, unit)) => format!("{} {unit}s ago", seconds / length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_reported_in_its_largest_unit() {
        for (seconds, expected) in [
            (0, "less than a minute ago"),
            (59, "less than a minute ago"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (900_000, "10 days ago"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_half_of_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(BuildRecord::read(folder.path()).is_none());
        let identity = Identity {
            workspace: Some("/w".into()),
            manifest: "api/Cargo.toml".into(),
            program: "binary `api`".to_owned(),
            triple: "aarch64-unknown-linux-gnu".to_owned(),
            profile: "release".to_owned(),
            features: vec!["a".to_owned(), "b".to_owned()],
        };
        let shown = "binary `api` of `/w/api/Cargo.toml` for aarch64-unknown-linux-gnu, profile `release`, features `a` and `b`";
        assert_eq!(identity.to_string(), shown);
        let before = SystemTime::now();
        BuildRecord::new(identity.clone(), "target/api".into(), "00".to_owned()).write(folder.path()).unwrap();
        assert!(BuildRecord::read(folder.path()).unwrap().time() >= before, "what is older than the build is younger");
        assert_eq!(BuildRecord::read(folder.path()).unwrap().identity, identity);
        fs::write(folder.path().join(NAME), "{\"identity\":").unwrap();
        assert!(BuildRecord::read(folder.path()).is_none());
    }
}
