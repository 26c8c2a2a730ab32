//! The alarms of a stage with their states, as CloudWatch has them.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Error;
use crate::{
    aws::{self, AlarmState, rfc3339},
    template::alarm::{StackAlarm, stack_alarms},
};

/// An alarm of the stack.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StageAlarm {
    /// What it watches, as the settings call it.
    pub(crate) alarm: &'static str,
    /// The further function that it watches; `None` is the main one, or the gateway.
    pub(crate) function: Option<String>,
    /// Its name in CloudWatch.
    pub(crate) name: String,
    /// Its state; `None` where it does not exist.
    #[serde(serialize_with = "word_of_state")]
    pub(crate) state: Option<AlarmState>,
    /// Since when it is in this state.
    pub(crate) since: Option<String>,
    /// Why it is in this state, in CloudWatch's words.
    pub(crate) reason: Option<String>,
}

impl StageAlarm {
    /// Name, state and reason.
    pub(super) fn sentence(&self) -> String {
        let state = self.state.map_or("missing", word);
        let since = self.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("alarm `{}` is {state}{since}{reason}", self.name)
    }
}

/// The state as words.
pub(crate) fn word(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Ok => "ok",
        AlarmState::Alarm => "in alarm",
        AlarmState::InsufficientData => "insufficient data",
    }
}

fn word_of_state<S: Serializer>(state: &Option<AlarmState>, serializer: S) -> Result<S::Ok, S::Error> {
    state.map(word).serialize(serializer)
}

/// The alarms of a template with their states, in one call; none where the template has none.
pub(crate) async fn alarms(region: &aws::Region, template: &Value) -> Result<Vec<StageAlarm>, Error> {
    let wanted = stack_alarms(template);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = wanted.iter().map(|alarm| alarm.name.clone()).collect();
    let mut found = region.alarms(&names).await?;
    let of_stage = |StackAlarm { kind, function, name }: StackAlarm| {
        let found = found.iter().position(|alarm| alarm.name == name).map(|index| found.swap_remove(index));
        StageAlarm {
            alarm: kind.key(),
            function,
            name,
            state: found.as_ref().map(|alarm| alarm.state),
            since: found.as_ref().and_then(|alarm| alarm.since).map(rfc3339),
            reason: found.and_then(|alarm| alarm.reason),
        }
    };
    Ok(wanted.into_iter().map(of_stage).collect())
}
