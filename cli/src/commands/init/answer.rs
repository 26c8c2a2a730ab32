//! The questions of `init`, each with a default and a flag that answers it.

use std::sync::Arc;

use super::{
    super::Context,
    profile::{self, Profiles},
};
use crate::{
    args::{ApiChoice, ArchitectureChoice, InitArgs},
    build::{LambdaPlan, Plan, Program, lambda::Tools},
    names::project_of_package,
    regions,
    report::{Failure, Report},
    settings::{Api, Architecture, Builder, stage_name_fault},
};

/// The default stage.
const STAGE: &str = "dev";
/// The default region, where neither flags nor the AWS configuration name one.
const REGION: &str = "us-east-1";

/// The answers that the file is written from.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) project: String,
    pub(super) stage: String,
    pub(super) regions: Vec<String>,
    pub(super) profile: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) api: Api,
    pub(super) architecture: Architecture,
    /// The reason for this default, as a comment of the file.
    pub(super) reason: String,
    /// What this machine lacks to build for it.
    pub(super) missing: Option<Missing>,
}

/// A sentence and its hint.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) sentence: String,
    pub(super) hint: Option<String>,
}

impl Answers {
    /// Asks through `report` for what no flag answers; without `report`, the defaults apply.
    pub(super) async fn gather(
        args: &InitArgs,
        program: &Program,
        cx: &Context,
        report: Option<&Arc<Report>>,
    ) -> Result<Self, Failure> {
        // Before the first question; without questions it is reported with all other errors.
        if report.is_some()
            && let Some(sentence) = args.stage.as_deref().and_then(stage_name_fault)
        {
            return Err(Failure::usage(anyhow::anyhow!(sentence), Some("such as `--stage dev`".to_owned())));
        }
        let project = args.name.clone().unwrap_or_else(|| project_of_package(&program.target.name));
        let (architecture, reason, missing) = architecture(args, program, cx).await;
        let stage = asked(args.stage.clone(), report, STAGE, async |report, default| {
            let help = "such as dev or prod; more can be added later";
            report.ask_text("Name of the first stage?", default, help, stage_name_fault).await
        })
        .await?;
        let profiles = profile::profiles(&cx.environment);
        let profile = match (&args.profile, report) {
            (Some(profile), _) => Some(profile.clone()),
            (None, Some(report)) => ask_profile(report, &profiles).await?,
            (None, None) => None,
        };
        let regions = if args.region.is_empty() {
            let default = default_region(cx, &profiles, profile.as_deref());
            let text = asked(None, report, &default, async |report, default| {
                let help = "one, or several joined by commas: each gets the whole app";
                report.ask_text("Which region?", default, help, regions_fault).await
            })
            .await?;
            names(&text)
        } else {
            args.region.clone()
        };
        let api = match (args.api, report) {
            (Some(choice), _) => choice.into(),
            (None, Some(report)) => ask_api(report, &regions).await?,
            (None, None) => Api::default(),
        };
        let bucket = asked(args.bucket.clone(), report, "", async |report, default| {
            let help = "leave it empty, and `deploy` makes one per account and region";
            report.ask_text("A bucket of your own for the artifacts?", default, help, |_| None).await
        })
        .await?;
        let bucket = Some(bucket.trim().to_owned()).filter(|bucket| !bucket.is_empty());
        Ok(Self { project, stage, regions, profile, bucket, api, architecture, reason, missing })
    }
}

