//! Errors of a stage that its settings alone do not show: in its templates, in the files that it includes, in the choice of
//! its program. `check` names their lines; the commands that send or package the stage refuse them.

use std::path::Path;

use super::{
    Context,
    rendering::{NO_PACKAGE, render},
};
use crate::{
    build::{self, Target},
    hook,
    names::Identity,
    package,
    report::Failure,
    settings::{Builder, Hook, Key, StageSelection},
    template,
};

/// The errors that CloudFormation would report for the stage's templates, each with the setting that causes it.
pub(super) fn of_templates(selection: &StageSelection) -> Vec<(Key, String)> {
    let identity = identity(selection);
    let mut faults = Vec::new();
    for (region, stage) in &selection.stages {
        let template = render(selection, &identity, region, NO_PACKAGE);
        let bytes = template::serialize(&template).len();
        if bytes > template::MAX_BYTES {
            let sentence = format!(
                "the template of stage `{}` has {bytes} bytes, CloudFormation accepts {}; move some of `resources` to a stack of their own",
                selection.name,
                template::MAX_BYTES
            );
            faults.push((Key::Stage("resources"), sentence));
        }
        for (setting, sentence) in template::exceeded(&template) {
            faults.push((Key::Stage(setting), format!("stage `{}`: {sentence}", selection.name)));
        }
        for (setting, id) in template::dangling(&template, stage) {
            faults.push((
                Key::Stage(setting),
                format!("`{setting}` refers to `{id}`, which is not a resource of the stack"),
            ));
        }
        if let Some(circle) = template::circle(&template) {
            let sentence = format!("resources refer to each other in a circle: {}", circle.join(" → "));
            faults.push((Key::Stage(template::closing(&circle, stage)), sentence));
        }
    }
    faults
}

/// Custom resources that the function which handles them needs itself, so that CloudFormation would call an alias that is not
/// there, and more routes than the quota of an API.
pub(super) fn warnings_of_templates(selection: &StageSelection) -> Vec<String> {
    let identity = identity(selection);
    let warning = |(id, function): (String, String)| {
        format!(
            "stage `{}`: function `{function}` handles the custom resource `{id}` and refers to it, so CloudFormation creates \
             `{id}` before the alias that it has to call; a first deploy of both fails: let another of `functions` handle it, or \
             refer to it from nothing that the function needs",
            selection.name
        )
    };
    let of_region = |(region, stage): (&String, &_)| {
        let template = render(selection, &identity, region, NO_PACKAGE);
        let quota = template::above_quota(&template);
        let quota = quota.map(|sentence| format!("stage `{}`: {sentence}", selection.name));
        template::before_their_alias(stage, &template).into_iter().map(warning).chain(quota).collect::<Vec<_>>()
    };
    selection.stages.iter().flat_map(of_region).collect()
}

fn identity(selection: &StageSelection) -> Identity {
    Identity {
        project: selection.project.name.clone().unwrap_or_else(|| "project".to_owned()),
        stage: selection.name.clone(),
        function_name: selection.primary().function_name.clone(),
    }
}

/// Files of `include` that cannot be packaged. A missing one may still be created by the build.
pub(super) fn of_included(
    selection: &StageSelection,
    directory: &Path,
    target_directory: Option<&Path>,
) -> Vec<package::Error> {
    let mut errors = package::check_include(&selection.primary().include, directory, target_directory);
    errors.retain(|error| !error.is_not_there_yet());
    errors
}

/// A package, binary or example that the workspace does not have, or a choice that is ambiguous. A folder without a cargo
/// project is no error: a zip can come from elsewhere.
pub(super) async fn of_program(
    selection: &StageSelection,
    directory: &Path,
    cx: &Context,
) -> Result<Option<Target>, build::Error> {
    let cargo = cx.cargo.in_directory(directory);
    match cargo.target(&package::choice(&selection.project)).await {
        Ok(target) => Ok(Some(target)),
        Err(error) if error.setting().is_none() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Features and a profile that cargo does not have, with the setting that names them. A `build_command`
/// does not use them.
pub(super) fn of_cargo(
    selection: &StageSelection,
    target: &Target,
    directory: &Path,
    cx: &Context,
) -> Vec<(Key, build::Error)> {
    let (project, stage) = (&selection.project, selection.primary());
    if stage.builder == Builder::Command {
        return Vec::new();
    }
    let unknown = |key, features: &[String]| {
        let errors = target.unknown_features(features);
        errors.into_iter().map(move |error| (key, error))
    };
    let profile = cx.cargo.in_directory(directory).unknown_profile(&target.workspace_root, &stage.profile);
    unknown(Key::Project("features"), &project.features)
        .chain(unknown(Key::Stage("features"), &stage.features))
        .chain(profile.map(|error| (Key::Stage("profile"), error)))
        .collect()
}

/// Hooks whose program is not found, with the hook. The build may still make a program that is named by its path.
pub(super) fn of_hooks(selection: &StageSelection, directory: &Path, cx: &Context) -> Vec<(Hook, hook::Fault)> {
    let hooks = &selection.primary().hooks;
    let commands = Hook::ALL.into_iter().filter_map(|hook| Some((hook, hooks.command(hook)?)));
    commands.filter_map(|(hook, command)| Some((hook, hook::fault(command, directory, &cx.environment)?))).collect()
}

/// Refuses the stage, with every error at once. `is_given`: the package is the zip of `--zip`, so that the errors of a build and
/// of included files do not matter.
pub(super) async fn refuse(selection: &StageSelection, is_given: bool, cx: &Context) -> Result<(), Failure> {
    let directory = selection.path.parent().unwrap_or(&cx.directory);
    let mut sentences: Vec<String> = of_templates(selection).into_iter().map(|(_, sentence)| sentence).collect();
    let mut errors = Vec::new();
    let hooks = of_hooks(selection, directory, cx).into_iter();
    let hooks = hooks.filter(|(hook, fault)| !(fault.is_not_there_yet() || is_given && hook.is_of_build()));
    sentences.extend(hooks.map(|(hook, fault)| fault.sentence(hook.word())));
    if !is_given {
        let program = of_program(selection, directory, cx).await;
        let target_directory = program.as_ref().ok().and_then(Option::as_ref).map(|target| &*target.target_directory);
        errors.extend(of_included(selection, directory, target_directory));
        if let Ok(Some(target)) = &program {
            let unknown = of_cargo(selection, target, directory, cx);
            errors.extend(unknown.into_iter().map(|(_, error)| package::Error::from(error)));
        }
        errors.extend(program.err().map(package::Error::from));
    }
    let is_alone = errors.len() == 1;
    // A single error has its own hint.
    if sentences.is_empty()
        && let Some(error) = errors.pop_if(|_| is_alone)
    {
        let hint = error.hint();
        return Err(Failure::usage(error, hint));
    }
    sentences.extend(errors.iter().map(ToString::to_string));
    match sentences.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::usage(anyhow::anyhow!("{one}"), Some("`zappa-rs check` names the line".to_owned()))),
        several => {
            let error = anyhow::anyhow!("{} errors in the settings", several.len());
            let failure = Failure::usage(error, Some("`zappa-rs check` names their lines".to_owned()));
            Err(failure.with_facts(sentences))
        }
    }
}
