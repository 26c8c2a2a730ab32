//! The settings that `local` begins with: the stage that a deploy would send, or the defaults where no file is found.

use std::path::{Path, PathBuf};

use super::env_file::{self, EnvFile};
use crate::{
    args::LocalArgs,
    commands::Context,
    hook::{Document, Hooks},
    local::watch::Include,
    names::Identity,
    progress::Progress,
    report::Failure,
    settings::{Error, FILE_NAME, Project, Settings, Stage, StageSelection},
};

/// The name of the stage where neither file nor flag has one.
const DEFAULT_NAME: &str = "dev";

/// A stage in one region, with its env file.
#[derive(Debug)]
pub(super) struct LocalSettings {
    pub(super) project: Project,
    pub(super) stage: Stage,
    /// The stage's name; `None` without a settings file.
    pub(super) name: Option<String>,
    pub(super) region: String,
    pub(super) env_file: EnvFile,
    /// The settings file, or where one would be.
    pub(super) path: PathBuf,
    /// The sentence about a settings file that was not found.
    pub(super) missing: Option<String>,
}

impl LocalSettings {
    /// Creates the default settings, for a folder without a settings file.
    pub(super) fn without_file(region: &str, path: PathBuf, env_file: EnvFile, missing: String) -> Self {
        Self {
            project: Project::default(),
            stage: Stage::default(),
            name: None,
            region: region.to_owned(),
            env_file,
            path,
            missing: Some(missing),
        }
    }

    /// The settings file's folder; `None` without a settings file.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.name.as_ref().and(self.path.parent())
    }

    /// The stage's own env file; `None` without a settings file.
    fn own_env_file(path: &Path, name: &str) -> PathBuf {
        path.with_file_name(format!(".env.{name}"))
    }

    /// The names of stack and function. `target` names a project that the settings do not, `flag` a stage that no file
    /// does.
    pub(super) fn identity(&self, target: &str, flag: Option<&str>) -> Identity {
        Identity {
            project: self.project.name.clone().unwrap_or_else(|| target.to_owned()),
            stage: self.name.as_deref().or(flag).unwrap_or(DEFAULT_NAME).to_owned(),
            function_name: self.stage.function_name.clone(),
        }
    }

    /// The files that all of this was read from.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        [Some(self.path.clone()), self.env_file.path.clone()].into_iter().flatten().collect()
    }

    /// The hooks of the build; none without a settings file. `target` names a project that the settings do not.
    pub(super) fn hooks(&self, target: &str, args: &LocalArgs, cx: &Context, is_quiet: bool) -> Hooks {
        let identity = self.identity(target, args.settings_stage.as_deref());
        let document = Document {
            command: "local",
            stack: identity.stack(),
            project: identity.project,
            stage: identity.stage,
            settings_file: self.path.display().to_string(),
            regions: vec![self.region.clone()],
            ..Document::default()
        };
        let directory = self.directory().unwrap_or(&cx.directory);
        Hooks::new(self.stage.hooks.clone(), directory, &cx.environment, is_quiet, document)
    }

    /// The files beside the binary; none without a settings file. `target_directory`: cargo's, of a build.
    pub(super) fn include(&self, target_directory: Option<&Path>) -> Include {
        let directory = self.directory().map(Path::to_owned).unwrap_or_default();
        let target_directory = target_directory.map_or_else(|| directory.join("target"), Path::to_owned);
        Include { patterns: self.stage.include.clone(), directory, target_directory }
    }
}

/// How a stage is chosen: with the values that the command needs.
pub(super) type Choose = fn(&Settings, Option<&str>) -> Result<StageSelection, Error>;

/// Loads the stage that the flags choose. `before` is the env file of the last build.
pub(super) fn load(
    args: &LocalArgs,
    cx: &Context,
    choose: Choose,
    before: Option<&EnvFile>,
    progress: &dyn Progress,
) -> Result<LocalSettings, Failure> {
    // Where neither flag nor stage names one, the region is only a name in events.
    let region = args.region.as_ref().unwrap_or(&cx.region);
    let path = match Settings::find(&cx.directory, args.settings_file.as_deref()) {
        Ok(path) => path,
        Err(error @ Error::NoFile { .. }) if args.settings_stage.is_none() => {
            let env_file = env_file::read(args, cx, None, before)?;
            let path = cx.directory.join(FILE_NAME);
            return Ok(LocalSettings::without_file(region, path, env_file, error.to_string()));
        }
        Err(error) => return Err(failure(&error)),
    };
    let mut environment = cx.environment.clone();
    // For a stage that names none.
    environment.insert("AWS_REGION".into(), region.into());
    let selection = Settings::load(&path, &environment)
        .and_then(|settings| choose(&settings, args.settings_stage.as_deref()))
        .and_then(|selection| selection.only(args.region.as_slice()))
        .map_err(|error| failure(&error))?;
    progress.detail(&format!("stage `{}` in {} of {}", selection.name, selection.regions[0], path.display()));
    let own = LocalSettings::own_env_file(&path, &selection.name);
    Ok(LocalSettings {
        stage: selection.primary().clone(),
        project: selection.project,
        region: selection.regions[0].clone(),
        name: Some(selection.name),
        env_file: env_file::read(args, cx, Some(&own), before)?,
        path,
        missing: None,
    })
}

fn failure(error: &Error) -> Failure {
    Failure::usage(anyhow::anyhow!("{error}"), error.hint())
}
