//! Where to look for stages and for what: the project, the regions and the profile, by the settings and the flags.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, stage};
use crate::{
    args::StageArgs,
    names::Identity,
    report::Failure,
    settings::{Error, Project, Settings, StageSelection},
    suggestion::quote_list,
};

/// What is listed.
#[derive(Debug)]
pub(super) struct Scope {
    is_of_all_projects: bool,
    pub(super) profile: Option<String>,
    /// The regions to look in, each once; never empty.
    pub(super) regions: Vec<String>,
    pub(super) named: Named,
}

/// The stacks that the settings name, by project: region, stage and name of each; and the settings, for stages of patterns.
#[derive(Debug, Default)]
pub(super) struct Named {
    stacks: BTreeMap<String, BTreeSet<[String; 3]>>,
    projects: BTreeSet<String>,
    pub(super) settings: Option<Settings>,
}

impl Named {
    /// Whether the settings name a stack; `None` where they are not its project's.
    pub(super) fn has(&self, region: &str, project: &str, stage: &str, stack: &str) -> Option<bool> {
        let known = self.stacks.get(project)?.contains(&[region, stage, stack].map(str::to_owned));
        Some(known || self.is_of_pattern(region, project, stage, stack))
    }

    /// Whether a stack is a stage of a pattern.
    fn is_of_pattern(&self, region: &str, project: &str, stage: &str, stack: &str) -> bool {
        let selection = self.settings.as_ref().and_then(|settings| settings.select_for_inspection(Some(stage)).ok());
        selection.filter(|selection| selection.pattern.is_some()).is_some_and(|selection| {
            let function_name = selection.primary().function_name.clone();
            let identity = Identity { project: project.to_owned(), stage: stage.to_owned(), function_name };
            selection.regions.iter().any(|known| known == region) && identity.stack() == stack
        })
    }

    pub(super) fn add(&mut self, region: &str, identity: &Identity) {
        let known = self.stacks.entry(identity.project.clone()).or_default();
        known.insert([region.to_owned(), identity.stage.clone(), identity.stack()]);
        self.projects.insert(identity.project.clone());
    }
}

impl Scope {
    /// Reads the settings. Where the flags say everything, none are needed.
    ///
    /// # Errors
    /// There are none although they are needed, or they have faults, or they name several profiles.
    pub(super) async fn find(is_of_all_projects: bool, args: &StageArgs, cx: &Context) -> Result<Self, Failure> {
        if is_of_all_projects && !args.region.is_empty() && args.settings_file.is_none() && !has_settings(cx)? {
            let profile = stage::profile(args.profile.as_deref(), None);
            let (regions, named) = (distinct(args.region.iter()), Named::default());
            return Ok(Self { is_of_all_projects, profile, regions, named });
        }
        let settings = stage::settings(args, cx).map_err(|failure| {
            failure.with_hint("`--all-projects` with `--region` needs no settings file".to_owned())
        })?;
        let stages = settings.all_for_inspection().map_err(stage::settings_failure)?;
        let regions = if args.region.is_empty() {
            distinct(stages.iter().flat_map(|stage| &stage.regions))
        } else {
            distinct(args.region.iter())
        };
        if regions.is_empty() {
            let error = anyhow::anyhow!("no stage of the settings names a region");
            return Err(Failure::usage(error, Some("name one with `--region`".to_owned())));
        }
        let profile = profile(args, &stages)?;
        let named = Named { settings: Some(settings), ..named(&stages, cx).await? };
        Ok(Self { is_of_all_projects, profile, regions, named })
    }

    /// The projects whose stacks are listed; `None` for all.
    pub(super) fn projects(&self) -> Option<&BTreeSet<String>> {
        (!self.is_of_all_projects).then_some(&self.named.projects)
    }
}

/// Whether there is a settings file here or above.
fn has_settings(cx: &Context) -> Result<bool, Failure> {
    match Settings::find(&cx.directory, None) {
        Ok(_) => Ok(true),
        Err(Error::NoFile { .. }) => Ok(false),
        Err(error) => Err(stage::settings_failure(error)),
    }
}

/// The profile of all stages: the stages of another account cannot be listed with it.
fn profile(args: &StageArgs, stages: &[StageSelection]) -> Result<Option<String>, Failure> {
    let names: BTreeSet<Option<&str>> = stages.iter().map(|stage| stage.primary().profile_name.as_deref()).collect();
    if args.profile.is_none() && names.len() > 1 {
        let none = if names.contains(&None) { "none, and " } else { "" };
        let named = quote_list(names.into_iter().flatten());
        let error = anyhow::anyhow!("the stages have several profiles: {none}{named}");
        let hint =
            "name the one to look with by `--profile`; `--profile none` takes the credentials of the environment";
        return Err(Failure::usage(error, Some(hint.to_owned())));
    }
    Ok(stage::profile(args.profile.as_deref(), names.into_iter().next().flatten()))
}

/// The stacks that the stages are, in each of their regions.
async fn named(stages: &[StageSelection], cx: &Context) -> Result<Named, Failure> {
    let mut named = Named::default();
    let mut latest: Option<(&Project, String)> = None;
    for selection in stages {
        // Cargo is asked once for stages of one project.
        let project = match latest {
            Some((project, name)) if *project == selection.project => name,
            _ => stage::project(&selection.project, &selection.path, false, cx).await?,
        };
        for region in &selection.regions {
            let function_name = selection.stages[region].function_name.clone();
            let identity = Identity { project: project.clone(), stage: selection.name.clone(), function_name };
            named.add(region, &identity);
        }
        latest = Some((&selection.project, project));
    }
    Ok(named)
}

/// Each once, in their order.
fn distinct<'a>(regions: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    regions.filter(|region| seen.insert(*region)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_stack_of_a_pattern_is_one_of_the_settings() {
        let text = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n[stage.\"pr-*\"]\nextends = \"dev\"\n";
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
        let mut named = Named { settings: Some(settings), ..Named::default() };
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        named.add("eu-west-1", &identity);
        for (region, project, stage, stack, expected) in [
            ("eu-west-1", "shop", "pr-42", "shop-pr-42", Some(true)),
            ("us-east-1", "shop", "pr-42", "shop-pr-42", Some(false)),
            ("eu-west-1", "shop", "pr-42", "other", Some(false)),
            ("eu-west-1", "shop", "old", "shop-old", Some(false)),
            ("eu-west-1", "blog", "pr-42", "blog-pr-42", None),
        ] {
            assert_eq!(named.has(region, project, stage, stack), expected, "{region} {project} {stage} {stack}");
        }
    }
}
