//! Alarms of CloudWatch and their states.

use std::time::SystemTime;

use aws_sdk_cloudwatch::types::{AlarmType, StateValue};

use super::{Error, Region};

/// The state of an alarm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// An alarm, as CloudWatch describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) state: AlarmState,
    /// Why it is in this state, in CloudWatch's words.
    pub(crate) reason: Option<String>,
    /// Since when it is in this state.
    pub(crate) since: Option<SystemTime>,
}

impl Region {
    /// Reads metric alarms by their names, 100 with one call; one that does not exist is left out.
    pub(crate) async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, Error> {
        let mut alarms = Vec::new();
        for names in names.chunks(100) {
            let call = self.call("cloudwatch:DescribeAlarms", &names.join(", "));
            let request = self
                .cloudwatch()
                .describe_alarms()
                .set_alarm_names(Some(names.to_vec()))
                .alarm_types(AlarmType::MetricAlarm)
                .max_records(100);
            let answer = call.send(request.send()).await?;
            alarms.extend(answer.metric_alarms.unwrap_or_default().into_iter().map(|alarm| {
                Alarm {
                    name: alarm.alarm_name.unwrap_or_default(),
                    state: match alarm.state_value {
                        Some(StateValue::Ok) => AlarmState::Ok,
                        Some(StateValue::Alarm) => AlarmState::Alarm,
                        _ => AlarmState::InsufficientData,
                    },
                    reason: alarm.state_reason.filter(|reason| !reason.is_empty()),
                    since: alarm
                        .state_transitioned_timestamp
                        .or(alarm.state_updated_timestamp)
                        .and_then(|time| SystemTime::try_from(time).ok()),
                }
            }));
        }
        Ok(alarms)
    }
}
