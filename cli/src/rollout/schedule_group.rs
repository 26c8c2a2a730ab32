//! The schedules of a stack as EventBridge Scheduler has them: compared with the stack, and restored where they were changed
//! by hand.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::Error;
use crate::{
    aws::{self, ScheduleChange, Stack},
    plan::{ScheduleDrift, ScheduleDriftKind, ScheduleFacts, ScheduleState, schedule_drift},
    template::{self, StackSchedule},
};

/// How many schedules are read or updated at once, in each region.
const PARALLEL: usize = 8;

/// The schedules of a stack in its group.
pub(super) struct ScheduleGroup<'a> {
    region: &'a aws::Region,
    stack: &'a Stack,
    schedules: Vec<StackSchedule>,
}

impl<'a> ScheduleGroup<'a> {
    /// The schedules of a stack by its live template.
    pub(super) fn new(region: &'a aws::Region, stack: &'a Stack, live: &Value) -> Self {
        Self { region, stack, schedules: template::schedules(live) }
    }

    /// The drift from a state of all schedules, in one call for each hundred; without schedules, none.
    pub(super) async fn drift(&self, state: ScheduleState) -> Result<Vec<ScheduleDrift>, Error> {
        Ok(schedule_drift(&self.wanted(state), &self.listed().await?))
    }

    /// The schedules of the group, if the stack has any. A listing has states and targets, and no expressions.
    pub(super) async fn listed(&self) -> Result<Vec<ScheduleFacts>, Error> {
        if self.schedules.is_empty() {
            return Ok(Vec::new());
        }
        let listed = self.region.list_schedules(&self.stack.name).await?;
        let facts = listed.into_iter().map(|listed| ScheduleFacts {
            name: listed.name,
            state: ScheduleState::of(listed.is_enabled),
            target: listed.target,
            expression: None,
            timezone: None,
        });
        Ok(facts.collect())
    }

    /// Updates each schedule that is not in the state, or otherwise not as the stack says; returns what was restored.
    ///
    /// Schedules that are not to run are read only where `drift`, which is that of the listing, has them: when and what a
    /// disabled schedule would run does not matter until CloudFormation enables it, which sets all of it.
    pub(super) async fn restore(
        &self,
        state: ScheduleState,
        drift: &[ScheduleDrift],
        on_update: &dyn Fn(),
    ) -> Result<Vec<ScheduleDrift>, Error> {
        let has = |wanted: &ScheduleFacts, is_kind: fn(&ScheduleDriftKind) -> bool| {
            drift.iter().any(|drift| drift.schedule == wanted.name && is_kind(&drift.kind))
        };
        let is_read = |wanted: &ScheduleFacts| match state {
            ScheduleState::Enabled => !has(wanted, |kind| *kind == ScheduleDriftKind::Missing),
            ScheduleState::Disabled => has(wanted, ScheduleDriftKind::is_restorable),
        };
        let restore = async |wanted: ScheduleFacts| self.restore_one(&wanted, on_update).await;
        let wanted = self.wanted(state).into_iter().filter(is_read);
        let restored: Vec<Vec<ScheduleDrift>> =
            stream::iter(wanted).map(restore).buffered(PARALLEL).try_collect().await?;
        Ok(restored.into_iter().flatten().collect())
    }

    /// Reads a schedule, and updates it where it is not as the stack says.
    async fn restore_one(&self, wanted: &ScheduleFacts, on_update: &dyn Fn()) -> Result<Vec<ScheduleDrift>, Error> {
        let Some(schedule) = self.region.find_schedule(&self.stack.name, &wanted.name).await? else {
            return Ok(Vec::new());
        };
        let text = |value: Option<&str>| value.map(str::to_owned);
        let found = ScheduleFacts {
            name: wanted.name.clone(),
            state: ScheduleState::of(schedule.is_enabled()),
            target: text(schedule.target()),
            expression: text(schedule.expression()),
            timezone: text(schedule.timezone()),
        };
        let drift = schedule_drift(std::slice::from_ref(wanted), &[found]);
        if !drift.is_empty() {
            on_update();
            let change = ScheduleChange {
                is_enabled: Some(wanted.state == ScheduleState::Enabled),
                target: wanted.target.as_deref(),
                expression: wanted.expression.as_deref(),
                timezone: wanted.timezone.as_deref(),
            };
            self.region.update_schedule(&schedule, &change).await?;
        }
        Ok(drift)
    }

    /// The schedules as the stack says, in a state.
    pub(super) fn wanted(&self, state: ScheduleState) -> Vec<ScheduleFacts> {
        let facts = |schedule: &StackSchedule| ScheduleFacts {
            name: schedule.name.clone(),
            state,
            target: schedule.output.as_ref().and_then(|output| self.stack.outputs.get(output).cloned()),
            expression: schedule.expression.clone(),
            timezone: schedule.timezone.clone(),
        };
        self.schedules.iter().map(facts).collect()
    }
}
