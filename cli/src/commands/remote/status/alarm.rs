//! The alarms of a stage in one region.

use crate::{
    aws,
    rollout::{self, Deployed, Error, StageAlarm},
};

/// Reads the alarms of the live template with their states; no call where it has none.
pub(super) async fn alarms(region: &aws::Region, deployed: &Deployed) -> Result<Vec<StageAlarm>, Error> {
    match &deployed.live {
        Some(live) => rollout::alarms(region, live).await,
        None => Ok(Vec::new()),
    }
}

/// The row of an alarm.
pub(super) fn alarm_row(alarm: &StageAlarm) -> Vec<String> {
    let function = alarm.function.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
    let title = format!("alarm {}{function}", alarm.alarm);
    let Some(state) = alarm.state else {
        return vec![title, "missing".to_owned()];
    };
    let since = alarm.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
    let reason = alarm.reason.as_ref().filter(|_| state != aws::AlarmState::Ok);
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    vec![title, format!("{}{since}{reason}", rollout::alarm_word(state))]
}
