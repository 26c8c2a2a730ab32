//! The stage of a command: resolves settings and flags to names and regions.

use std::path::Path;

use super::{Context, faults};
use crate::{
    args::StageArgs,
    build,
    names::{Identity, project_of_package},
    package,
    report::Failure,
    settings::{NAME_LIMIT, Project, Settings, Stage, StageSelection, is_name},
};

/// `--profile none`: no profile, although the settings name one.
const NO_PROFILE: &str = "none";

/// A stage of the settings, narrowed to the regions that the flags ask for.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) selection: StageSelection,
    pub(crate) identity: Identity,
    /// The flags that a suggested command has to repeat.
    pub(crate) flags: String,
}

/// Reads the settings, refuses what `check` refuses, and derives the names. `is_given`: the artifact is the zip of `--zip`,
/// and nothing is built.
pub(crate) async fn open(args: &StageArgs, is_given: bool, cx: &Context) -> Result<Resolved, Failure> {
    let selection = settings(args, cx)?.choose(args.stage.as_deref()).map_err(settings_failure)?;
    open_selection(selection, args, is_given, cx).await
}

/// The same for a command that needs no values of API keys.
pub(crate) async fn open_without_keys(args: &StageArgs, is_given: bool, cx: &Context) -> Result<Resolved, Failure> {
    let selection = settings(args, cx)?.choose_without_keys(args.stage.as_deref()).map_err(settings_failure)?;
    open_selection(selection, args, is_given, cx).await
}

async fn open_selection(
    selection: StageSelection,
    args: &StageArgs,
    is_given: bool,
    cx: &Context,
) -> Result<Resolved, Failure> {
    let selection = selection.only(&args.region).map_err(settings_failure)?;
    faults::refuse(&selection, is_given, cx).await?;
    identify(selection, args, is_given, cx).await
}

/// The same for a command that does not send the stage's environment and so resolves no `${VARIABLE}` in it.
pub(crate) async fn resolve_for_inspection(args: &StageArgs, cx: &Context) -> Result<Resolved, Failure> {
    let settings = settings(args, cx)?;
    resolve_regions(settings.select_for_inspection(args.stage.as_deref()).map_err(settings_failure)?, args, cx).await
}

/// The same for a policy, which a pattern of stages can have too.
pub(crate) async fn resolve_for_policy(args: &StageArgs, cx: &Context) -> Result<Resolved, Failure> {
    let settings = settings(args, cx)?;
    resolve_regions(settings.select_for_policy(args.stage.as_deref()).map_err(settings_failure)?, args, cx).await
}

/// The same for a command that removes the stage: also from regions that the settings no longer name, which it returns and
/// which have to be inspected before anything is changed there.
pub(crate) async fn open_removal(args: &StageArgs, cx: &Context) -> Result<(Resolved, Vec<String>), Failure> {
    let settings = settings(args, cx)?;
    let mut selection = settings.select_for_inspection(args.stage.as_deref()).map_err(settings_failure)?;
    let is_departed = |region: &&String| !selection.regions.contains(region);
    let departed: Vec<String> = args.region.iter().filter(is_departed).cloned().collect();
    for region in &departed {
        let stage = settings.in_other_region(&selection.name, region).unwrap_or_else(|| selection.primary().clone());
        selection.stages.insert(region.clone(), stage);
    }
    for region in &departed {
        if !selection.regions.contains(region) {
            selection.regions.push(region.clone());
        }
    }
    Ok((resolve_regions(selection, args, cx).await?, departed))
}

/// The settings, found and read.
pub(super) fn settings(args: &StageArgs, cx: &Context) -> Result<Settings, Failure> {
    let path = Settings::find(&cx.directory, args.settings_file.as_deref()).map_err(settings_failure)?;
    Settings::load(&path, &cx.environment).map_err(settings_failure)
}

async fn resolve_regions(selection: StageSelection, args: &StageArgs, cx: &Context) -> Result<Resolved, Failure> {
    let selection = selection.only(&args.region).map_err(settings_failure)?;
    identify(selection, args, false, cx).await
}

async fn identify(
    selection: StageSelection,
    args: &StageArgs,
    is_given: bool,
    cx: &Context,
) -> Result<Resolved, Failure> {
    let identity = Identity {
        project: project(&selection.project, &selection.path, is_given, cx).await?,
        stage: selection.name.clone(),
        function_name: selection.primary().function_name.clone(),
    };
    check_stack_name(&identity)?;
    check_function_names(&identity, selection.primary())?;
    Ok(Resolved { selection, identity, flags: args.repeated() })
}

/// The profile that the flag names, or else the settings.
pub(crate) fn profile(flag: Option<&str>, settings: Option<&str>) -> Option<String> {
    flag.map_or(settings, |name| (name != NO_PROFILE).then_some(name)).map(str::to_owned)
}

/// The project's name, or else the name of the target that is built or, with `--zip`, would be.
pub(super) async fn project(
    project: &Project,
    settings: &Path,
    is_given: bool,
    cx: &Context,
) -> Result<String, Failure> {
    if let Some(name) = &project.name {
        return Ok(name.clone());
    }
    let cargo = cx.cargo.in_directory(settings.parent().unwrap_or(&cx.directory));
    let error = match (cargo.target(&package::choice(project)).await, project.bin.as_ref().or(project.example.as_ref()))
    {
        (Ok(target), _) => return Ok(project_of_package(&target.name)),
        // The zip need not exist.
        (Err(_), Some(name)) if is_given => return Ok(project_of_package(name)),
        (Err(error), _) => error,
    };
    // With `--zip` no cargo project is needed, but a name is.
    let needs_name = is_given || matches!(error, build::Error::NoProject { .. });
    let error = package::Error::from(error);
    let hint = error.hint();
    let failure = if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) };
    Err(if needs_name {
        failure.with_hint(format!("or name the project: `[project]` `name = \"...\"` in `{}`", settings.display()))
    } else {
        failure
    })
}

/// Checks a stack name derived from the package's name, which the check of the settings did not know.
fn check_stack_name(identity: &Identity) -> Result<(), Failure> {
    let name = identity.stack();
    if is_name(&identity.project) && name.len() <= NAME_LIMIT {
        return Ok(());
    }
    let error = anyhow::anyhow!(
        "the package's name makes the stack `{name}`, which AWS does not take: letters, digits and `-`, a letter first, and \
         {NAME_LIMIT} of them at most"
    );
    Err(Failure::usage(error, Some("name the project: `[project]` `name = \"...\"`".to_owned())))
}

/// The same for the names of further functions.
fn check_function_names(identity: &Identity, stage: &Stage) -> Result<(), Failure> {
    let names = stage.functions.iter().map(|function| identity.function(Some(&function.name)));
    let Some(long) = names.into_iter().find(|name| name.len() > NAME_LIMIT) else { return Ok(()) };
    let error = anyhow::anyhow!("the function name `{long}` has {} characters; the limit is {NAME_LIMIT}", long.len());
    Err(Failure::usage(error, Some("shorten its `name`, or name the project: `[project]` `name = \"...\"`".to_owned())))
}

pub(super) fn settings_failure(error: crate::settings::Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
