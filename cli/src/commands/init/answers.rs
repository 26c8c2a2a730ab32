//! The questions of `init`: each has a flag that answers it and a default.

use inquire::{InquireError, Select, Text, validator::Validation};

use crate::{
    args::{InitArgs, InitGateway},
    build::Entry,
    regions,
    report::Failure,
    settings::{self, Api},
    suggestion::{listed, nearest},
};

/// The first stage where nothing else is said.
const STAGE: &str = "dev";

/// What was answered.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) stage: String,
    pub(super) regions: Vec<String>,
    pub(super) profile: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) api: Api,
}

impl Answers {
    /// Takes the flags, asks for the rest if somebody can be asked.
    pub(super) fn new(args: &InitArgs, region: &str, asks: bool) -> Result<Self, Failure> {
        let stage = match &args.stage {
            Some(stage) => stage.clone(),
            None if asks => text("Stage", STAGE, |text| {
                if settings::is_name(text) { Ok(()) } else { Err("letters, digits and `-`, a letter first".to_owned()) }
            })?,
            None => STAGE.to_owned(),
        };
        if !settings::is_name(&stage) {
            let error = anyhow::anyhow!("a stage cannot be named `{stage}`");
            return Err(Failure::usage(error, Some("letters, digits and `-`, a letter first".to_owned())));
        }
        let regions = if args.region.is_empty() && asks {
            let answer = text("Region, or several joined by commas", region, |text| known(&split(text)))?;
            split(&answer)
        } else if args.region.is_empty() {
            vec![region.to_owned()]
        } else {
            args.region.clone()
        };
        if let Err(sentence) = known(&regions) {
            return Err(Failure::usage(anyhow::anyhow!(sentence), None));
        }
        let api = match args.api {
            Some(api) => api.into(),
            None if asks => gateway()?,
            None => Api::default(),
        };
        let optional = |flag: &Option<String>, question: &str| match flag {
            Some(value) => Ok(Some(value.clone())),
            None if asks => text(question, "", |_| Ok(())).map(|text| Some(text).filter(|text| !text.is_empty())),
            None => Ok(None),
        };
        let profile = optional(&args.profile, "AWS profile (empty: the default credentials)")?;
        let bucket =
            optional(&args.bucket, "Bucket for artifacts (empty: one per account and region, made if missing)")?;
        Ok(Self { stage, regions, profile, bucket, api })
    }

    /// The gateway as the settings write it.
    pub(super) fn api_word(&self) -> &'static str {
        match self.api {
            Api::Rest => "rest",
            Api::Http => "http",
            Api::FunctionUrl => "function_url",
        }
    }
}

/// The binary to deploy: the only one that calls `zappa_rs::run`, the only one there is, or the one that is asked for.
pub(super) fn binary<'a>(args: &InitArgs, entries: &'a [Entry], asks: bool) -> Result<&'a Entry, Failure> {
    let names = || listed(entries.iter().map(|entry| entry.name.as_str()));
    if let Some(name) = &args.bin {
        return entries.iter().find(|entry| entry.name == *name).ok_or_else(|| {
            let meant = nearest(name, entries.iter().map(|entry| entry.name.as_str()));
            let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            Failure::usage(
                anyhow::anyhow!("the workspace has no binary `{name}`"),
                Some(format!("binaries are {}{meant}", names())),
            )
        });
    }
    let calling: Vec<&Entry> = entries.iter().filter(|entry| entry.calls_run).collect();
    match (calling.as_slice(), entries) {
        ([one], _) => Ok(*one),
        (_, []) => Err(Failure::usage(
            anyhow::anyhow!("the workspace has no binary"),
            Some("the app needs a `src/main.rs` whose `main` calls `zappa_rs::run`".to_owned()),
        )),
        ([], [one]) => Ok(one),
        (several, _) => {
            let several: Vec<&Entry> = if several.is_empty() { entries.iter().collect() } else { several.to_vec() };
            if !asks {
                let error = anyhow::anyhow!("the workspace has several binaries");
                let choice = listed(several.iter().map(|entry| entry.name.as_str()));
                return Err(Failure::usage(error, Some(format!("name one of {choice} with `--bin`"))));
            }
            let names: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).collect();
            let name = Select::new("Binary", names).prompt().map_err(|error| unanswered(&error))?;
            several.into_iter().find(|entry| entry.name == name).ok_or_else(Failure::interrupted)
        }
    }
}

fn gateway() -> Result<Api, Failure> {
    use clap::ValueEnum as _;
    let all = InitGateway::value_variants();
    let shown: Vec<String> = all
        .iter()
        .filter_map(|gateway| gateway.to_possible_value())
        .map(|value| {
            format!("{} - {}", value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default())
        })
        .collect();
    let index = Select::new("Gateway (changing it later changes the URL)", shown)
        .raw_prompt()
        .map_err(|error| unanswered(&error))?
        .index;
    Ok(all.get(index).copied().map_or_else(Api::default, Api::from))
}

fn text(question: &str, default: &str, check: fn(&str) -> Result<(), String>) -> Result<String, Failure> {
    let prompt = Text::new(question).with_validator(move |text: &str| {
        Ok(match check(text) {
            Ok(()) => Validation::Valid,
            Err(reason) => Validation::Invalid(reason.into()),
        })
    });
    let prompt = if default.is_empty() { prompt } else { prompt.with_default(default) };
    prompt.prompt().map(|answer| answer.trim().to_owned()).map_err(|error| unanswered(&error))
}

fn split(text: &str) -> Vec<String> {
    text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn known(names: &[String]) -> Result<(), String> {
    for name in names {
        if regions::facts(name).is_none() {
            let meant = nearest(name, regions::REGIONS.iter().map(|facts| facts.name));
            if meant.is_some() || !regions::is_shaped_like_one(name) {
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                return Err(format!("`{name}` is no region of AWS{meant}"));
            }
        }
    }
    if names.is_empty() { Err("a stage has a region".to_owned()) } else { Ok(()) }
}

fn unanswered(error: &InquireError) -> Failure {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => Failure::interrupted(),
        error => Failure::failed(anyhow::anyhow!("{error}"), Some("`--yes` asks nothing".to_owned())),
    }
}
