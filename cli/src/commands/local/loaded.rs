//! The configuration of `local`, loaded from flags, settings and env file.

use std::path::PathBuf;

use super::{
    env_file::EnvFile,
    error::Error,
    resolve, settings,
    source::{Source, SourceRequest},
    tokens,
};
use crate::{
    args::LocalArgs,
    build::Cargo,
    commands::Context,
    hook::Hooks,
    local::{description::Description, watch::Include},
    report::{Failure, Report},
    settings::{Settings, Stage},
};

/// Everything but the binary, which is not built yet.
pub(super) struct Loaded {
    pub(super) description: Description,
    pub(super) stage: Stage,
    pub(super) source: Source,
    /// In the folder where it finds the package.
    pub(super) cargo: Cargo,
    pub(super) include: Include,
    /// The hooks of the build; none without a settings file.
    pub(super) hooks: Hooks,
    /// The files that it was read from.
    pub(super) files: Vec<PathBuf>,
    /// The sentence about a settings file that was not found.
    pub(super) missing_settings: Option<String>,
    env_file: EnvFile,
}

/// Loads it, or loads it again after `before`.
pub(super) async fn load(
    args: &LocalArgs,
    cx: &Context,
    before: Option<&Loaded>,
    report: &Report,
) -> Result<Loaded, Failure> {
    let settings = settings::load(args, cx, Settings::choose, before.map(|before| &before.env_file), report)?;
    let cargo = match (&args.manifest_path, settings.directory()) {
        // The folder of the settings, as for a deploy: of several packages it may decide.
        (None, Some(directory)) => cx.cargo.in_directory(directory),
        _ => cx.cargo.clone(),
    };
    let source = SourceRequest::new(args, &settings).find(&cargo, cx).await?;
    let mut description = resolve::description(args, &settings, &source.name()).map_err(failure)?;
    tokens::add_keys(&mut description, args, &cargo, report).await?;
    let hooks = settings.hooks(&source.name(), args, cx, report.is_quiet());
    let (include, files) = (settings.include(source.target_directory()), settings.files());
    let (stage, missing_settings, env_file) = (settings.stage, settings.missing, settings.env_file);
    Ok(Loaded { description, stage, source, cargo, include, hooks, files, missing_settings, env_file })
}

fn failure(error: Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
