//! The artifact of a command: built and packaged, or given by `--zip`.

#[cfg(feature = "deploy")]
use std::path::PathBuf;
use std::{path::Path, sync::Arc};

use super::{Context, hooks, stage::Resolved};
use crate::{
    args::ArtifactArgs,
    artifact::Artifact,
    build::{self, calls_run_beside},
    hook::Hooks,
    package,
    report::{Failure, Report},
};

/// Builds and packages the artifact, or opens the zip of `--zip`.
pub(super) async fn build(
    resolved: &Resolved,
    args: &ArtifactArgs,
    hooks: &Hooks,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<Artifact, Failure> {
    let given = args.zip.as_ref().map(|zip| cx.directory.join(zip));
    let name = resolved.identity.stack();
    let request = package::PackageRequest {
        given: given.as_deref(),
        no_build: args.no_build,
        ..request(resolved, &name, hooks, cx)
    };
    package::artifact(&request, &cx.cargo, report.as_ref()).await.map_err(|error| match error {
        package::Error::Hook(error) => hooks::failure(error),
        error => {
            let hint = error.hint();
            if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
        }
    })
}

/// The files that cargo says the last build of these hooks' command was made of; none of a build by another command.
#[cfg(feature = "deploy")]
pub(super) fn sources(hooks: &Hooks) -> Vec<PathBuf> {
    hooks.document().binary.as_ref().map(|binary| build::sources(Path::new(binary))).unwrap_or_default()
}

/// The SHA-256 of the artifact that was packaged last for these settings, if there is one.
pub(super) async fn last_digest(resolved: &Resolved, hooks: &Hooks, cx: &Context) -> Option<String> {
    let name = resolved.identity.stack();
    package::last(&request(resolved, &name, hooks, cx), &cx.cargo).await
}

/// The request to package what the settings name.
fn request<'a>(
    resolved: &'a Resolved,
    name: &'a str,
    hooks: &'a Hooks,
    cx: &'a Context,
) -> package::PackageRequest<'a> {
    package::PackageRequest {
        project: &resolved.selection.project,
        stage: resolved.selection.primary(),
        name,
        directory: resolved.selection.path.parent().unwrap_or(&cx.directory),
        given: None,
        no_build: false,
        hooks,
        environment: &cx.environment,
    }
}

/// The warning about a program beside the settings that does not call `zappa_rs::run`: on Lambda it would serve no request.
pub(super) fn missing_run_call(directory: &Path) -> Option<String> {
    let main = directory.join("src").join("main.rs");
    let is_there = directory.join("Cargo.toml").is_file() && main.is_file();
    (is_there && !calls_run_beside(&main))
        .then(|| format!("`{}` does not call `zappa_rs::run`: on Lambda it would serve no request", main.display()))
}
