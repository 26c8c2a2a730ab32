//! Packaging: builds, checks the binary, and writes a reproducible zip for Lambda.

mod binary;
mod build_record;
mod digest;
mod entry_date;
mod error;
mod include;
mod program;
mod zip;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    artifact::{self, Artifact},
    build::{Cargo, Choice, TargetKind, output, profile},
    hook::{ArtifactFacts, Hooks},
    progress::Progress,
    settings::{Architecture, Builder, Hook, Project, Stage},
    suggestion::quote_list,
};

use self::{
    binary::Facts,
    digest::{hash_file, hash_open_file},
    include::SearchFolders,
    program::Program,
    zip::Entries,
};

pub(crate) use entry_date::EntryDate;
pub(crate) use error::Error;
pub(crate) use include::Included;

/// A request to package a stage's program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackageRequest<'a> {
    pub(crate) project: &'a Project,
    pub(crate) stage: &'a Stage,
    /// The name in the zip's file name: `<project>-<stage>`.
    pub(crate) name: &'a str,
    /// The folder of the settings file.
    pub(crate) directory: &'a Path,
    /// The zip of `--zip`.
    pub(crate) given: Option<&'a Path>,
    /// Whether the last build is packaged (`--no-build`).
    pub(crate) no_build: bool,
    /// The hooks of the build.
    pub(crate) hooks: &'a Hooks,
    /// The environment of the command, for `SOURCE_DATE_EPOCH`.
    pub(crate) environment: &'a BTreeMap<OsString, OsString>,
}

/// Lambda's limit for an unzipped package, in bytes.
const UNZIPPED_LIMIT: u64 = 250 << 20;

/// Every error of the `include`d files that can be found without the binary.
pub(crate) fn check_include(include: &[String], directory: &Path, target_directory: Option<&Path>) -> Vec<Error> {
    // Without cargo's metadata, its default target folder is skipped.
    let usual = directory.join("target");
    let folders = SearchFolders { directory, target_directory: target_directory.unwrap_or(&usual) };
    let (files, mut errors) = include::files_and_errors(include, folders);
    let bytes = files.iter().map(|file| file.size).sum::<u64>();
    if bytes > UNZIPPED_LIMIT {
        errors.push(Error::TooLarge { bytes, limit: UNZIPPED_LIMIT });
    }
    errors
}

/// The `include`d files, in the order of their names.
pub(crate) fn find_included(
    include: &[String],
    directory: &Path,
    target_directory: &Path,
) -> Result<Vec<Included>, Error> {
    include::files(include, SearchFolders { directory, target_directory })
}

/// Builds and packages.
pub(crate) async fn artifact(
    request: &PackageRequest<'_>,
    cargo: &Cargo,
    progress: &dyn Progress,
) -> Result<Artifact, Error> {
    if let Some(path) = request.given {
        let artifact = check_given(path, request.stage.architecture, progress).await?;
        request.hooks.document().artifact = Some(facts_of(&artifact));
        return Ok(artifact);
    }
    let date = EntryDate::from_environment(request.environment)?;
    let cargo = cargo.in_directory(request.directory);
    let target = cargo.target(&choice(request.project)).await?;
    let folder = target.target_directory.join(output::FOLDER);
    let target_directory = target.target_directory.clone();
    let include = || {
        include::files(
            &request.stage.include,
            SearchFolders { directory: request.directory, target_directory: &target_directory },
        )
    };
    // Errors are reported before a long build, but for missing files, which the build may create.
    match include() {
        Ok(_) | Err(Error::NothingIncluded { .. }) => {}
        Err(error) => return Err(error),
    }
    // A binary that zig linked shows no aborting panics.
    let aborts = request.stage.builder != Builder::Command
        && profile::aborts_on_panic(&target.workspace_root, &request.stage.profile);
    let program = Program::new(request, target, &cargo, progress).await?;
    let facts = binary::read(&program.path, &program.shown)?;
    binary::check(&program.shown, &facts, request.stage.architecture)?;
    if program.is_for_own_cpu {
        warn_about_own_cpu(progress);
    }
    let files = include()?;
    warn_about(&facts, aborts, |name| files.iter().any(|file| file.name == name), progress);
    let unzipped = fs::metadata(&program.path).map_or(0, |metadata| metadata.len())
        + files.iter().map(|file| file.size).sum::<u64>();
    if unzipped > UNZIPPED_LIMIT {
        return Err(Error::TooLarge { bytes: unzipped, limit: UNZIPPED_LIMIT });
    }
    fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    let path = folder.join(format!("{}.zip", request.name));
    progress.step("Packaging", &path.display().to_string());
    let (binary, destination) = (program.path.clone(), path.clone());
    // The hash is checked: another build may have replaced the binary in the meantime.
    let made = program.record.sha256.clone();
    blocking(move |stop| zip::write(&binary, &made, Entries { files: &files, date }, &destination, stop)).await?;
    let artifact = hash_file(path)?;
    program.record_zip(&artifact.sha256)?;
    progress.detail(&format!("{} with SHA-256 {}", artifact::size(artifact.size), artifact.sha256));
    request.hooks.document().artifact = Some(facts_of(&artifact));
    request.hooks.run(Hook::PostPackage, progress).await?;
    Ok(artifact)
}

