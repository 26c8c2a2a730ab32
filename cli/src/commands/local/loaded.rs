//! What is served, as flags, settings and env file say it together.

use std::path::PathBuf;

use super::{
    settings::{self, Merged, Told},
    source::{self, Source},
    wanted,
};
use crate::{
    args::LocalArgs,
    commands::Surroundings,
    local::{description::Description, watch::Include},
    progress::Progress,
    report::Failure,
};

/// Everything but the binary, which is not built yet.
pub(super) struct Loaded {
    pub(super) description: Description,
    pub(super) source: Source,
    pub(super) include: Include,
    /// What it was read from.
    pub(super) files: Vec<PathBuf>,
    told: Told,
}

/// Loads it, or loads it again after `before`.
pub(super) async fn load(
    args: &LocalArgs,
    around: &Surroundings,
    before: Option<&Loaded>,
    progress: &dyn Progress,
) -> Result<Loaded, Failure> {
    wanted::check(args).map_err(failure)?;
    let merged = settings::merged(args, around, before.map(|before| &before.told), progress)?;
    let deployed = merged.named.as_ref().map(|named| &named.deployed);
    let source = source::source(&merged.args, deployed, around).await?;
    let (include, files) = (merged.include(&source), merged.files());
    let Merged { args, told, region, named, .. } = merged;
    let description = wanted::description(&args, &told.variables, &source.project(), &region);
    let mut description = description.map_err(failure)?;
    if let Some(named) = &named {
        named.describe(&mut description.function);
    }
    Ok(Loaded { description, source, include, files, told })
}

fn failure(error: wanted::Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
