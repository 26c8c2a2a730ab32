//! `zappa-rs check`: every fault of the settings at once, without network and credentials.

use std::{path::Path, sync::Arc};

use serde::Serialize;

use super::{Surroundings, template};
use crate::{
    args::{SharedArgs, StageArgs},
    build::{self, calls_run_beside},
    package,
    progress::Progress as _,
    report::{Failure, Report},
    settings::{Chosen, Error, Settings, Shown},
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
    let checked = Settings::examine(&path, &around.environment, args.stage.as_deref(), |chosen| {
        let mut faults = template::faults(chosen);
        let unfit = package::unfit(&chosen.first().include, directory).filter(|error| !error.is_not_there_yet());
        faults.extend(unfit.map(|error| ("include", error.to_string())));
        faults
    });
    let stages = match checked {
        Ok(stages) => stages,
        Err(error) => return Err(refused(error, &path, shared, report)),
    };
    if let Some(error) = unknown_target(&stages, &path, around).await.map_err(failed)? {
        return Err(refused(error, &path, shared, report));
    }
    if let [only] = stages.as_slice() {
        only.clone().only(&args.region).map_err(failed)?;
    }
    let mut remarks: Vec<String> = stages.iter().flat_map(|chosen| chosen.remarks.iter().cloned()).collect();
    let unfit = stages.iter().filter_map(|chosen| package::unfit(&chosen.first().include, directory));
    remarks.extend(unfit.map(|error| error.to_string()));
    remarks.extend(unrun(directory));
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

/// A package, binary or example that the workspace does not have, or a choice that is ambiguous. A folder without a cargo
/// project is no fault: a zip can come from elsewhere.
async fn unknown_target(stages: &[Chosen], path: &Path, around: &Surroundings) -> Result<Option<Error>, Error> {
    let directory = path.parent().unwrap_or(&around.directory);
    let Some(stage) = stages.first() else { return Ok(None) };
    let cargo = around.cargo.in_directory(directory);
    let Err(error) = cargo.target(&package::choice(&stage.project)).await else { return Ok(None) };
    let Some(setting) = error.setting() else { return Ok(None) };
    let sentence = match (&error, error.hint()) {
        (build::Error::SeveralBinaries { known, .. }, _) => {
            let first = known.first().map_or("NAME", String::as_str);
            format!("{error}; choose one with `bin = \"{first}\"`, or set `default-run` in the package's `Cargo.toml`")
        }
        (_, Some(hint)) => format!("{error}; {hint}"),
        (_, None) => error.to_string(),
    };
    Settings::fault_of_project(path, &around.environment, setting, sentence).map(Some)
}

/// A program beside the settings that never calls `zappa_rs::run` would wait for requests that Lambda does not send.
pub(super) fn unrun(directory: &Path) -> Option<String> {
    let main = directory.join("src").join("main.rs");
    let is_there = directory.join("Cargo.toml").is_file() && main.is_file();
    (is_there && !calls_run_beside(&main))
        .then(|| format!("`{}` does not call `zappa_rs::run`: on Lambda it would answer nothing", main.display()))
}