/// What hooks are told of the zip.
fn facts_of(artifact: &Artifact) -> ArtifactFacts {
    ArtifactFacts::new(&artifact.path, artifact.size, &artifact.sha256)
}

/// Warns about `target-cpu=native`.
fn warn_about_own_cpu(progress: &dyn Progress) {
    progress.warning(
        "the compiler's flags have `target-cpu=native`: the binary may use instructions that Lambda's CPUs do not have",
        Some("remove it from `RUSTFLAGS` or cargo's configuration; `target-cpu=x86-64-v3` and `neoverse-n1` are safe on Lambda"),
    );
}

/// Opens the zip of `--zip`, with the same checks as a built one.
async fn check_given(path: &Path, architecture: Architecture, progress: &dyn Progress) -> Result<Artifact, Error> {
    let own = path.to_owned();
    let (zip, artifact) = blocking(move |_| {
        let file = zip::open(&own)?;
        Ok((zip::read(&own, &file)?, hash_open_file(file, own)?))
    })
    .await?;
    if let Some(facts) = &zip.facts {
        binary::check(&path.join("bootstrap"), facts, architecture)?;
        warn_about(facts, false, |name| zip.names.iter().any(|known| known == name), progress);
    }
    Ok(artifact)
}

/// Warns about a binary that will run but is probably not what was intended.
fn warn_about(facts: &Facts, aborts: bool, has_file: impl Fn(&str) -> bool, progress: &dyn Progress) {
    if aborts || facts.aborts_on_panic() {
        progress.warning(
            "the binary is built with `panic = \"abort\"`: one panic ends the process, and every request in it",
            Some("remove `panic = \"abort\"` from the profile; the adapter then responds to a panic with 500"),
        );
    }
    let foreign = facts.foreign_libraries(has_file);
    if !foreign.is_empty() {
        progress.warning(
            &format!(
                "the binary loads {}, which `provided.al2023` may not have",
                quote_list(foreign.iter().copied())
            ),
            Some("link statically (many crates have a feature `vendored` or `bundled`), or `include = [\"lib\"]` with the library in it"),
        );
    }
}

/// Runs blocking work on a thread of its own, and stops it when the future is dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    struct Stopping(Arc<AtomicBool>);
    impl Drop for Stopping {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let _stopping = Stopping(Arc::clone(&stop));
    tokio::task::spawn_blocking(move || work(&stop)).await.map_err(|error| Error::panicked(&error))?
}

/// The SHA-256 of the last package of these settings, if there is one.
pub(crate) async fn last(request: &PackageRequest<'_>, cargo: &Cargo) -> Option<String> {
    let target = cargo.in_directory(request.directory).target(&choice(request.project)).await.ok()?;
    let made = program::last_zip(request, &target)?;
    let path = target.target_directory.join(output::FOLDER).join(format!("{}.zip", request.name));
    hash_file(path).ok().map(|artifact| artifact.sha256).filter(|sha256| *sha256 == made)
}

/// The target that the settings choose.
pub(crate) fn choice(project: &Project) -> Choice {
    let bin = project.bin.clone().map(|name| (TargetKind::Bin, name));
    let example = project.example.clone().map(|name| (TargetKind::Example, name));
    Choice { package: project.package.clone(), target: bin.or(example), manifest_path: None }
}
