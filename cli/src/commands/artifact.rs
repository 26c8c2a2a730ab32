//! The artifact of a command: built and packaged, or given by `--zip`.

use std::{path::Path, sync::Arc};

use super::{Surroundings, stage::Opened};
use crate::{
    args::ArtifactArgs,
    artifact::Artifact,
    build::calls_run_beside,
    package,
    report::{Failure, Report},
};

/// Builds and packages the artifact, or opens the zip of `--zip`.
pub(super) async fn build(
    opened: &Opened,
    args: &ArtifactArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<Artifact, Failure> {
    let given = args.zip.as_ref().map(|zip| around.directory.join(zip));
    let name = opened.identity.stack();
    let request =
        package::Wanted { given: given.as_deref(), no_build: args.no_build, ..request(opened, &name, around) };
    package::artifact(&request, &around.cargo, report.as_ref()).await.map_err(|error| {
        let hint = error.hint();
        if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
    })
}

/// The SHA-256 of the artifact that was packaged last for these settings, if there is one.
pub(super) async fn last_digest(opened: &Opened, around: &Surroundings) -> Option<String> {
    let name = opened.identity.stack();
    package::last(&request(opened, &name, around), &around.cargo).await
}

/// The request to package what the settings name.
fn request<'a>(opened: &'a Opened, name: &'a str, around: &'a Surroundings) -> package::Wanted<'a> {
    package::Wanted {
        project: &opened.chosen.project,
        stage: opened.chosen.first(),
        name,
        directory: opened.chosen.path.parent().unwrap_or(&around.directory),
        given: None,
        no_build: false,
        environment: &around.environment,
    }
}

/// The warning about a program beside the settings that does not call `zappa_rs::run`: on Lambda it would serve no request.
pub(super) fn missing_run_call(directory: &Path) -> Option<String> {
    let main = directory.join("src").join("main.rs");
    let is_there = directory.join("Cargo.toml").is_file() && main.is_file();
    (is_there && !calls_run_beside(&main))
        .then(|| format!("`{}` does not call `zappa_rs::run`: on Lambda it would serve no request", main.display()))
}
