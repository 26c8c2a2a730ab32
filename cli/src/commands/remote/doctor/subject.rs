//! What is examined: a stage of the settings, or what needs none.

use super::{Context, check, hint, late, sentence, stage};
use crate::{
    args::StageArgs,
    doctor::Finding,
    report::Failure,
    settings::{Error, Settings},
};

const NAME: &str = "settings";

/// The settings as they were found, and the stage.
pub(super) struct Subject {
    pub(super) finding: Finding,
    /// The stage, or why there is none.
    pub(super) stage: Result<stage::Resolved, String>,
}

impl Subject {
    /// Finds and checks the settings, as `check` does.
    ///
    /// # Errors
    /// The flags name a stage or a region that the settings do not have.
    pub(super) async fn find(args: &StageArgs, cx: &Context) -> Result<Self, Failure> {
        let without = |finding, reason: &str| Ok(Self { finding, stage: Err(reason.to_owned()) });
        let path = match Settings::find(&cx.directory, args.settings_file.as_deref()) {
            Ok(path) => path,
            Err(error) if args.stage.is_some() => return Err(stage::settings_failure(error)),
            Err(error) => {
                let remedy = error.hint().unwrap_or_default();
                return without(Finding::warning(NAME, error.to_string(), remedy), "there is no settings file");
            }
        };
        let examined = match check::examine(&path, args, cx).await {
            Ok(examined) => examined,
            Err(error) if error.is_of_flags() => {
                return Err(stage::settings_failure(error));
            }
            Err(error) => return without(faulty(error, &path.display().to_string()), "the settings have faults"),
        };
        let count = examined.stages.len();
        let noun = if count == 1 { "stage" } else { "stages" };
        let shown = format!("{count} {noun} of `{}`", path.display());
        let finding = match examined.warnings.len() {
            0 => Finding::ok(NAME, shown),
            1 => Finding::warning(NAME, format!("{shown}, one warning"), "`zappa-rs check` prints it"),
            count => Finding::warning(NAME, format!("{shown}, {count} warnings"), "`zappa-rs check` prints them"),
        };
        let named = examined.stages.iter().filter(|stage| stage.pattern.is_none()).count();
        if args.stage.is_none() && named > 1 {
            return without(finding, "the settings define several stages, and none is named");
        }
        match stage::resolve_for_inspection(args, cx).await {
            Ok(resolved) => Ok(Self { finding, stage: Ok(resolved) }),
            Err(failure) => {
                without(Finding::failed(NAME, sentence(&failure), hint(&failure)), "the stage cannot be resolved")
            }
        }
    }

    /// Settings whose check took too long, as where cargo waits for a lock.
    pub(super) fn late() -> Self {
        Self { finding: late(NAME), stage: Err("the settings are not checked".to_owned()) }
    }

    /// The profile that the settings name.
    pub(super) fn profile(&self) -> Option<&str> {
        self.stage.as_ref().ok()?.selection.primary().profile_name.as_deref()
    }

    /// The regions to ask: the stage's, those of the flags, or the default region.
    pub(super) fn regions(&self, args: &StageArgs, cx: &Context) -> Vec<String> {
        match &self.stage {
            Ok(resolved) => resolved.selection.regions.clone(),
            Err(_) if args.region.is_empty() => vec![cx.region.clone()],
            Err(_) => args.region.clone(),
        }
    }
}

/// Settings that no command takes.
fn faulty(error: Error, path: &str) -> Finding {
    match error.faults().len() {
        0 => {
            let failure = stage::settings_failure(error);
            Finding::failed(NAME, sentence(&failure), hint(&failure))
        }
        1 => Finding::failed(NAME, format!("one fault in `{path}`"), "`zappa-rs check` names its line"),
        count => Finding::failed(NAME, format!("{count} faults in `{path}`"), "`zappa-rs check` names their lines"),
    }
}
