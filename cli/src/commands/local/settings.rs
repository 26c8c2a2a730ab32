//! The settings file below the flags of `local`: it uses what a deploy uses, and a flag wins.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use zappa_rs_adapter::contract::variable;

use super::source::{Deployed, Source};
use crate::{
    args::{LocalArgs, Pair, Served},
    commands::Context,
    local::{description::Function, env_file, watch::Include},
    names::Identity,
    progress::Progress,
    report::Failure,
    settings::{Api, Error, FILE_NAME, Settings, Stage, StageSelection, Variable},
    suggestion::quote_list,
};

/// The names of a stage of the settings, and how it is built.
#[derive(Debug)]
pub(super) struct Named {
    project: Option<String>,
    stage: String,
    function_name: Option<String>,
    ephemeral_storage_mb: u32,
    pub(super) deployed: Deployed,
    /// What goes into the zip beside the binary, from the settings' folder.
    include: Vec<String>,
    directory: PathBuf,
}

impl Named {
    /// The settings file's folder.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Gives the function its names and what no flag says.
    pub(super) fn describe(&self, function: &mut Function) {
        let known = function.environment.get(variable::PROJECT).cloned().unwrap_or_default();
        let project = self.project.clone().unwrap_or(known);
        let identity = Identity { project, stage: self.stage.clone(), function_name: self.function_name.clone() };
        function.name = identity.stack();
        function.ephemeral_storage_mb = self.ephemeral_storage_mb;
        function.environment.insert(variable::PROJECT.to_owned(), identity.project);
        function.environment.insert(variable::STAGE.to_owned(), identity.stage);
    }
}

impl Merged {
    /// The files that all of this was read from.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        [Some(self.settings_file.clone()), self.told.path.clone()].into_iter().flatten().collect()
    }

    /// What goes beside the binary; nothing where there are no settings.
    pub(super) fn include(&self, source: &Source) -> Include {
        let (patterns, directory) = match &self.named {
            Some(named) => (named.include.clone(), named.directory.clone()),
            None => (Vec::new(), PathBuf::new()),
        };
        let target_directory = source.target_directory().map_or_else(|| directory.join("target"), Path::to_owned);
        Include { patterns, directory, target_directory }
    }
}

/// What the flags, the settings below them and the env file say together.
#[derive(Debug)]
pub(super) struct Merged {
    /// The flags with the settings below them.
    pub(super) args: LocalArgs,
    /// What the env file holds.
    pub(super) told: Told,
    /// Where the function would be.
    pub(super) region: String,
    /// `None` where there is no settings file.
    pub(super) named: Option<Named>,
    /// The settings file, or where one would be.
    settings_file: PathBuf,
    /// Where no settings file was found.
    pub(super) missing: Option<String>,
}

/// The variables of an env file.
#[derive(Clone, Default)]
pub(super) struct Told {
    /// Where it is or would be.
    path: Option<PathBuf>,
    pub(super) variables: BTreeMap<String, String>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be secrets.
        f.debug_struct("Told").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Merges the flags with the settings, which they win over. `known` is what an env file said before.
pub(super) fn merged(
    args: &LocalArgs,
    cx: &Context,
    known: Option<&Told>,
    progress: &dyn Progress,
) -> Result<Merged, Failure> {
    // Where neither flag nor stage names one, the region is only a name in events.
    let region = args.region.as_ref().unwrap_or(&cx.region);
    let path = match Settings::find(&cx.directory, args.settings_file.as_deref()) {
        Ok(path) => path,
        Err(error @ Error::NoFile { .. }) if args.settings_stage.is_none() => {
            let told = told(args, cx, None, known)?;
            let settings_file = cx.directory.join(FILE_NAME);
            return Ok(Merged {
                args: args.clone(),
                told,
                region: region.clone(),
                named: None,
                settings_file,
                missing: Some(error.to_string()),
            });
        }
        Err(error) => return Err(failure(&error)),
    };
    let mut environment = cx.environment.clone();
    // For a stage that names none.
    environment.insert("AWS_REGION".into(), region.into());
    let selection = Settings::load(&path, &environment)
        .and_then(|settings| settings.choose(args.settings_stage.as_deref()))
        .and_then(|selection| selection.only(args.region.as_slice()))
        .map_err(|error| failure(&error))?;
    progress.detail(&format!("stage `{}` in {} of {}", selection.name, selection.regions[0], path.display()));
    let named = Named {
        project: selection.project.name.clone(),
        stage: selection.name.clone(),
        function_name: selection.primary().function_name.clone(),
        ephemeral_storage_mb: selection.primary().ephemeral_storage,
        deployed: Deployed {
            builder: selection.primary().builder,
            architecture: selection.primary().architecture,
            target: selection.primary().target.clone(),
        },
        include: selection.primary().include.clone(),
        directory: path.parent().unwrap_or(&cx.directory).to_owned(),
    };
    let own_file = named.directory.join(format!(".env.{}", selection.name));
    let told = told(args, cx, Some(&own_file), known)?;
    let args = over(args, &selection, &told.variables, &own_file)?;
    let region = selection.regions[0].clone();
    Ok(Merged { args, told, region, named: Some(named), settings_file: path, missing: None })
}

/// The variables of the env file: the one that a flag names, or the stage's own, if there is one.
fn told(args: &LocalArgs, cx: &Context, own_file: Option<&Path>, known: Option<&Told>) -> Result<Told, Failure> {
    let path = match (&args.env_file, own_file) {
        (Some(named), _) => cx.directory.join(named),
        (None, Some(own_file)) if fs::symlink_metadata(own_file).is_ok() => own_file.to_owned(),
        (None, own_file) => return Ok(Told { path: own_file.map(Path::to_owned), ..Told::default() }),
    };
    let is_pipe = fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if let Some(known) = known.filter(|known| is_pipe && known.path.as_ref() == Some(&path)) {
        // It has been read, and says nothing or waits when it is read again.
        return Ok(known.clone());
    }
    let variables = env_file::read(&path).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, Some(hint))
    })?;
    Ok(Told { path: Some(path), variables })
}

