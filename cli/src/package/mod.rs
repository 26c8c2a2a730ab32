//! From source to a zip that Lambda takes: build, look at the binary, pack it the same way every time.

mod binary;
mod error;
mod include;
mod zip;

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    artifact::{self, Artifact},
    build::{Cargo, Choice, LambdaPlan, Plan, TargetKind, lambda, profile},
    progress::Progress,
    release::hexadecimal,
    settings::{Builder, Project, Stage},
};

pub(crate) use error::Error;

/// What is packaged, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) project: &'a Project,
    pub(crate) stage: &'a Stage,
    /// The name in the zip's file name: `<project>-<stage>`.
    pub(crate) name: &'a str,
    /// Where the settings file lies.
    pub(crate) directory: &'a Path,
    /// A zip that is there already.
    pub(crate) given: Option<&'a Path>,
    /// What was built before is packaged.
    pub(crate) no_build: bool,
}

/// Where zips go, in cargo's target folder.
const FOLDER: &str = "zappa-rs";
/// What Lambda takes unzipped.
const UNZIPPED_LIMIT: u64 = 250 << 20;

/// Why these `include`d files cannot be packaged, as far as it shows without the binary.
pub(crate) fn unfit(include: &[String], directory: &Path) -> Option<Error> {
    match include::files(include, directory) {
        Ok(files) => {
            let bytes = files.iter().map(|file| file.size).sum::<u64>();
            (bytes > UNZIPPED_LIMIT).then_some(Error::TooLarge { bytes, limit: UNZIPPED_LIMIT })
        }
        Err(error) => Some(error),
    }
}

/// Builds and packages.
pub(crate) async fn artifact(wanted: &Wanted<'_>, cargo: &Cargo, progress: &dyn Progress) -> Result<Artifact, Error> {
    if let Some(path) = wanted.given {
        let path = path.to_owned();
        zip::check(&path, wanted.stage.architecture)?;
        return measured(path);
    }
    let cargo = cargo.in_directory(wanted.directory);
    let (binary, folder, aborts) = binary_of(wanted, &cargo, progress).await?;
    let facts = binary::read(&binary)?;
    binary::check(&binary, &facts, wanted.stage.architecture)?;
    if aborts {
        progress.warning(
            "the binary is built with `panic = \"abort\"`: one panic ends the process, and every request in it",
            Some("remove `panic = \"abort\"` from the profile; the adapter answers a panic with 500 then"),
        );
    }
    let files = include::files(&wanted.stage.include, wanted.directory)?;
    let unzipped =
        fs::metadata(&binary).map_or(0, |metadata| metadata.len()) + files.iter().map(|file| file.size).sum::<u64>();
    if unzipped > UNZIPPED_LIMIT {
        return Err(Error::TooLarge { bytes: unzipped, limit: UNZIPPED_LIMIT });
    }
    let path = folder.join(format!("{}.zip", wanted.name));
    progress.step("Packaging", &path.display().to_string());
    let (source, target) = (binary.clone(), path.clone());
    // Compression is work for a thread that may be busy with it.
    tokio::task::spawn_blocking(move || zip::write(&source, &files, &target))
        .await
        .map_err(|error| Error::panicked(&error))??;
    let artifact = measured(path)?;
    progress.detail(&format!("{} with SHA-256 {}", artifact::size(artifact.size), artifact.sha256));
    Ok(artifact)
}

/// The SHA-256 of the package that was made last, if there is one.
pub(crate) async fn last(project: &Project, name: &str, cargo: &Cargo) -> Option<String> {
    let target = cargo.target(&choice(project)).await.ok()?;
    let path = target.target_directory.join(FOLDER).join(format!("{name}.zip"));
    measured(path).ok().map(|artifact| artifact.sha256)
}

/// The binary, the folder that zips go to, and whether a panic ends the program.
async fn binary_of(
    wanted: &Wanted<'_>,
    cargo: &Cargo,
    progress: &dyn Progress,
) -> Result<(PathBuf, PathBuf, bool), Error> {
    let stage = wanted.stage;
    let target = cargo.target(&choice(wanted.project)).await?;
    let folder = target.target_directory.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    if stage.builder == Builder::Command {
        let output = target.workspace_root.join(stage.build_output.as_deref().unwrap_or_default());
        if !wanted.no_build {
            let command = stage.build_command.as_deref().unwrap_or_default();
            progress.step("Running", command);
            progress.flush();
            cargo.shell(command, &target.workspace_root).await?;
        }
        return Ok((output, folder, false));
    }
    let aborts = profile::aborts_on_panic(&target.workspace_root, &stage.profile);
    let features = wanted.project.features.iter().chain(&stage.features).cloned().collect();
    let plan = Plan { target, profile: stage.profile.clone(), features };
    let tools = lambda::Tools::find(cargo, stage.builder).await;
    let lambda = LambdaPlan::new(plan, stage.builder, stage.architecture, stage.target.as_deref(), &tools)?;
    if wanted.no_build {
        return Ok((lambda.executable(), folder, aborts));
    }
    progress.step("Building", &lambda.to_string());
    // Cargo writes to the same terminal.
    progress.flush();
    let built = cargo.build_for_lambda(&lambda).await?;
    Ok((built.executable, folder, aborts))
}

/// What the settings say about which binary is meant.
pub(crate) fn choice(project: &Project) -> Choice {
    let bin = project.bin.clone().map(|name| (TargetKind::Bin, name));
    let example = project.example.clone().map(|name| (TargetKind::Example, name));
    Choice { package: project.package.clone(), target: bin.or(example), manifest_path: None }
}

/// Size and hash, in one pass over the file.
fn measured(path: PathBuf) -> Result<Artifact, Error> {
    let unreadable = |source| Error::Read { path: path.clone(), source };
    let mut file = fs::File::open(&path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let size = std::io::copy(&mut file, &mut Hasher(&mut hash)).map_err(unreadable)?;
    Ok(Artifact { sha256: hexadecimal(&hash.finalize()), size, path })
}

/// A hash that is written to.
struct Hasher<'a>(&'a mut Sha256);

impl std::io::Write for Hasher<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
