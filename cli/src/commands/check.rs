//! `zappa-rs check`: every fault of the settings at once, without network and credentials.

use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Arc};

use serde::Serialize;

use super::{Surroundings, artifact::missing_run_call, faults};
use crate::{
    args::{SharedArgs, StageArgs},
    build::{self, PathDependency, Target, lambda},
    package,
    progress::Progress as _,
    report::{Failure, Report},
    settings::{Builder, Chosen, Error, Key, Project, Settings, Shown},
};

#[derive(Serialize)]
struct Answer<'a> {
    faults: &'a [Shown],
    remarks: &'a [String],
}

/// Runs the command to its end.
pub(crate) async fn run(
    args: &StageArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let failed = |error: Error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    };
    let path = Settings::find(&around.directory, args.settings_file.as_deref()).map_err(failed)?;
    let directory = path.parent().unwrap_or(&around.directory);
    let programs = programs(&path, args.stage.as_deref(), around).await;
    let checked = Settings::examine(&path, &around.environment, args.stage.as_deref(), |chosen| {
        let mut found = faults::of_documents(chosen);
        let unfit = faults::of_included(chosen, directory, None);
        found.extend(unfit.iter().map(|error| (Key::Stage("include"), error.to_string())));
        found.extend(programs.get(&chosen.name).into_iter().flatten().cloned());
        found
    });
    let stages = match checked {
        Ok(stages) => stages,
        Err(error) => return Err(refused(error, &path, shared, report)),
    };
    if let [only] = stages.as_slice() {
        only.clone().only(&args.region).map_err(failed)?;
    }
    let mut remarks: Vec<String> = stages.iter().flat_map(|chosen| chosen.remarks.iter().cloned()).collect();
    let unfit = stages.iter().flat_map(|chosen| package::unfit(&chosen.first().include, directory, None));
    remarks.extend(unfit.map(|error| error.to_string()));
    remarks.extend(missing_run_call(directory));
    remarks.extend(folders_that_count(&stages, directory, around).await);
    remarks.sort();
    remarks.dedup();
    remarks.iter().for_each(|remark| report.warning(remark, None));
    if shared.json {
        report.document(&Answer { faults: &[], remarks: &remarks });
    }
    let noun = if stages.len() == 1 { "stage" } else { "stages" };
    report.step("Checked", &format!("{} {noun} of {}", stages.len(), path.display()));
    Ok(())
}

/// Reports the faults, each with its line.
fn refused(error: Error, path: &Path, shared: &SharedArgs, report: &Report) -> Failure {
    let hint = error.hint();
    let Error::Faults { .. } = error else { return Failure::usage(error, hint) };
    let faults = error.faults();
    if shared.json {
        report.document(&Answer { faults, remarks: &[] });
    } else {
        faults.iter().for_each(|fault| report.answer(&fault.to_string()));
    }
    let count = faults.len();
    let noun = if count == 1 { "fault" } else { "faults" };
    Failure::usage(anyhow::anyhow!("{count} {noun} in `{}`", path.display()), hint)
}

/// The faults in the choice of a program, its features and its profile, by the names of their stages. Cargo is asked first, so that they are told together
/// with all others.
async fn programs(path: &Path, stage: Option<&str>, around: &Surroundings) -> BTreeMap<String, Vec<(Key, String)>> {
    let directory = path.parent().unwrap_or(&around.directory);
    let stages = RefCell::new(Vec::new());
    // What is wrong beside it is told later.
    let _ = Settings::examine(path, &around.environment, stage, |chosen| {
        stages.borrow_mut().push(chosen.clone());
        Vec::new()
    });
    let mut found = BTreeMap::new();
    let mut known: Option<(Project, Result<Option<Target>, build::Error>)> = None;
    for chosen in stages.into_inner() {
        let program = match known.take().filter(|(project, _)| *project == chosen.project) {
            Some((_, program)) => program,
            None => faults::of_program(&chosen, directory, around).await,
        };
        let faults: Vec<(Key, String)> = match &program {
            Ok(Some(target)) => faults::of_cargo(&chosen, target, directory, around)
                .iter()
                .map(|(key, error)| (*key, sentence(error)))
                .collect(),
            Ok(None) => Vec::new(),
            Err(error) => error.setting().map(|setting| (Key::Project(setting), sentence(error))).into_iter().collect(),
        };
        known = Some((chosen.project, program));
        found.insert(chosen.name, faults);
    }
    found
}

/// The error with what gets further, as one sentence.
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

/// What keeps the zip from being the same in another folder.
async fn folders_that_count(stages: &[Chosen], directory: &Path, around: &Surroundings) -> Vec<String> {
    let cargo = around.cargo.in_directory(directory);
    let mut remarks = Vec::new();
    for chosen in stages.iter().filter(|chosen| chosen.first().builder != Builder::Command) {
        let Ok(target) = cargo.target(&package::choice(&chosen.project)).await else { continue };
        let stage = chosen.first();
        let features: Vec<String> = chosen.project.features.iter().chain(&stage.features).cloned().collect();
        let triple = lambda::bare_triple(stage.target.as_deref(), stage.architecture);
        let found = cargo.path_dependencies(&target, &features, triple).await;
        remarks.extend(found.iter().map(|PathDependency { name, folder }| {
            format!(
                "path dependency `{name}` lies outside of the workspace, in `{}`: the same source makes the same zip only where \
                 that folder is the same; inside of the workspace, or by `git`, it does anywhere",
                folder.display()
            )
        }));
    }
    remarks
}
