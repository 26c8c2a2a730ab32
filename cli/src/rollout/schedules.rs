//! The switch of a stage's schedules: a parameter of the stack, and nothing else of it, is changed.
//!
//! The template stays the stack's own, so neither code nor settings are deployed. Every later change of the stack keeps the
//! parameter's value: `change.rs`. CloudFormation compares a parameter with its earlier value and not with the schedules: what
//! was changed by hand is restored by calls of our own, `schedule_group.rs`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    Error, Phase, PhaseCell, SETTLE_TIMEOUT, change,
    schedule_group::{Restored, ScheduleGroup},
    stack_state::StackState,
    verify_ownership,
};
use crate::{
    aws::{self, Body, ChangeKind, DeploymentMode, SettledStack, Stack},
    logical_id::SCHEDULES_STATE,
    names::Identity,
    plan::{ScheduleDrift, ScheduleDriftKind, ScheduleState},
    progress::Progress,
    settings::Stage,
    template,
};

/// The schedules of a stack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Schedules {
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) state: ScheduleState,
}

/// The outcome of a switch.
#[derive(Clone, Debug)]
pub(crate) struct Switched {
    pub(crate) schedules: Schedules,
    /// Whether anything was changed.
    pub(crate) changed: bool,
    /// What was changed by hand, and is as the stack says again.
    pub(crate) restored: Vec<ScheduleDrift>,
    /// What was changed by hand, and stays: schedules that are not the stack's, and what differs after an update, too.
    pub(crate) not_restored: Vec<ScheduleDrift>,
}

/// The switch in one region.
pub(crate) struct ScheduleSwitch<'a> {
    pub(crate) region: &'a aws::Region,
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    pub(crate) state: ScheduleState,
    /// Whether to wait for a deploy of the stage, instead of failing.
    pub(crate) wait: bool,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) phase: &'a PhaseCell,
}

/// The parameter's value for a state.
fn value(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Enabled => template::ENABLED,
        ScheduleState::Disabled => template::DISABLED,
    }
}

impl ScheduleDrift {
    /// Warns of what was changed by hand and stays.
    pub(crate) fn warn(&self, progress: &dyn Progress) {
        match self.kind {
            ScheduleDriftKind::Unknown => progress.warning(&self.to_string(), Some("it is left as it is")),
            _ => progress.warning(&format!("{self}: it still differs after the update"), None),
        }
    }
}

impl Schedules {
    /// The schedules of a stack by its parameter and its template; `None` where there is no such parameter.
    pub(crate) fn of(stack: &Stack, live: &Value) -> Option<Self> {
        let value = stack.parameters.get(SCHEDULES_STATE)?;
        let state = if value == template::DISABLED { ScheduleState::Disabled } else { ScheduleState::Enabled };
        Some(Self { count: template::count_schedules(live), state })
    }

    /// The number with its noun.
    pub(crate) fn counted(self) -> String {
        format!("{} {}", self.count, if self.count == 1 { "schedule" } else { "schedules" })
    }
}