/// The flags over the settings of a stage.
fn over(
    args: &LocalArgs,
    selection: &StageSelection,
    told: &BTreeMap<String, String>,
    own_file: &Path,
) -> Result<LocalArgs, Failure> {
    let (project, stage) = (&selection.project, selection.primary());
    let mut merged = args.clone();
    let names_target = args.package.is_some() || args.bin.is_some() || args.example.is_some() || args.binary.is_some();
    if !names_target {
        merged.package.clone_from(&project.package);
        merged.bin.clone_from(&project.bin);
        merged.example.clone_from(&project.example);
    }
    if args.binary.is_none() {
        merged.features.extend(project.features.iter().chain(&stage.features).cloned());
    }
    if args.cargo_profile.is_none() && !args.dev {
        merged.cargo_profile = Some(stage.profile.clone());
    }
    merged.memory = args.memory.or(Some(stage.memory_size));
    merged.timeout = args.timeout.or(Some(u64::from(stage.timeout_seconds)));
    merged.profile = args.profile.clone().or_else(|| stage.profile_name.clone());
    gateway(args, stage, &selection.name, &mut merged);
    merged.env = environment(args, stage, told, own_file)?;
    Ok(merged)
}

fn gateway(args: &LocalArgs, stage: &Stage, name: &str, merged: &mut LocalArgs) {
    let own = match stage.api {
        Api::Rest => Served::Rest,
        Api::Http => Served::Http,
        Api::FunctionUrl => Served::FunctionUrl,
    };
    let served = args.gateway.unwrap_or(own);
    merged.gateway = Some(served);
    // Another gateway than the deployed one has its own defaults.
    if matches!(served, Served::Rest | Served::Http) {
        merged.base_path = args.base_path.clone().or_else(|| stage.base_path.clone());
    }
    if served == Served::Rest {
        merged.stage = args.stage.clone().or_else(|| Some(name.to_owned()));
        if args.binary_media_type.is_empty() {
            merged.binary_media_type.clone_from(&stage.binary_media_types);
        }
    }
    if matches!(served, Served::Rest | Served::FunctionUrl) {
        merged.streaming = args.streaming || stage.streaming;
    }
}

/// The stage's variables below those of the flags. What only exists in the cloud is told by the env file.
fn environment(
    args: &LocalArgs,
    stage: &Stage,
    told: &BTreeMap<String, String>,
    own_file: &Path,
) -> Result<Vec<Pair>, Failure> {
    let mut unknown = Vec::new();
    let mut variables = Vec::new();
    for (variable, value) in &stage.environment {
        let is_told = told.contains_key(variable) || args.env.iter().any(|pair| pair.name == *variable);
        match value {
            _ if is_told => {}
            Variable::Text(text) => variables.push(Pair { name: variable.clone(), value: text.clone() }),
            Variable::Expression(_) => unknown.push(variable.as_str()),
        }
    }
    if !stage.rewrite_location {
        let off = zappa_rs_adapter::contract::OFF.to_owned();
        variables.push(Pair { name: variable::REWRITE_LOCATION.to_owned(), value: off });
    }
    if !unknown.is_empty() {
        let verb = if unknown.len() == 1 { "refers" } else { "refer" };
        let error = anyhow::anyhow!("{} {verb} to what exists only in the cloud", quote_list(unknown.iter().copied()));
        let file = args.env_file.as_deref().unwrap_or(own_file);
        let hint = format!("say what to use here in `{}`, one `NAME=VALUE` a line", file.display());
        return Err(Failure::usage(error, Some(hint)));
    }
    variables.extend(args.env.iter().cloned());
    Ok(variables)
}

fn failure(error: &Error) -> Failure {
    Failure::usage(anyhow::anyhow!("{error}"), error.hint())
}
