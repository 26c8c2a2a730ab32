//! What is called, as the errors of a call need it: a registered name, or the resource of an event.

use serde_json::Value;

use super::{input::Input, origin::Origin};
use crate::{
    args::{HandlerKind, InvokeArgs},
    settings::Stage,
};

/// What is called: a registered name, or the handler of a resource.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Named {
    pub(in crate::commands) name: String,
    /// Whether it is the name of the resource that sent the event.
    pub(in crate::commands) is_resource: bool,
    /// The remedy, where the settings have the name as something else than it is called.
    pub(in crate::commands) other_kind: Option<String>,
}

impl Named {
    /// The name of the flags, or of the resource of an event; `None` for a request.
    pub(in crate::commands) fn of(args: &InvokeArgs, input: &Input, stage: &Stage) -> Option<Self> {
        match (args.name.clone(), input) {
            (Some(name), _) => Some(Self { other_kind: other_kind(args.kind, &name, stage), name, is_resource: false }),
            (None, Input::Event(event)) => Self::of_event(&serde_json::from_slice(event).ok()?, stage),
            (None, Input::Http(_)) => None,
        }
    }

    fn of_event(event: &Value, stage: &Stage) -> Option<Self> {
        let origin = Origin::of(event)?;
        let other_kind = origin.source_by_id(stage).map(|source| {
            let (id, name) = (origin.name(), &source.name);
            format!("`{id}` is a logical id, which no event has: send the event with the name of its entry, `{name}`")
        });
        Some(Self { name: origin.name().to_owned(), is_resource: true, other_kind })
    }
}

/// The remedy, where a name of the settings is not of the kind that is called.
fn other_kind(kind: HandlerKind, name: &str, stage: &Stage) -> Option<String> {
    if kind != HandlerKind::Schedule && stage.schedules.iter().any(|schedule| schedule.name == name) {
        return Some(format!("`{name}` is a schedule of the settings: add `--kind schedule`"));
    }
    if kind != HandlerKind::Function && stage.further(name).is_some() {
        return Some(format!("`{name}` is a function of the settings: leave out `--kind`"));
    }
    let is_event = stage.events.iter().any(|source| source.name == name);
    is_event.then(|| {
        format!("`{name}` is an event of the settings: send one by `--event FILE`; `zappa-rs event` prints samples")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::{EventSource, Function, Schedule};

    #[test]
    fn a_name_of_another_kind_has_a_hint() {
        use HandlerKind as Kind;
        let stage = Stage {
            functions: vec![Function { name: "report".to_owned(), ..Function::default() }],
            schedules: vec![Schedule { name: "nightly".to_owned(), ..Schedule::default() }],
            events: vec![EventSource { name: "jobs".to_owned(), ..EventSource::default() }],
            ..Stage::default()
        };
        for (kind, name, expected) in [
            (Kind::Function, "nightly", Some("add `--kind schedule`")),
            (Kind::Task, "nightly", Some("add `--kind schedule`")),
            (Kind::Schedule, "nightly", None),
            (Kind::Schedule, "report", Some("leave out `--kind`")),
            (Kind::Function, "report", None),
            (Kind::Function, "jobs", Some("`--event FILE`")),
            (Kind::Function, "unknown", None),
        ] {
            let hint = other_kind(kind, name, &stage);
            assert_eq!(hint.is_some(), expected.is_some(), "{name}: {hint:?}");
            assert!(hint.is_none_or(|hint| hint.contains(expected.unwrap_or_default())), "{name}");
        }
    }

    #[test]
    fn a_logical_id_in_an_event_has_a_hint() {
        let jobs = EventSource { name: "jobs".to_owned(), sqs: Some("Jobs".to_owned()), ..EventSource::default() };
        let stage = Stage {
            events: vec![jobs],
            resources: [("Jobs".to_owned(), json!({ "Type": "AWS::SQS::Queue" }))].into(),
            ..Stage::default()
        };
        let hint = |queue: &str| {
            let arn = format!("arn:aws:sqs:eu-west-1:1:{queue}");
            let event = json!({ "Records": [{ "eventSource": "aws:sqs", "eventSourceARN": arn }] });
            Named::of_event(&event, &stage).unwrap().other_kind
        };
        assert!(hint("Jobs").is_some_and(|hint| hint.ends_with("its entry, `jobs`")));
        assert_eq!((hint("jobs"), hint("unknown")), (None, None));
    }
}