async fn asked(
    flag: Option<String>,
    report: Option<&Arc<Report>>,
    default: &str,
    ask: impl AsyncFnOnce(&Report, &str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    match (flag, report) {
        (Some(flag), _) => Ok(flag),
        (None, Some(report)) => ask(report, default).await,
        (None, None) => Ok(default.to_owned()),
    }
}

async fn ask_profile(report: &Report, profiles: &Profiles) -> Result<Option<String>, Failure> {
    if profiles.keys().all(|name| name == "default") {
        return Ok(None);
    }
    let none = "none: the credentials of your environment".to_owned();
    let options: Vec<String> = std::iter::once(none).chain(profiles.keys().cloned()).collect();
    let selection = report.ask_choice("Which AWS profile?", options, 0).await?;
    Ok(selection.checked_sub(1).and_then(|index| profiles.keys().nth(index).cloned()))
}

async fn ask_api(report: &Report, regions: &[String]) -> Result<Api, Failure> {
    let has_urls = regions.iter().all(|name| regions::facts(name).is_none_or(|facts| facts.has_function_urls));
    let apis: Vec<Api> = [Api::Rest, Api::Http, Api::FunctionUrl]
        .into_iter()
        .filter(|api| has_urls || *api != Api::FunctionUrl)
        .collect();
    let options = apis.iter().map(|api| format!("{:12} {}", api.word(), api.meaning())).collect();
    Ok(apis[report.ask_choice("Which front end?", options, 0).await?])
}

fn default_region(cx: &Context, profiles: &Profiles, profile: Option<&str>) -> String {
    let variable = |name: &str| {
        let value = cx.environment.get(std::ffi::OsStr::new(name))?.to_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let of_profile = |name: &str| profiles.get(name).cloned().flatten();
    profile
        .and_then(of_profile)
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .or_else(|| of_profile(&variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned())))
        .unwrap_or_else(|| REGION.to_owned())
}

fn names(text: &str) -> Vec<String> {
    text.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn regions_fault(text: &str) -> Option<String> {
    let names = names(text);
    if names.is_empty() {
        return Some("at least one".to_owned());
    }
    // As in `check`: an unknown region is accepted unless it looks like a typo.
    let wrong = names.iter().find(|name| !regions::is_plausible(name))?;
    let meant = regions::nearest(wrong).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    Some(format!("`{wrong}` is not an AWS region{meant}"))
}

/// The architecture that the flag names, or the first that this machine can build for.
async fn architecture(args: &InitArgs, program: &Program, cx: &Context) -> (Architecture, String, Option<Missing>) {
    let tools = Tools::find(&cx.cargo, Builder::Auto).await;
    let error = |architecture| {
        let plan = Plan { target: program.target.clone(), profile: "release".to_owned(), features: Vec::new() };
        LambdaPlan::new(plan, Builder::Auto, architecture, None, &tools).err()
    };
    let missing = |error: crate::build::Error| Missing {
        hint: error.hint(),
        sentence: format!("{error}, so nothing can be built yet"),
    };
    match args.architecture {
        Some(choice) => (choice.into(), String::new(), error(choice.into()).map(missing)),
        None => match (error(Architecture::Arm64), error(Architecture::X86_64)) {
            (None, _) => (Architecture::Arm64, "Graviton: a fifth cheaper for the same memory".to_owned(), None),
            (Some(error), None) => {
                let hint = error.hint().map(|hint| hint.split(';').next().unwrap_or_default().to_owned());
                let remedy = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                let reason = format!("\"arm64\" is a fifth cheaper, but {error}{remedy}");
                (Architecture::X86_64, reason, None)
            }
            (Some(error), Some(_)) => (Architecture::Arm64, String::new(), Some(missing(error))),
        },
    }
}

impl From<ApiChoice> for Api {
    fn from(choice: ApiChoice) -> Self {
        match choice {
            ApiChoice::Rest => Self::Rest,
            ApiChoice::Http => Self::Http,
            ApiChoice::FunctionUrl => Self::FunctionUrl,
        }
    }
}

impl From<ArchitectureChoice> for Architecture {
    fn from(choice: ArchitectureChoice) -> Self {
        match choice {
            ArchitectureChoice::Arm64 => Self::Arm64,
            ArchitectureChoice::X86_64 => Self::X86_64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_named_with_commas_and_checked_at_once() {
        assert_eq!(names("eu-west-1, us-east-1"), ["eu-west-1", "us-east-1"]);
        assert_eq!(regions_fault("eu-west-1,us-east-1"), None);
        assert_eq!(
            regions_fault("eu-wst-1"),
            Some("`eu-wst-1` is not an AWS region; did you mean `eu-west-1`?".to_owned())
        );
        assert_eq!(regions_fault(" "), Some("at least one".to_owned()));
    }
}
