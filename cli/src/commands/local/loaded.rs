//! The configuration of `local`, merged from flags, settings and env file.

use std::path::PathBuf;

use super::{
    resolve,
    settings::{self, Merged, Told},
    source::{self, Source},
};
use crate::{
    args::LocalArgs,
    build::Cargo,
    commands::Context,
    local::{description::Description, watch::Include},
    progress::Progress,
    report::Failure,
};

/// Everything but the binary, which is not built yet.
pub(super) struct Loaded {
    pub(super) description: Description,
    pub(super) source: Source,
    /// In the folder where it finds the package.
    pub(super) cargo: Cargo,
    pub(super) include: Include,
    /// What it was read from.
    pub(super) files: Vec<PathBuf>,
    /// Where no settings file was found.
    pub(super) missing_settings: Option<String>,
    told: Told,
}

/// Loads it, or loads it again after `before`.
pub(super) async fn load(
    args: &LocalArgs,
    cx: &Context,
    before: Option<&Loaded>,
    progress: &dyn Progress,
) -> Result<Loaded, Failure> {
    resolve::check(args).map_err(failure)?;
    let merged = settings::merged(args, cx, before.map(|before| &before.told), progress)?;
    let deployed = merged.named.as_ref().map(|named| &named.deployed);
    let cargo = match (&merged.args.manifest_path, &merged.named) {
        // The folder of the settings, as for a deploy: of several packages it may decide.
        (None, Some(named)) => cx.cargo.in_directory(named.directory()),
        _ => cx.cargo.clone(),
    };
    let source = source::source(&merged.args, deployed, &cargo, cx).await?;
    let (include, files) = (merged.include(&source), merged.files());
    let Merged { args, told, region, named, missing, .. } = merged;
    let description = resolve::description(&args, &told.variables, &source.project(), &region);
    let mut description = description.map_err(failure)?;
    if let Some(named) = &named {
        named.describe(&mut description.function);
    }
    Ok(Loaded { description, source, cargo, include, files, missing_settings: missing, told })
}

fn failure(error: resolve::Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
