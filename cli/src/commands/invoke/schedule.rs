//! A schedule that is called by its name without a payload: what EventBridge Scheduler would send now.

use std::time::SystemTime;

use jiff::Timestamp;

use super::input::Input;
use crate::{
    args::{HandlerKind, InvokeArgs},
    local::stamp,
    schedule::{SCHEDULE_ARN, delivered},
    settings::{Schedule, Stage},
    template,
};

/// The input, in which a call of a schedule without `--data` has the event that the stack's schedule of this name sends: its
/// `payload` of the settings, else time, execution and attempt.
pub(in crate::commands) fn filled(input: Input, args: &InvokeArgs, stage: &Stage, now: SystemTime) -> Input {
    match called(args) {
        Some(name) => Input::Event(event(name, stage, now).into_bytes()),
        None => input,
    }
}

/// The schedule that is called without a payload.
fn called(args: &InvokeArgs) -> Option<&str> {
    args.name.as_deref().filter(|_| args.kind == HandlerKind::Schedule && args.data.is_none())
}

/// Whether the event of a schedule has a word for its ARN, which the settings do not tell.
pub(in crate::commands) fn needs_arn(input: &Input, args: &InvokeArgs) -> bool {
    let Input::Event(event) = input else { return false };
    called(args).is_some() && String::from_utf8_lossy(event).contains(SCHEDULE_ARN)
}

/// The event with the ARN of its schedule.
pub(in crate::commands) fn with_arn(input: Input, arn: &str) -> Input {
    match input {
        Input::Event(event) => Input::Event(String::from_utf8_lossy(&event).replace(SCHEDULE_ARN, arn).into_bytes()),
        Input::Http(arrival) => Input::Http(arrival),
    }
}

fn event(name: &str, stage: &Stage, now: SystemTime) -> String {
    let unknown = Schedule { name: name.to_owned(), ..Schedule::default() };
    let schedule = stage.schedules.iter().find(|schedule| schedule.name == name).unwrap_or(&unknown);
    let time = Timestamp::try_from(now).unwrap_or_default();
    delivered(&template::schedule_event(schedule).to_string(), None, time, &stamp::uuid())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_schedule_sends_what_its_stack_would_send() {
        let with_payload = Schedule {
            name: "mails".to_owned(),
            payload: Some(json!({ "to": "all", "of": SCHEDULE_ARN, "try": "<aws.scheduler.attempt-number>" })),
            ..Schedule::default()
        };
        let plain = Schedule { name: "nightly".to_owned(), ..Schedule::default() };
        let stage = Stage { schedules: vec![with_payload, plain], ..Stage::default() };
        let sent = |name: &str| event(name, &stage, SystemTime::UNIX_EPOCH);
        let json = |name: &str| serde_json::from_str::<Value>(&sent(name)).unwrap();
        assert_eq!(
            json("mails"),
            json!({ "zappa_rs": "schedule", "name": "mails", "payload": { "to": "all", "of": SCHEDULE_ARN, "try": "1" } })
        );
        for name in ["nightly", "of-no-settings"] {
            let event = json(name);
            assert_eq!((&event["zappa_rs"], &event["name"]), (&json!("schedule"), &json!(name)));
            let payload = &event["payload"];
            assert_eq!(payload["scheduled_time"], "1970-01-01T00:00:00Z");
            assert_eq!(
                (payload["attempt"].as_str(), payload["execution_id"].as_str().map(str::len)),
                (Some("1"), Some(36))
            );
        }
        let input = Input::Event(sent("mails").into_bytes());
        let Input::Event(event) = with_arn(input, "arn:x") else { panic!("an event stays one") };
        assert!(String::from_utf8(event).unwrap().contains(r#""of":"arn:x""#));
    }
}
