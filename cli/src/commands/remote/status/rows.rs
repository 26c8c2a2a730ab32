//! The rows that `zappa-rs status` prints.

use super::{
    FurtherFunction, Status,
    alarm::alarm_row,
    delivery::{ByHand, schedule_row, source_row},
};
use crate::{plan::ScheduleState, rollout::DomainFacts};

impl FurtherFunction {
    fn row(&self) -> Vec<String> {
        let version = self.version.as_deref().unwrap_or("none");
        let candidate = self.candidate.as_ref().map(|number| format!(", candidate {number}")).unwrap_or_default();
        vec![format!("function {}", self.name), format!("{}, version {version}{candidate}", self.function)]
    }
}

impl Status {
    /// The number of schedules and whether they run; `None` where there are none.
    fn schedules_cell(&self) -> Option<String> {
        let schedules = self.schedules.filter(|schedules| schedules.count > 0)?;
        let hint = match schedules.state {
            ScheduleState::Enabled => "",
            ScheduleState::Disabled => "; `zappa-rs schedule` enables them",
        };
        Some(format!("{}, {}{hint}", schedules.count, schedules.state.word()))
    }

    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![vec!["region".to_owned(), self.region.clone()]];
        let Some(stack) = &self.stack else {
            rows.push(vec!["stack".to_owned(), "none; `zappa-rs deploy` creates it".to_owned()]);
            return rows;
        };
        let status = self.stack_status.as_deref().unwrap_or_default();
        rows.push(vec!["stack".to_owned(), format!("{stack} ({status})")]);
        let day = match (self.invocations, self.errors, self.throttles) {
            (Some(invocations), Some(errors), Some(throttles)) => {
                format!("{invocations} invocations, {errors} errors, {throttles} throttles")
            }
            _ => "unavailable (no data from CloudWatch)".to_owned(),
        };
        let instances = match self.keep_warm {
            0 => None,
            1 => Some("1 instance".to_owned()),
            several => Some(format!("{several} instances")),
        };
        for (name, value) in [
            ("url", self.url.clone()),
            ("websocket", self.websocket_url.clone()),
            ("domain", self.domain.as_ref().map(DomainFacts::line)),
            (
                "release",
                self.release.as_ref().map(|release| match self.tried {
                    Some(false) => format!("{release}, which has not passed its trial"),
                    _ => release.clone(),
                }),
            ),
            ("version", self.version.clone()),
            (
                "candidate",
                self.candidate.as_ref().map(|number| format!("{number}, left by a deploy that did not finish")),
            ),
            ("function", self.function.clone()),
            ("log group", self.log_group.clone()),
            ("keep warm", instances),
            ("schedules", self.schedules_cell()),
            ("drift", self.drift.clone()),
            ("last day", Some(day)),
        ] {
            rows.extend(value.map(|value| vec![name.to_owned(), value]));
        }
        rows.extend(self.functions.iter().map(FurtherFunction::row));
        rows.extend(self.delivery.schedule_states.iter().flatten().map(schedule_row));
        rows.extend(self.delivery.event_sources.iter().flatten().map(source_row));
        rows.extend(self.alarms.iter().flatten().map(alarm_row));
        let behind = self.behind.iter().flatten();
        rows.extend(behind.map(|behind| vec!["behind".to_owned(), format!("{behind}; a deploy reconciles them")]));
        let state = self.schedules.map(|schedules| schedules.state);
        let cell = |drift: &ByHand| format!("{drift}; {}", drift.remedy(state));
        let by_hand = self.changed_by_hand.iter().flatten();
        rows.extend(by_hand.map(|drift| vec!["changed by hand".to_owned(), cell(drift)]));
        rows
    }
}
