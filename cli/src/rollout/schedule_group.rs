//! The schedules of a stack as EventBridge Scheduler has them: compared with the stack, and restored where they were changed
//! by hand.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::Error;
use crate::{
    aws::{self, Schedule, ScheduleChange, Stack},
    plan::{ScheduleDrift, ScheduleDriftKind, ScheduleFacts, ScheduleState, schedule_drift},
    schedule::ScheduleField,
    template::{self, StackSchedule},
};

/// How many schedules are read or updated at once, in each region.
const PARALLEL: usize = 8;

/// What an update of schedules came to.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) restored: Vec<ScheduleDrift>,
    /// What differs after the update as well.
    pub(super) still: Vec<ScheduleDrift>,
}

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

    /// The schedules of the group, if the stack has any. A listing has states and targets, and no other fields.
    async fn listed(&self) -> Result<Vec<ScheduleFacts>, Error> {
        if self.schedules.is_empty() {
            return Ok(Vec::new());
        }
        let listed = self.region.list_schedules(&self.stack.name).await?;
        let facts = listed.into_iter().map(|listed| ScheduleFacts {
            name: listed.name,
            state: ScheduleState::of(listed.is_enabled),
            fields: listed.target.map(|target| (ScheduleField::Target, Some(target))).into_iter().collect(),
        });
        Ok(facts.collect())
    }

    /// The same, those of the stack with all of their fields: a call for each, several at once. Where the caller may only list
    /// them, what the listing has.
    pub(super) async fn read(&self) -> Result<Vec<ScheduleFacts>, Error> {
        let read = async |listed: ScheduleFacts| {
            if !self.schedules.iter().any(|schedule| schedule.name == listed.name) {
                return Ok(Some(listed));
            }
            match self.region.find_schedule(&self.stack.name, &listed.name).await {
                Ok(found) => Ok(found.map(|schedule| facts(&listed.name, &schedule))),
                Err(error) if error.is_denied() => Ok(Some(listed)),
                Err(error) => Err(Error::from(error)),
            }
        };
        let found: Vec<Option<ScheduleFacts>> =
            stream::iter(self.listed().await?).map(read).buffered(PARALLEL).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Updates each schedule that is not in the state, or otherwise not as the stack says.
    ///
    /// Schedules that are not to run are read only where `drift`, which is that of the listing, has them: when and what a
    /// disabled schedule would run does not matter until CloudFormation enables it, which sets all of it.
    pub(super) async fn restore(
        &self,
        state: ScheduleState,
        drift: &[ScheduleDrift],
        on_update: &dyn Fn(),
    ) -> Result<Restored, Error> {
        let has = |wanted: &ScheduleFacts, is_kind: fn(&ScheduleDriftKind) -> bool| {
            drift.iter().any(|drift| drift.schedule == wanted.name && is_kind(&drift.kind))
        };
        let is_read = |wanted: &ScheduleFacts| match state {
            ScheduleState::Enabled => !has(wanted, |kind| *kind == ScheduleDriftKind::Missing),
            ScheduleState::Disabled => has(wanted, ScheduleDriftKind::is_restorable),
        };
        let restore = async |wanted: ScheduleFacts| self.restore_one(&wanted, on_update).await;
        let wanted = self.wanted(state).into_iter().filter(is_read);
        let all: Vec<Restored> = stream::iter(wanted).map(restore).buffered(PARALLEL).try_collect().await?;
        let (restored, still) = all.into_iter().map(|one| (one.restored, one.still)).unzip::<_, _, Vec<_>, Vec<_>>();
        Ok(Restored { restored: restored.concat(), still: still.concat() })
    }

    /// Reads a schedule, and updates it where it is not as the stack says. What was updated is read again.
    async fn restore_one(&self, wanted: &ScheduleFacts, on_update: &dyn Fn()) -> Result<Restored, Error> {
        let group = &self.stack.name;
        let Some(schedule) = self.region.find_schedule(group, &wanted.name).await? else {
            return Ok(Restored::default());
        };
        let compare = |found| schedule_drift(std::slice::from_ref(wanted), &[facts(&wanted.name, found)]);
        let drift = compare(&schedule);
        if drift.is_empty() {
            return Ok(Restored::default());
        }
        on_update();
        let is_enabled = Some(wanted.state == ScheduleState::Enabled);
        let change = ScheduleChange { is_enabled, fields: wanted.fields.clone() };
        self.region.update_schedule(&schedule, &change).await?;
        let after = self.region.find_schedule(group, &wanted.name).await?;
        let still = after.as_ref().map(compare).unwrap_or_default();
        Ok(Restored { restored: drift.into_iter().filter(|drift| !drift.is_among(&still)).collect(), still })
    }

    /// The schedules as the stack says, in a state.
    pub(super) fn wanted(&self, state: ScheduleState) -> Vec<ScheduleFacts> {
        let facts = |schedule: &StackSchedule| {
            let target = schedule.output.as_ref().and_then(|output| self.stack.outputs.get(output).cloned());
            let mut fields = schedule.fields.clone();
            fields.extend(target.map(|target| (ScheduleField::Target, Some(target))));
            ScheduleFacts { name: schedule.name.clone(), state, fields }
        };
        self.schedules.iter().map(facts).collect()
    }
}

fn facts(name: &str, schedule: &Schedule) -> ScheduleFacts {
    ScheduleFacts { name: name.to_owned(), state: ScheduleState::of(schedule.is_enabled()), fields: schedule.fields() }
}
