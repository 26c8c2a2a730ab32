//! What every command about a stage begins with: the settings, the names, AWS.

use std::{path::Path, sync::Arc};

use super::{Surroundings, failure, faults};
use crate::{
    args::StageArgs,
    aws::{self, Access, Aws, Notices},
    build,
    names::{Identity, project_of_package},
    package,
    progress::Progress,
    report::{Failure, Report},
    settings::{Chosen, NAME_LIMIT, Project, Settings, is_name},
};

/// `--profile none`: no profile, although the settings name one.
const NO_PROFILE: &str = "none";

/// A stage of the settings, narrowed to the regions that the flags ask for.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) chosen: Chosen,
    pub(crate) identity: Identity,
}

/// Reads the settings, refuses what `check` refuses, and finds the names. `is_given`: what is deployed is a zip of the
/// user's own, and nothing is built.
pub(crate) async fn open(args: &StageArgs, is_given: bool, around: &Surroundings) -> Result<Opened, Failure> {
    let settings = settings(args, around)?;
    let chosen = settings.choose(args.stage.as_deref()).map_err(settings_failure)?;
    let chosen = chosen.only(&args.region).map_err(settings_failure)?;
    faults::refuse(&chosen, is_given, around).await?;
    identified(chosen, is_given, around).await
}

/// The same for a command that sends nothing of the stage's environment, and needs none of the variables in it.
pub(crate) async fn open_standing(args: &StageArgs, around: &Surroundings) -> Result<Opened, Failure> {
    let settings = settings(args, around)?;
    named(settings.choose_standing(args.stage.as_deref()).map_err(settings_failure)?, args, around).await
}

/// The same for a command that removes the stage: also from regions that the settings no longer name, which it returns and
/// which are to be looked at before anything is done there.
pub(crate) async fn open_removal(args: &StageArgs, around: &Surroundings) -> Result<(Opened, Vec<String>), Failure> {
    let settings = settings(args, around)?;
    let mut chosen = settings.choose_standing(args.stage.as_deref()).map_err(settings_failure)?;
    let is_departed = |region: &&String| !chosen.regions.contains(region);
    let departed: Vec<String> = args.region.iter().filter(is_departed).cloned().collect();
    for region in &departed {
        let stage = settings.in_other_region(&chosen.name, region).unwrap_or_else(|| chosen.first().clone());
        chosen.stages.insert(region.clone(), stage);
    }
    for region in &departed {
        if !chosen.regions.contains(region) {
            chosen.regions.push(region.clone());
        }
    }
    Ok((named(chosen, args, around).await?, departed))
}

fn settings(args: &StageArgs, around: &Surroundings) -> Result<Settings, Failure> {
    let path = Settings::find(&around.directory, args.settings_file.as_deref()).map_err(settings_failure)?;
    Settings::load(&path, &around.environment).map_err(settings_failure)
}

async fn named(chosen: Chosen, args: &StageArgs, around: &Surroundings) -> Result<Opened, Failure> {
    let chosen = chosen.only(&args.region).map_err(settings_failure)?;
    identified(chosen, false, around).await
}

async fn identified(chosen: Chosen, is_given: bool, around: &Surroundings) -> Result<Opened, Failure> {
    let identity = Identity {
        project: project(&chosen.project, &chosen.path, is_given, around).await?,
        stage: chosen.name.clone(),
        function_name: chosen.first().function_name.clone(),
    };
    fitting(&identity)?;
    Ok(Opened { chosen, identity })
}

impl Opened {
    /// The AWS of the stage's profile; the code of a device that its role asks for is asked for here.
    pub(crate) async fn aws(
        &self,
        args: &StageArgs,
        around: &Surroundings,
        report: &Arc<Report>,
    ) -> Result<Aws, Failure> {
        let profile = profile(args.profile.as_deref(), self.chosen.first().profile_name.as_deref());
        let endpoint_url = args.endpoint_url.clone();
        let notices = Notices::new(Arc::clone(report) as Arc<dyn Progress>);
        let access = Access { profile, endpoint_url, environment: around.environment.clone(), notices };
        let failed = |error: aws::Error| failure::failure(&error.into());
        let aws = Aws::new(&access).await.map_err(failed)?;
        let Some(device) = aws.device().cloned() else { return Ok(aws) };
        let code = report.ask_code(&device.profile, &device.serial).await?;
        aws.with_code(&device, &code).await.map_err(failed)
    }

    /// The width that region names take in front of lines; none where there is only one.
    pub(crate) fn width(&self) -> usize {
        let regions = &self.chosen.regions;
        if regions.len() == 1 { 0 } else { regions.iter().map(String::len).max().unwrap_or_default() }
    }
}

/// The profile that the flag names, or else the settings.
pub(crate) fn profile(flag: Option<&str>, settings: Option<&str>) -> Option<String> {
    flag.map_or(settings, |name| (name != NO_PROFILE).then_some(name)).map(str::to_owned)
}

/// The project's name, or the name of what is built; with a zip of the user's own, of what would be built.
async fn project(project: &Project, settings: &Path, is_given: bool, around: &Surroundings) -> Result<String, Failure> {
    if let Some(name) = &project.name {
        return Ok(name.clone());
    }
    let cargo = around.cargo.in_directory(settings.parent().unwrap_or(&around.directory));
    let error = match (cargo.target(&package::choice(project)).await, project.bin.as_ref().or(project.example.as_ref()))
    {
        (Ok(target), _) => return Ok(project_of_package(&target.name)),
        // It need not be there.
        (Err(_), Some(name)) if is_given => return Ok(project_of_package(name)),
        (Err(error), _) => error,
    };
    // A zip of the user's own needs no project, but a name.
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

/// A name that comes from the package was not seen when the settings were checked.
fn fitting(identity: &Identity) -> Result<(), Failure> {
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

pub(super) fn settings_failure(error: crate::settings::Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}
