//! `zappa-rs check`: every fault of the settings at once, without network and credentials.

use std::sync::Arc;

use serde::Serialize;

use super::{Surroundings, template};
use crate::{
    args::{SharedArgs, StageArgs},
    build::calls_run_beside,
    package,
    progress::Progress as _,
    report::{Failure, Report},
    settings::{Error, Settings, Shown},
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
        Err(error @ Error::Faults { .. }) => {
            let faults = error.faults();
            if shared.json {
                report.document(&Answer { faults, remarks: &[] });
            } else {
                faults.iter().for_each(|fault| report.answer(&fault.to_string()));
            }
            let count = faults.len();
            let noun = if count == 1 { "fault" } else { "faults" };
            return Err(Failure::usage(anyhow::anyhow!("{count} {noun} in `{}`", path.display()), error.hint()));
        }
        Err(error) => return Err(failed(error)),
    };
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

/// A program beside the settings that never calls `zappa_rs::run` would wait for requests that Lambda does not send.
pub(super) fn unrun(directory: &std::path::Path) -> Option<String> {
    let main = directory.join("src").join("main.rs");
    let is_there = directory.join("Cargo.toml").is_file() && main.is_file();
    (is_there && !calls_run_beside(&main))
        .then(|| format!("`{}` does not call `zappa_rs::run`: on Lambda it would answer nothing", main.display()))
}
