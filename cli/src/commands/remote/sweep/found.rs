//! The stages that a sweep found, by their stacks in all regions.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Failure, Row, Scope, failure,
    fleet::{self, Outcome},
    interruptible::run_interruptible,
};
use crate::{
    aws::{Aws, rfc3339},
    names::Identity,
    progress::Progress as _,
    report::Report,
    rollout::{self, Criterion, Error, Listed, Verdict},
    settings::Settings,
};

/// A stack to remove, in its region.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) listed: Listed,
}

impl Place {
    /// The names of the stage, whatever the settings say by now.
    pub(super) fn identity(&self) -> Identity {
        let Listed { stack, project, stage, .. } = &self.listed;
        let mut identity = Identity { project: project.clone(), stage: stage.clone(), function_name: None };
        identity.function_name = (stack.name != identity.derived()).then(|| stack.name.clone());
        identity
    }
}

/// What is to be removed, by project, stage and stack; and the regions that could not be looked at.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) stages: BTreeMap<[String; 3], Vec<Place>>,
    outcomes: Vec<Outcome<()>>,
}

impl Found {
    /// Looks in all regions. A region that fails hides no other.
    pub(super) async fn find(
        scope: &Scope,
        settings: &Settings,
        criterion: &Criterion,
        aws: &Aws,
        report: &Arc<Report>,
    ) -> Self {
        let listed = fleet::for_each_region(&scope.regions, None, async |region| {
            rollout::listed(&aws.in_region(&region), scope.projects()).await
        });
        let mut found = Self { stages: BTreeMap::new(), outcomes: Vec::new() };
        for Outcome { region, result } in listed.await {
            let result =
                result.map(|result| result.map(|listed| found.add(&region, listed, settings, criterion, report)));
            found.outcomes.push(Outcome { region, result });
        }
        found
    }

    fn add(&mut self, region: &str, listed: Vec<Listed>, settings: &Settings, criterion: &Criterion, report: &Report) {
        for listed in listed {
            let stack = &listed.stack.name;
            match criterion.verdict(&listed, settings.definition(&listed.stage).as_ref()) {
                Verdict::Remove => {
                    let key = [listed.project.clone(), listed.stage.clone(), stack.clone()];
                    self.stages.entry(key).or_default().push(Place { region: region.to_owned(), listed });
                }
                Verdict::Spare(reason) => {
                    report.step("Skipping", &format!("stack {stack} in {region}, which {reason}"));
                }
                Verdict::Keep => report.detail(&format!("stack {stack} in {region} stays")),
            }
        }
    }

    /// What a dry run prints.
    pub(super) fn previews(&self) -> Vec<Row> {
        self.stages.values().flatten().map(Row::preview).collect()
    }

    /// Names account and stacks, and asks.
    pub(super) async fn confirm(&self, scope: &Scope, aws: &Aws, report: &Report) -> Result<(), Failure> {
        let caller = aws.in_region(&scope.regions[0]).caller().await;
        let account = caller.map_err(|error| failure::failure(&error.into()))?.account;
        let stack = |place: &Place| {
            let Place { region, listed } = place;
            let updated = listed.updated().map(|at| format!(", updated {}", rfc3339(at))).unwrap_or_default();
            format!("stage {} of {}: stack {} in {region}{updated}", listed.stage, listed.project, listed.stack.name)
        };
        let mut facts = vec![format!("account {account}")];
        facts.extend(self.stages.values().flatten().map(stack));
        let asked = report.confirm("Delete all of it, with the logs?", &facts);
        if run_interruptible(Failure::interrupted, asked).await? {
            return Ok(());
        }
        Err(Failure::failed(anyhow::anyhow!("nothing was deleted"), None))
    }

    /// The failure of the removals, or of the regions that could not be looked at.
    pub(super) fn failure(&self, of_removals: Option<Failure>) -> Result<(), Failure> {
        let of_regions = failure::of_reading(&self.outcomes);
        match (of_removals, of_regions) {
            (None, of_regions) => of_regions,
            (Some(failure), Ok(())) => Err(failure),
            (Some(failure), Err(unread)) => {
                Err(failure.with_facts([unread.message()].into_iter().chain(unread.facts().iter().cloned())))
            }
        }
    }
}

/// What is told of a stage that was changed after it was found.
pub(super) fn is_overtaken(error: &Error) -> bool {
    matches!(error, Error::Overtaken { .. } | Error::Vanished { .. })
}
