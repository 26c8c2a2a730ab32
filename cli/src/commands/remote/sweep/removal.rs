//! The removal of the stages that a sweep found: some at once, each in all its regions, then its hook.

use std::sync::Arc;

use futures_util::{StreamExt as _, future::join_all, stream};

use super::{
    Context, Failure, Report, Row, Scope, fleet,
    found::{Found, Place, is_overtaken},
    hooks,
    interruptible::run_interruptible,
    stage::Resolved,
    undeploy,
};
use crate::{
    args::{SharedArgs, UndeployArgs},
    aws::Aws,
    progress::Progress as _,
    rollout::{self, PhaseCell, Removal},
    settings::{Hook, Settings, Stage},
};

/// How many stages are removed at once: CloudFormation's calls are throttled for the whole account and region.
const AT_ONCE: usize = 4;

/// What a sweep works with.
pub(super) struct Sweep<'a> {
    pub(super) scope: &'a Scope,
    pub(super) settings: &'a Settings,
    pub(super) aws: &'a Aws,
    pub(super) args: &'a UndeployArgs,
    pub(super) shared: &'a SharedArgs,
    pub(super) cx: &'a Context,
    pub(super) report: &'a Arc<Report>,
}

impl Sweep<'_> {
    /// Removes what was found. A stage that fails stops no other.
    pub(super) async fn run(&self, found: &Found) -> Result<Vec<Row>, Failure> {
        let label = |place: &Place| label(&place.listed.stage, &place.region);
        let labels: Vec<String> = found.stages.values().flatten().map(label).collect();
        let phases = fleet::Phases::new(&labels);
        let width = if labels.len() == 1 { 0 } else { labels.iter().map(String::len).max().unwrap_or_default() };
        let work = async {
            let stages = stream::iter(found.stages.values());
            let removals = stages.map(|places| self.stage(places, &phases, width)).buffer_unordered(AT_ONCE);
            let mut rows: Vec<Row> = removals.collect::<Vec<_>>().await.into_iter().flatten().collect();
            rows.sort_by_key(Row::order);
            Ok(rows)
        };
        run_interruptible(|| phases.interruption(), work).await
    }

    /// Removes one stage from all its regions, then runs its hook.
    async fn stage(&self, places: &[Place], phases: &fleet::Phases, width: usize) -> Vec<Row> {
        let rows = join_all(places.iter().map(async |place| {
            let label = label(&place.listed.stage, &place.region);
            self.place(place, &label, &phases.of(&label), width).await
        }));
        let mut rows = rows.await;
        if rows.iter().all(Row::is_removed)
            && let Err(failure) = self.run_hook(places).await
        {
            rows.iter_mut().take(1).for_each(|row| row.fail(&failure.message()));
        }
        rows
    }

    async fn place(&self, place: &Place, label: &str, phase: &PhaseCell, width: usize) -> Row {
        let region = self.aws.in_region(&place.region);
        let progress = self.report.in_region(label, width);
        let (identity, stage) = (place.identity(), self.settings_in(place));
        let listed = Some(&place.listed.stack);
        let work = Removal {
            region: &region,
            identity: &identity,
            stage: &stage,
            remove_logs: true,
            stack_last: true,
            listed,
            progress: &progress,
            phase,
        };
        match rollout::remove(&work).await {
            Ok(removed) => {
                let (removed, left) = undeploy::sentences(&removed);
                Row::removed(place, removed, left)
            }
            Err(error) if is_overtaken(&error) => {
                progress.step("Skipping", &format!("stack {}, which was changed meanwhile", place.listed.stack.name));
                Row::spared(place)
            }
            Err(error) => Row::failed(place, &error),
        }
    }

    /// The settings of the stage in a region, as far as they still define it. The regions that the sweep looks in count as
    /// its own, so that it leaves no marker of them.
    fn settings_in(&self, place: &Place) -> Stage {
        let mut stage = self.settings.in_other_region(&place.listed.stage, &place.region).unwrap_or_default();
        stage.regions.clone_from(&self.scope.regions);
        stage
    }

    /// Runs the hook `post_undeploy` of a stage that the settings define.
    async fn run_hook(&self, places: &[Place]) -> Result<(), Failure> {
        let Some(first) = places.first() else { return Ok(()) };
        let Ok(selection) = self.settings.select_for_inspection(Some(&first.listed.stage)) else { return Ok(()) };
        let (identity, flags) = (first.identity(), self.args.stage.repeated());
        let resolved = Resolved { selection, identity, flags };
        let hooks = hooks::of_stage("undeploy", &resolved, &self.args.stage, self.shared, self.cx);
        let facts = places.iter().map(|place| crate::hook::RegionFacts {
            region: place.region.clone(),
            outcome: "removed".to_owned(),
            changed: true,
            ..crate::hook::RegionFacts::default()
        });
        {
            let mut document = hooks.document();
            document.results = facts.collect();
            document.changed = Some(true);
        }
        hooks.run(Hook::PostUndeploy, &**self.report).await.map_err(hooks::failure)
    }
}

/// What lines about a stage in a region begin with.
fn label(stage: &str, region: &str) -> String {
    format!("{region} {stage}")
}
