//! The schedules and event sources of a stage in one region, and what was changed by hand.

use std::fmt;

use serde::Serialize;

use crate::{
    aws,
    commands::stage::Resolved,
    plan::{FunctionDrift, MappingDrift, ScheduleDrift, ScheduleState},
    rollout::{Deployed, Error, StageMapping, StageSchedule, delivered_mappings, delivered_schedules},
};

/// What delivers events, as AWS has it.
#[derive(Default, Serialize)]
pub(super) struct Delivery {
    /// The schedules of the stack with their true states; `None` where Scheduler cannot be queried.
    pub(super) schedule_states: Option<Vec<StageSchedule>>,
    /// The event source mappings with their true states; `None` where Lambda cannot be queried.
    pub(super) event_sources: Option<Vec<StageMapping>>,
    #[serde(skip)]
    pub(super) schedule_drift: Vec<ScheduleDrift>,
    #[serde(skip)]
    pub(super) mapping_drift: Vec<MappingDrift>,
}

/// One difference between the stack and what AWS has.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ByHand {
    Function(FunctionDrift),
    Schedule(ScheduleDrift),
    Mapping(MappingDrift),
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(drift) => drift.fmt(f),
            Self::Schedule(drift) => drift.fmt(f),
            Self::Mapping(drift) => drift.fmt(f),
        }
    }
}

impl ByHand {
    /// What restores it, where the stack's schedules are to be in a state.
    pub(super) fn remedy(&self, state: Option<ScheduleState>) -> String {
        match self {
            Self::Function(_) => "a deploy restores it".to_owned(),
            Self::Mapping(drift) => drift.remedy(),
            Self::Schedule(drift) => drift.remedy(state),
        }
    }
}

/// Reads what delivers events, schedules and event sources at once; no call where the stack has none.
pub(super) async fn delivery(
    resolved: &Resolved,
    region: &aws::Region,
    deployed: &Deployed,
) -> Result<Delivery, Error> {
    let (Some(stack), Some(live)) = (&deployed.stack, &deployed.live) else { return Ok(Delivery::default()) };
    let stage = &resolved.selection.stages[region.name()];
    let schedules = async { permitted(delivered_schedules(region, stack, live).await) };
    let mappings = async { permitted(delivered_mappings(region, &resolved.identity, stage, stack, live).await) };
    let (schedules, mappings) = tokio::try_join!(schedules, mappings)?;
    let (schedule_states, schedule_drift) = schedules.map(|found| (found.schedules, found.drift)).unzip();
    let (event_sources, mapping_drift) = mappings.map(|found| (found.mappings, found.drift)).unzip();
    Ok(Delivery {
        schedule_states,
        event_sources,
        schedule_drift: schedule_drift.unwrap_or_default(),
        mapping_drift: mapping_drift.unwrap_or_default(),
    })
}

/// A result; `None` without the permission for the call: the other facts remain.
pub(super) fn permitted<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(Error::Aws(error)) if error.is_denied() => Ok(None),
        result => result.map(Some),
    }
}

/// The row of a schedule.
pub(super) fn schedule_row(schedule: &StageSchedule) -> Vec<String> {
    let state = schedule.state.map_or("missing", ScheduleState::word);
    let expression = schedule.expression.as_ref().map(|expression| format!(", {expression}")).unwrap_or_default();
    vec![format!("schedule {}", schedule.name), format!("{state}{expression}")]
}

/// The row of an event source.
pub(super) fn source_row(mapping: &StageMapping) -> Vec<String> {
    let Some(state) = &mapping.state else { return vec![format!("event {}", mapping.event), "missing".to_owned()] };
    let source = mapping.source.as_ref().map(|source| format!("{source}: ")).unwrap_or_default();
    let size = mapping.batch_size.map(|size| format!(", batches of {size}")).unwrap_or_default();
    let result = mapping.last_result.as_ref().map(|result| format!(", last result: {result}")).unwrap_or_default();
    vec![format!("event {}", mapping.event), format!("{source}{}{size}{result}", state.to_lowercase())]
}
