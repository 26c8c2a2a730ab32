//! The program of a package: built now, or the binary of the stage's last build (`--no-build`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Error, PackageRequest,
    build_record::{BuildRecord, Identity},
    digest::hash_file,
};
use crate::{
    build::{self, Artifact, Cargo, LambdaPlan, Output, Plan, Target, lambda::Tools},
    progress::Progress,
    settings::{Builder, Hook},
};

/// The name of the lock around every `build_command`: those of two stages may write the same files.
const COMMAND: &str = ".command";

/// A program, and the lock that keeps other processes from replacing it.
pub(super) struct Program {
    /// The path of the binary.
    pub(super) path: PathBuf,
    /// The path that is shown to the user.
    pub(super) shown: PathBuf,
    /// Whether the compiler's flags have `target-cpu=native`.
    pub(super) is_for_own_cpu: bool,
    pub(super) record: BuildRecord,
    output: Output,
}

impl Program {
    /// Builds the program, or finds that of the stage's last build.
    pub(super) async fn new(
        request: &PackageRequest<'_>,
        target: Target,
        cargo: &Cargo,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let name = request.name;
        let on_wait = || progress.step("Waiting", &format!("for another build of `{name}`"));
        let output = Output::lock(&target, name, on_wait).await?;
        if request.no_build {
            return Self::last(request, &target, output, progress);
        }
        request.hooks.run(Hook::PreBuild, progress).await?;
        if request.stage.builder == Builder::Command {
            return Self::by_command(request, &target, output, cargo, progress).await;
        }
        let stage = request.stage;
        let identity = Identity::new(&target, request.project, stage);
        let features = request.project.features.iter().chain(&stage.features).cloned().collect();
        let plan = Plan { target, profile: stage.profile.clone(), features };
        let tools = Tools::find(cargo, stage.builder).await;
        let lambda = LambdaPlan::new(plan, stage.builder, stage.architecture, stage.target.as_deref(), &tools)?;
        progress.step("Building", &lambda.to_string());
        // Cargo writes to the same terminal.
        progress.flush();
        let Artifact { executable, is_for_own_cpu } = cargo.build_for_lambda(&lambda, &output).await?;
        Self::end_build(request, &executable, progress).await?;
        let program = Self::from_build(identity, executable.clone(), executable, output)?;
        Ok(Self { is_for_own_cpu, ..program })
    }

    /// Runs `build_command` and copies its binary, which the next run may overwrite.
    async fn by_command(
        request: &PackageRequest<'_>,
        target: &Target,
        output: Output,
        cargo: &Cargo,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let stage = request.stage;
        let command = stage.build_command.as_deref().unwrap_or_default();
        let shown = target.workspace_root.join(stage.build_output.as_deref().unwrap_or_default());
        let on_wait = || progress.step("Waiting", "for another build command");
        let _running = Output::lock(target, COMMAND, on_wait).await?;
        progress.step("Running", command);
        progress.flush();
        cargo.shell(command, &target.workspace_root).await?;
        if !shown.exists() {
            return Err(Error::NoOutput { path: shown });
        }
        if shown.is_dir() {
            return Err(Error::NotElf { path: shown, reason: "it is a folder".to_owned() });
        }
        Self::end_build(request, &shown, progress).await?;
        let path = output.directory().join("binary");
        copy(&shown, &path)?;
        Self::from_build(Identity::new(target, request.project, stage), path, shown, output)
    }

    /// Runs `post_build`, which may still change the binary.
    async fn end_build(request: &PackageRequest<'_>, binary: &Path, progress: &dyn Progress) -> Result<(), Error> {
        request.hooks.document().binary = Some(binary.display().to_string());
        Ok(request.hooks.run(Hook::PostBuild, progress).await?)
    }

    /// Writes the record of a build.
    fn from_build(identity: Identity, path: PathBuf, shown: PathBuf, output: Output) -> Result<Self, Error> {
        let sha256 = hash_file(path.clone())?.sha256;
        let relative = path.strip_prefix(output.directory()).unwrap_or(&path).to_owned();
        let record = BuildRecord::new(identity, relative, sha256);
        let program = Self { path, shown, is_for_own_cpu: false, record, output };
        program.write()?;
        Ok(program)
    }

    /// Finds the binary of the stage's last build, if it was built with these settings.
    fn last(
        request: &PackageRequest<'_>,
        target: &Target,
        output: Output,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let name = request.name.to_owned();
        let identity = Identity::new(target, request.project, request.stage);
        let Some(record) = BuildRecord::read(output.directory()) else {
            return Err(Error::NotBuilt { name, request: identity.to_string() });
        };
        if record.identity != identity {
            let (found, age) = (record.identity.to_string(), record.age());
            return Err(Error::OtherBuilt { name, request: identity.to_string(), found, age });
        }
        let path = output.directory().join(&record.binary);
        if !path.is_file() {
            return Err(Error::NoBinary { path });
        }
        if hash_file(path.clone())?.sha256 != record.sha256 {
            return Err(Error::ChangedBinary { path, age: record.age() });
        }
        progress.step("Reusing", &format!("{identity}, built {}", record.age()));
        if let Some(source) = newer_source(&path, &record) {
            progress.warning(
                &format!("`{}` was edited since", source.display()),
                Some("leave `--no-build` out, and what is packaged has the edit"),
            );
        }
        Ok(Self { shown: path.clone(), path, is_for_own_cpu: false, record, output })
    }

    /// Records the zip that was made of the binary.
    pub(super) fn record_zip(mut self, sha256: &str) -> Result<(), Error> {
        self.record.zip = Some(sha256.to_owned());
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let path = self.output.directory();
        self.record.write(path).map_err(|source| Error::Write { path: path.to_owned(), source })
    }
}

/// The SHA-256 of the last zip of these settings.
pub(super) fn last_zip(request: &PackageRequest<'_>, target: &Target) -> Option<String> {
    let record = BuildRecord::read(&build::output::directory(target, request.name))?;
    record.zip.filter(|_| record.identity == Identity::new(target, request.project, request.stage))
}

/// A source file, by cargo's dep-info, that is newer than the binary.
fn newer_source(binary: &Path, record: &BuildRecord) -> Option<PathBuf> {
    build::sources(binary).into_iter().find(|source| {
        let edited = fs::metadata(source).and_then(|metadata| metadata.modified());
        edited.is_ok_and(|edited| edited > record.time())
    })
}

/// Copies a file atomically: to a temporary file, which replaces the old one.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Write { path: to.to_owned(), source };
    let copy = to.with_extension("unfinished");
    match fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(error)),
        _ => {}
    }
    fs::copy(from, &copy).map_err(unwritable)?;
    fs::rename(&copy, to).map_err(unwritable)
}
