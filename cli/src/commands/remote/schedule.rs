//! `zappa-rs schedule` and `unschedule`: enable and disable the schedules of a stage, in every region.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Context, failure,
    fleet::{self, Outcome, Phases},
    interruptible::run_interruptible,
    stage,
};
use crate::{
    args::{ScheduleArgs, SharedArgs},
    plan::{ScheduleDrift, ScheduleState},
    report::{Failure, Report},
    rollout::{Error, ScheduleSwitch, Switched},
};

/// One region's part of the report.
#[derive(Serialize)]
struct Row {
    region: String,
    /// The number of schedules; `None` where the switch failed.
    schedules: Option<usize>,
    state: Option<ScheduleState>,
    changed: bool,
    /// What was changed by hand and is restored.
    restored: Vec<ScheduleDrift>,
    /// What was changed by hand and stays: schedules that are not the stack's, and what differs after an update, too.
    not_restored: Vec<ScheduleDrift>,
    error: Option<String>,
}

/// Runs `zappa-rs schedule` or `unschedule`.
pub(crate) async fn run(
    state: ScheduleState,
    args: &ScheduleArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let phases = Phases::new(&resolved.selection.regions);
    run_interruptible(|| phases.interruption(), async {
        let aws = resolved.aws(&args.stage, cx, report).await?;
        let outcomes = fleet::for_each_region(&resolved.selection.regions, None, async |region| {
            let progress = report.in_region(&region, resolved.width());
            let switch = ScheduleSwitch {
                region: &aws.in_region(&region),
                identity: &resolved.identity,
                stage: &resolved.selection.stages[&region],
                state,
                wait: args.wait,
                progress: &progress,
                phase: &phases.of(&region),
            };
            switch.run().await
        });
        let outcomes = outcomes.await;
        let rows: Vec<Row> = outcomes.iter().map(row).collect();
        if shared.json {
            report.document(&rows);
        } else {
            outcomes.iter().filter_map(sentence).for_each(|sentence| report.answer_line(&sentence));
        }
        for outcome in &outcomes {
            let progress = report.in_region(&outcome.region, resolved.width());
            outcome
                .value()
                .into_iter()
                .flat_map(|switched| &switched.not_restored)
                .for_each(|drift| drift.warn(&progress));
        }
        failure::of_change(&outcomes, &phases)
    })
    .await
}

fn row(outcome: &Outcome<Switched>) -> Row {
    let switched = outcome.value();
    Row {
        region: outcome.region.clone(),
        schedules: switched.map(|switched| switched.schedules.count),
        state: switched.map(|switched| switched.schedules.state),
        changed: switched.is_some_and(|switched| switched.changed),
        restored: switched.map(|switched| switched.restored.clone()).unwrap_or_default(),
        not_restored: switched.map(|switched| switched.not_restored.clone()).unwrap_or_default(),
        error: outcome.result.as_ref().and_then(|result| result.as_ref().err()).map(Error::to_string),
    }
}

/// The outcome in a region that succeeded.
fn sentence(outcome: &Outcome<Switched>) -> Option<String> {
    let switched = outcome.value()?;
    let (counted, word) = (switched.schedules.counted(), switched.schedules.state.word());
    let already = if switched.changed { "" } else { "already " };
    let restored: Vec<String> = switched.restored.iter().map(ScheduleDrift::ended).collect();
    let restored = if restored.is_empty() { String::new() } else { format!("; restored: {}", restored.join(", ")) };
    Some(format!("{}: {counted} {already}{word}{restored}", outcome.region))
}