impl ScheduleSwitch<'_> {
    /// Switches the schedules. Where the parameter is as wanted, only what was changed by hand is restored.
    ///
    /// # Errors
    /// The stack cannot be changed now, or has no schedules to switch, or some of them do not exist.
    pub(crate) async fn run(&self) -> Result<Switched, Error> {
        let stack = self.stack().await?;
        let text = self.region.template(&stack.name).await?;
        let live = template::read(&text);
        let live = live.map_err(|source| Error::LiveTemplate { stack: stack.name.clone(), source })?;
        let Some(schedules) = Schedules::of(&stack, &live) else {
            return Err(Error::NoSchedules { stack: stack.name, region: self.region.name().to_owned() });
        };
        let group = ScheduleGroup::new(self.region, &stack, &live);
        let is_switched = schedules.state == self.state;
        let drift = match group.drift(self.state).await {
            // CloudFormation may do what the caller may not even see.
            Err(Error::Aws(error)) if error.is_denied() && !is_switched => Vec::new(),
            drift => drift?,
        };
        let (missing, unknown): (Vec<_>, Vec<_>) = drift
            .iter()
            .filter(|drift| !drift.kind.is_restorable())
            .cloned()
            .partition(|drift| drift.kind == ScheduleDriftKind::Missing);
        let outcome = |changed, restored: Restored| {
            let schedules = Schedules { state: self.state, ..schedules };
            let not_restored = [unknown.clone(), restored.still].concat();
            Switched { schedules, changed, restored: restored.restored, not_restored }
        };
        if !is_switched && missing.is_empty() {
            let changed = self.send(&stack, &live).await?;
            self.phase.set(Phase::Scheduled);
            return Ok(outcome(changed, Restored::default()));
        }
        let found = group.restore(self.state, &drift, &|| self.phase.set(Phase::Restoring)).await?;
        if !found.restored.is_empty() {
            self.phase.set(Phase::Scheduled);
        }
        if missing.is_empty() {
            return Ok(outcome(!found.restored.is_empty(), found));
        }
        for drift in &found.restored {
            self.progress.step("Updated", &drift.ended());
        }
        for drift in unknown.iter().chain(&found.still) {
            drift.warn(self.progress);
        }
        Err(Error::SchedulesMissing {
            stack: stack.name.clone(),
            region: self.region.name().to_owned(),
            state: self.state,
            others: schedules.count.saturating_sub(missing.len()),
            is_switched,
            names: missing.into_iter().map(|drift| drift.schedule).collect(),
        })
    }

    /// The stack, ready for a change.
    async fn stack(&self) -> Result<Stack, Error> {
        let name = self.identity.stack();
        let region = self.region.name().to_owned();
        let Some(mut stack) = self.region.find_stack(&name).await? else {
            return Err(Error::NotDeployed { stack: name, region });
        };
        verify_ownership(self.region, &stack, self.identity).await?;
        if self.wait && StackState::of(stack.status.as_str()) == StackState::Busy {
            self.progress.step("Waiting", &format!("for stack {name}, which another deploy is changing"));
            stack = self.settled(&stack.id, &aws::EventCursor::latest()).await?.stack;
        }
        let (stack_name, status) = (stack.name.clone(), stack.status.0.clone());
        match StackState::of(stack.status.as_str()) {
            StackState::None => Ok(stack),
            StackState::MustRecreate | StackState::Deleting | StackState::Deleted => {
                Err(Error::NotDeployed { stack: stack_name, region })
            }
            StackState::Busy => Err(Error::Busy { stack: stack_name, status, by: None, since: stack.last_updated }),
            StackState::RollbackFailed | StackState::UpdateFailed | StackState::Unknown => {
                Err(Error::Stuck { stack: stack_name, status, cause: None })
            }
        }
    }

    /// Sends the parameter and waits for the stack; whether there was anything to update.
    async fn send(&self, stack: &Stack, live: &Value) -> Result<bool, Error> {
        let names = live["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let mut parameters: BTreeMap<String, Option<String>> = names.map(|name| (name, None)).collect();
        parameters.insert(SCHEDULES_STATE.to_owned(), Some(value(self.state).to_owned()));
        let request = aws::Change {
            stack: &stack.name,
            kind: ChangeKind::Update,
            body: Body::Previous,
            parameters: &parameters,
            // Those of the settings come with the next deploy.
            tags: &stack.tags,
            role_arn: self.stage.cloudformation_role_arn.as_deref(),
            name: "",
            capabilities: change::capabilities(live),
            mode: if self.stage.express { DeploymentMode::Express } else { DeploymentMode::Standard },
        };
        let verb = if self.state == ScheduleState::Enabled { "Enabling" } else { "Disabling" };
        self.progress.step(verb, &format!("the schedules of stack {}", stack.name));
        let sent = async { Ok(self.region.send(&request).await?) };
        let Some(operation) = self.phase.run_in_phase(Phase::Scheduling, sent).await? else { return Ok(false) };
        let settled = self.settled(&operation.stack_id, &aws::EventCursor::of_operation(&operation.token)).await?;
        let stack = settled.stack;
        if stack.status.is_success() {
            return Ok(true);
        }
        Err(Error::StackFailed {
            stack: stack.name,
            status: stack.status.0,
            reason: stack.status_reason,
            cause: settled.first_cause.map(Box::new),
        })
    }

    async fn settled(&self, stack_id: &str, since: &aws::EventCursor) -> Result<SettledStack, Error> {
        let on_event = |event: &aws::StackEvent| self.progress.resource(&event.to_resource_event());
        Ok(self.region.wait_until_settled(stack_id, since, &on_event, SETTLE_TIMEOUT).await?)
    }
}
