//! The settings file below the flags: what a deploy takes from it, `local` takes too, and a flag that is given wins.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use zappa_rs_adapter::contract::variable;

use super::source::Deployed;
use crate::{
    args::{LocalArgs, Pair, Served},
    commands::Surroundings,
    local::description::Function,
    names::Identity,
    progress::Progress,
    report::Failure,
    settings::{Api, Chosen, Error, Settings, Stage, Variable},
    suggestion::listed,
};

/// The names of a stage of the settings, and how it is built.
#[derive(Debug)]
pub(super) struct Named {
    project: Option<String>,
    stage: String,
    function_name: Option<String>,
    ephemeral_storage_mb: u32,
    pub(super) deployed: Deployed,
}

impl Named {
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

/// The flags with the settings below them; unchanged where there is no settings file.
pub(super) fn laid_under(
    args: &LocalArgs,
    around: &Surroundings,
    progress: &dyn Progress,
) -> Result<(LocalArgs, Option<Named>), Failure> {
    let path = match Settings::find(&around.directory, args.settings_file.as_deref()) {
        Ok(path) => path,
        Err(Error::NoFile { .. }) if args.settings_stage.is_none() => return Ok((args.clone(), None)),
        Err(error) => return Err(failure(&error)),
    };
    let mut environment = around.environment.clone();
    // Where the app is served here, the region is only a name in its events.
    environment.entry("AWS_REGION".into()).or_insert_with(|| around.region.clone().into());
    let chosen = Settings::load(&path, &environment)
        .and_then(|settings| settings.choose(args.settings_stage.as_deref()))
        .map_err(|error| failure(&error))?;
    progress.detail(&format!("stage `{}` of {}", chosen.name, path.display()));
    let named = Named {
        project: chosen.project.name.clone(),
        stage: chosen.name.clone(),
        function_name: chosen.first().function_name.clone(),
        ephemeral_storage_mb: chosen.first().ephemeral_storage,
        deployed: Deployed {
            builder: chosen.first().builder,
            architecture: chosen.first().architecture,
            target: chosen.first().target.clone(),
        },
    };
    let directory = path.parent().unwrap_or(&around.directory);
    Ok((merged(args, &chosen, directory)?, Some(named)))
}

fn merged(args: &LocalArgs, chosen: &Chosen, directory: &Path) -> Result<LocalArgs, Failure> {
    let (project, stage) = (&chosen.project, chosen.first());
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
    gateway(args, stage, &chosen.name, &mut merged);
    environment(args, stage, &chosen.name, directory, &mut merged)?;
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

/// The stage's variables below those of the flags. What only exists in the cloud is told by `.env.<stage>`.
fn environment(
    args: &LocalArgs,
    stage: &Stage,
    name: &str,
    directory: &Path,
    merged: &mut LocalArgs,
) -> Result<(), Failure> {
    let file = directory.join(format!(".env.{name}"));
    if args.env_file.is_none() && file.is_file() {
        merged.env_file = Some(file.clone());
    }
    let told = told(merged.env_file.as_ref());
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
        let error = anyhow::anyhow!("{} {verb} to what exists only in the cloud", listed(unknown.iter().copied()));
        let hint = format!("say what to use here in `{}`, one `NAME=VALUE` a line", file.display());
        return Err(Failure::usage(error, Some(hint)));
    }
    variables.extend(args.env.iter().cloned());
    merged.env = variables;
    Ok(())
}

fn told(file: Option<&PathBuf>) -> BTreeMap<String, String> {
    let Some(pairs) = file.and_then(|file| dotenvy::from_path_iter(file).ok()) else { return BTreeMap::new() };
    pairs.filter_map(Result::ok).collect()
}

fn failure(error: &Error) -> Failure {
    Failure::usage(anyhow::anyhow!("{error}"), error.hint())
}
