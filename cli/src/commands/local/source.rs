//! Where the binary comes from: cargo, or a path.

use std::{fs, path::PathBuf};

use super::Surroundings;
use crate::{
    args::LocalArgs,
    build::{Artifact, Cargo, Choice, Plan, TargetKind},
    local::task_root::TaskRoot,
    progress::Progress,
    report::{Failure, Report},
};

/// What is served.
pub(super) enum Source {
    /// What cargo makes.
    Built(Box<Plan>),
    /// What is there already.
    Given(PathBuf),
}

impl Source {
    /// The name that function and environment carry: letters, digits, `-` and `_`, as a function's name must.
    pub(super) fn project(&self) -> String {
        let name = match self {
            Self::Built(plan) => plan.target.name.clone(),
            Self::Given(path) => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        let fitting = |letter: char| {
            if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') { letter } else { '-' }
        };
        name.chars().map(fitting).collect()
    }

    /// As the story calls it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Built(plan) => {
                format!("{} `{}`, built with profile `{}`", plan.target.kind.noun(), plan.target.name, plan.profile)
            }
            Self::Given(path) => format!("`{}`", path.display()),
        }
    }
}

/// Finds what the flags mean.
pub(super) async fn source(args: &LocalArgs, around: &Surroundings) -> Result<Source, Failure> {
    if let Some(binary) = &args.binary {
        return given(around.directory.join(binary));
    }
    let bin = args.bin.clone().map(|name| (TargetKind::Bin, name));
    let example = args.example.clone().map(|name| (TargetKind::Example, name));
    let choice =
        Choice { package: args.package.clone(), target: bin.or(example), manifest_path: args.manifest_path.clone() };
    let target = around.cargo.target(&choice).await.map_err(failure)?;
    let profile = if args.dev { "dev" } else { args.cargo_profile.as_deref().unwrap_or("release") };
    Ok(Source::Built(Box::new(Plan { target, profile: profile.to_owned(), features: args.features.clone() })))
}

/// A path that names a program.
fn given(path: PathBuf) -> Result<Source, Failure> {
    let shown = path.display();
    let (error, hint) = match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => (
            anyhow::anyhow!("`{shown}` is not a file"),
            "name the program itself, or leave `--binary` out and let cargo build".to_owned(),
        ),
        Ok(metadata) if !is_executable(&metadata) => {
            (anyhow::anyhow!("`{shown}` may not be executed"), format!("`chmod +x {shown}` allows it"))
        }
        Ok(_) => return Ok(Source::Given(path)),
        Err(_) => (
            anyhow::anyhow!("there is no binary at `{shown}`"),
            "build it first, or leave `--binary` out and let cargo build".to_owned(),
        ),
    };
    Err(Failure::usage(error, Some(hint)))
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Elsewhere the name decides, and the system says so when it starts one.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// Builds once and takes the binary in.
pub(super) async fn built(
    plan: &Plan,
    cargo: &Cargo,
    task_root: &mut TaskRoot,
    report: &Report,
) -> Result<(PathBuf, Artifact), Failure> {
    report.step("Building", &format!("{} `{}`", plan.target.kind.noun(), plan.target.name));
    // Cargo writes to the same terminal.
    report.flush();
    let artifact = cargo.build(plan).await.map_err(failure)?;
    let binary = task_root.place(&artifact.executable).map_err(|error| {
        let sentence = format!("`{}` cannot be copied", artifact.executable.display());
        Failure::failed(anyhow::Error::new(error).context(sentence), None)
    })?;
    Ok((binary, artifact))
}

fn failure(error: crate::build::Error) -> Failure {
    let hint = error.hint();
    if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
}
