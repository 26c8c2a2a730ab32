//! `zappa-rs check`: every error of the settings at once, without network and credentials.

use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Arc};

use serde::Serialize;

use super::{Context, artifact::missing_run_call, faults, stage::settings_failure};
use crate::{
    args::{SharedArgs, StageArgs},
    build::{self, PathDependency, Target, lambda},
    package,
    progress::Progress as _,
    report::{Failure, Report},
    settings::{Builder, Diagnostic, Error, Key, Project, Settings, StageSelection},
};

#[derive(Serialize)]
struct Answer<'a> {
    faults: &'a [Diagnostic],
    warnings: &'a [String],
}

/// Settings without a fault.
pub(super) struct Examined {
    pub(super) stages: Vec<StageSelection>,
    pub(super) warnings: Vec<String>,
}

/// Runs `zappa-rs check`.
pub(crate) async fn run(
    args: &StageArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let path = Settings::find(&cx.directory, args.settings_file.as_deref()).map_err(settings_failure)?;
    let Examined { stages, warnings } = match examine(&path, args, cx).await {
        Ok(examined) => examined,
        Err(error) => return Err(refused(error, &path, shared, report)),
    };
    warnings.iter().for_each(|warning| report.warning(warning, None));
    if shared.json {
        report.document(&Answer { faults: &[], warnings: &warnings });
    }
    let noun = if stages.len() == 1 { "stage" } else { "stages" };
    report.step("Checked", &format!("{} {noun} of {}", stages.len(), path.display()));
    Ok(())
}

/// Checks the file: all stages, or the one that the flags name.
///
/// # Errors
/// Every fault of the settings, or a stage or region that they do not have.
pub(super) async fn examine(path: &Path, args: &StageArgs, cx: &Context) -> Result<Examined, Error> {
    let directory = path.parent().unwrap_or(&cx.directory);
    let programs = programs(path, args.stage.as_deref(), cx).await;
    let stages = Settings::examine(path, &cx.environment, args.stage.as_deref(), |selection| {
        let mut found = faults::of_templates(selection);
        let errors = faults::of_included(selection, directory, None);
        found.extend(errors.iter().map(|error| (Key::Stage("include"), error.to_string())));
        let hooks =
            faults::of_hooks(selection, directory, cx).into_iter().filter(|(_, fault)| !fault.is_not_there_yet());
        found.extend(hooks.map(|(hook, fault)| (Key::Hook(hook), fault.sentence(hook.word()))));
        found.extend(programs.get(&selection.name).into_iter().flatten().cloned());
        found
    })?;
    if let [only] = stages.as_slice() {
        only.clone().only(&args.region)?;
    }
    let warnings = warnings(&stages, directory, cx).await;
    Ok(Examined { stages, warnings })
}

/// What is no fault, sorted.
async fn warnings(stages: &[StageSelection], directory: &Path, cx: &Context) -> Vec<String> {
    let mut warnings: Vec<String> = stages.iter().flat_map(|selection| selection.warnings.iter().cloned()).collect();
    let errors =
        stages.iter().flat_map(|selection| package::check_include(&selection.primary().include, directory, None));
    warnings.extend(errors.map(|error| error.to_string()));
    // What is a fault was refused above.
    let hooks = stages.iter().flat_map(|selection| faults::of_hooks(selection, directory, cx));
    warnings.extend(hooks.map(|(hook, fault)| fault.sentence(hook.word())));
    warnings.extend(stages.iter().flat_map(faults::warnings_of_templates));
    warnings.extend(missing_run_call(directory));
    warnings.extend(folders_that_count(stages, directory, cx).await);
    warnings.sort();
    warnings.dedup();
    warnings
}

/// Reports the errors, each with its line.
fn refused(error: Error, path: &Path, shared: &SharedArgs, report: &Report) -> Failure {
    let hint = error.hint();
    let Error::Faults { .. } = error else { return Failure::usage(error, hint) };
    let faults = error.faults();
    if shared.json {
        report.document(&Answer { faults, warnings: &[] });
    } else {
        faults.iter().for_each(|fault| report.answer(&fault.to_string()));
    }
    let count = faults.len();
    let noun = if count == 1 { "fault" } else { "faults" };
    Failure::usage(anyhow::anyhow!("{count} {noun} in `{}`", path.display()), hint)
}

/// The errors in the choice of a program, its features and its profile, by the names of their stages. Cargo is asked first, so
/// that they are reported together with all others.
async fn programs(path: &Path, stage: Option<&str>, cx: &Context) -> BTreeMap<String, Vec<(Key, String)>> {
    let directory = path.parent().unwrap_or(&cx.directory);
    let stages = RefCell::new(Vec::new());
    // Other errors of the settings are reported later.
    let _ = Settings::examine(path, &cx.environment, stage, |selection| {
        stages.borrow_mut().push(selection.clone());
        Vec::new()
    });
    let mut found = BTreeMap::new();
    let mut known: Option<(Project, Result<Option<Target>, build::Error>)> = None;
    for selection in stages.into_inner() {
        let program = match known.take().filter(|(project, _)| *project == selection.project) {
            Some((_, program)) => program,
            None => faults::of_program(&selection, directory, cx).await,
        };
        let faults: Vec<(Key, String)> = match &program {
            Ok(Some(target)) => faults::of_cargo(&selection, target, directory, cx)
                .iter()
                .map(|(key, error)| (*key, sentence(error)))
                .collect(),
            Ok(None) => Vec::new(),
            Err(error) => error.setting().map(|setting| (Key::Project(setting), sentence(error))).into_iter().collect(),
        };
        known = Some((selection.project, program));
        found.insert(selection.name, faults);
    }
    found
}

/// The error with its hint, as one sentence.
fn sentence(error: &build::Error) -> String {
    match (error, error.hint()) {
        (build::Error::SeveralBinaries { known, .. }, _) => {
            let first = known.first().map_or("NAME", String::as_str);
            format!("{error}; choose one with `bin = \"{first}\"`, or set `default-run` in the package's `Cargo.toml`")
        }
        (_, Some(hint)) => format!("{error}; {hint}"),
        (_, None) => error.to_string(),
    }
}

/// Warnings about path dependencies that make the zip depend on the folder it is built in.
async fn folders_that_count(stages: &[StageSelection], directory: &Path, cx: &Context) -> Vec<String> {
    let cargo = cx.cargo.in_directory(directory);
    let mut warnings = Vec::new();
    for selection in stages.iter().filter(|selection| selection.primary().builder != Builder::Command) {
        let Ok(target) = cargo.target(&package::choice(&selection.project)).await else { continue };
        let stage = selection.primary();
        let features: Vec<String> = selection.project.features.iter().chain(&stage.features).cloned().collect();
        let triple = lambda::bare_triple(stage.target.as_deref(), stage.architecture);
        let found = cargo.path_dependencies(&target, &features, triple).await;
        warnings.extend(found.iter().map(|PathDependency { name, folder }| {
            format!(
                "path dependency `{name}` lies outside of the workspace, in `{}`: the same source makes the same zip only where \
                 that folder is the same; inside of the workspace, or by `git`, it does anywhere",
                folder.display()
            )
        }));
    }
    warnings
}
