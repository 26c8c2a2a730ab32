//! The function of a stage that gets a call: the one that the flag names, or the one that the settings have for the handler or
//! for the source of the event.

use serde_json::Value;
use zappa_rs_adapter::contract;

use super::{function, input::Input};
use crate::{
    args::{HandlerKind, InvokeArgs},
    report::Failure,
    settings::{EventSource, MAIN, SourceKind, Stage},
};

/// The properties that name a resource, by the type of a source.
const NAME_PROPERTIES: [&str; 5] = ["QueueName", "Name", "TableName", "TopicName", "BucketName"];

/// The registered name that is called.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Named {
    pub(in crate::commands) name: String,
    /// The remedy, where the settings have the name as something else than the flags say.
    pub(in crate::commands) other_kind: Option<String>,
}

impl Named {
    /// The name of the flags; `None` for an event and a request.
    pub(in crate::commands) fn of(args: &InvokeArgs, stage: &Stage) -> Option<Self> {
        let name = args.name.clone()?;
        Some(Self { other_kind: other_kind(args.kind, &name, stage), name })
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

/// The further function to call; `None` for the main one.
///
/// # Errors
///
/// The flag names none of the stage's functions.
pub(in crate::commands) fn called_function(
    args: &InvokeArgs,
    input: &Input,
    stage: &Stage,
) -> Result<Option<String>, Failure> {
    if let Some(name) = args.function.as_deref() {
        function::check(name, stage.functions.iter().map(|function| function.name.as_str()))?;
        return Ok(Some(name.to_owned()).filter(|name| name != MAIN));
    }
    let found = match (args.name.as_deref(), input) {
        (Some(name), _) => of_name(args.kind, name, stage),
        (None, Input::Event(event)) => serde_json::from_slice(event).ok().and_then(|event| of_event(&event, stage)),
        (None, Input::Http(_)) => None,
    };
    Ok(found.map(str::to_owned))
}

/// The function of what is registered under a name.
fn of_name<'a>(kind: HandlerKind, name: &str, stage: &'a Stage) -> Option<&'a str> {
    match kind {
        HandlerKind::Function => stage.further(name).map(|function| function.name.as_str()),
        HandlerKind::Schedule => stage.schedules.iter().find(|schedule| schedule.name == name)?.further(),
        HandlerKind::Task => None,
    }
}

/// The function that gets an event: by the name in an event of our own, or by its source.
fn of_event<'a>(event: &Value, stage: &'a Stage) -> Option<&'a str> {
    let name = event[contract::NAME_KEY].as_str().unwrap_or_default();
    match event[contract::EVENT_KEY].as_str() {
        Some(contract::KIND_FUNCTION) => of_name(HandlerKind::Function, name, stage),
        Some(contract::KIND_SCHEDULE) => of_name(HandlerKind::Schedule, name, stage),
        Some(contract::KIND_RULE) => stage.events.iter().find(|source| source.name == name)?.further(),
        // `iot:telemetry`
        Some(word) => {
            let (kind, name) = word.split_once(':').filter(|(kind, _)| *kind == contract::KIND_IOT)?;
            stage.events.iter().find(|source| source.kind().key() == kind && source.name == name)?.further()
        }
        None => {
            let (kind, resource) = origin(event)?;
            let is_its = |source: &&EventSource| source.kind().handler_kind() == kind && is_of(source, resource, stage);
            stage.events.iter().find(is_its)?.further()
        }
    }
}

/// The kind of an event's source, as its handlers', and the name of the queue, stream, table, topic or bucket.
fn origin(event: &Value) -> Option<(&'static str, &str)> {
    if event["source"] == "aws.s3" {
        return Some(("s3", event["detail"]["bucket"]["name"].as_str()?));
    }
    match event["eventSource"].as_str() {
        Some("aws:kafka" | "SelfManagedKafka") => {
            let (_, records) = event["records"].as_object()?.iter().next()?;
            return Some(("kafka", records[0]["topic"].as_str()?));
        }
        Some("aws:mq") => return Some(("mq", event["messages"][0]["destination"]["physicalName"].as_str()?)),
        Some("aws:rmq") => {
            // `orders::/`, with the virtual host.
            let (queue, _) = event["rmqMessagesByQueue"].as_object()?.iter().next()?;
            return Some(("mq", queue.split("::").next().unwrap_or(queue)));
        }
        _ => {}
    }
    let record = event["Records"].get(0)?;
    if let Some(topic) = record["Sns"]["TopicArn"].as_str() {
        return Some(("sns", last(topic)));
    }
    let arn = record["eventSourceARN"].as_str();
    Some(match record["eventSource"].as_str()? {
        "aws:sqs" => ("sqs", last(arn?)),
        "aws:kinesis" => ("kinesis", last(arn?)),
        // `arn:…:table/orders/stream/2026-01-31T03:00:00.000`
        "aws:dynamodb" => ("dynamodb", table(arn?)),
        "aws:s3" => ("s3", record["s3"]["bucket"]["name"].as_str()?),
        "aws:ses" => ("ses", record["ses"]["receipt"]["recipients"][0].as_str()?),
        _ => return None,
    })
}

/// Whether a source reads a resource: by the resource's name, its ARN, or its logical id where the settings name it no further;
/// or the event was made by hand with the name of the settings.
fn is_of(source: &EventSource, name: &str, stage: &Stage) -> bool {
    let kind = source.kind();
    let resource = kind.resource().unwrap_or_default();
    let properties = stage.resources.get(resource).map(|resource| &resource["Properties"]);
    let own_name = if matches!(kind, SourceKind::DynamoDb(_)) { table(resource) } else { last(resource) };
    let given = properties.and_then(|properties| NAME_PROPERTIES.iter().find_map(|key| properties[*key].as_str()));
    // The topic or the queue of a broker.
    let of_broker = [&source.topic, &source.queue].into_iter().any(|part| part.as_deref() == Some(name));
    let is_recipient = source.ses.as_ref().is_some_and(|rule| rule.takes(name));
    is_recipient || source.name == name || given == Some(name) || own_name == name || of_broker
}

/// The last part of an ARN, or a whole name.
fn last(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

/// The table in the ARN of its stream, or a whole name.
fn table(arn: &str) -> &str {
    let rest = arn.split_once(":table/").map_or(arn, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::{ReceiptRule, Schedule};

    fn stage() -> Stage {
        let source = |name: &str, function: &str| EventSource {
            name: name.to_owned(),
            function: Some(function.to_owned()),
            ..EventSource::default()
        };
        let resource = |value: &str| Some(value.to_owned());
        let support = ReceiptRule { recipients: vec!["example.com".to_owned()], ..ReceiptRule::default() };
        let schedule = Schedule { name: "nightly".to_owned(), function: resource("report"), ..Schedule::default() };
        Stage {
            schedules: vec![schedule, Schedule { name: "plain".to_owned(), ..Schedule::default() }],
            events: vec![
                EventSource { sqs: resource("Jobs"), ..source("jobs", "worker") },
                EventSource { kinesis: resource("clicks-2"), ..source("clicks", "worker") },
                EventSource { dynamodb: resource("Orders"), ..source("orders", "worker") },
                EventSource { sns: resource("arn:aws:sns:eu-west-1:1:news-1"), ..source("news", "worker") },
                EventSource { s3: resource("pictures-1"), ..source("pictures", "worker") },
                EventSource { pattern: Some(serde_json::Map::new()), ..source("placed", "worker") },
                EventSource { sqs: resource("main-jobs"), ..source("other", MAIN) },
                EventSource { msk: resource("Cluster"), topic: resource("paid"), ..source("payments", "worker") },
                EventSource { iot: resource("SELECT * FROM 'a'"), ..source("telemetry", "worker") },
                EventSource { ses: Some(support), ..source("support", "worker") },
                EventSource { mq: resource("Broker"), queue: resource("mails"), ..source("mail", "worker") },
            ],
            resources: [("Jobs".to_owned(), json!({ "Properties": { "QueueName": "jobs-1" } }))].into(),
            ..Stage::default()
        }
    }

    #[test]
    fn a_name_of_another_kind_has_a_hint() {
        use HandlerKind::{Function, Schedule, Task};
        let mut stage = stage();
        let report = crate::settings::Function { name: "report".to_owned(), ..crate::settings::Function::default() };
        stage.functions.push(report);
        for (kind, name, expected) in [
            (Function, "nightly", Some("add `--kind schedule`")),
            (Task, "nightly", Some("add `--kind schedule`")),
            (Schedule, "nightly", None),
            (Schedule, "report", Some("leave out `--kind`")),
            (Function, "report", None),
            (Function, "jobs", Some("`--event FILE`")),
            (Function, "unknown", None),
        ] {
            let hint = other_kind(kind, name, &stage);
            assert_eq!(hint.is_some(), expected.is_some(), "{name}: {hint:?}");
            assert!(hint.is_none_or(|hint| hint.contains(expected.unwrap_or_default())), "{name}");
        }
    }

    #[test]
    fn an_event_goes_to_the_function_of_its_source() {
        let stage = stage();
        let record = |source: &str, arn: &str| json!({ "Records": [{ "eventSource": source, "eventSourceARN": arn }] });
        let email = |recipient: &str| json!({ "Records": [{ "eventSource": "aws:ses", "ses": { "receipt": { "recipients": [recipient] } } }] });
        for (event, expected) in [
            (record("aws:sqs", "arn:aws:sqs:eu-west-1:1:jobs-1"), Some("worker")),
            // The name of the settings, and a logical id.
            (record("aws:sqs", "arn:aws:sqs:eu-west-1:1:jobs"), Some("worker")),
            (record("aws:sqs", "arn:aws:sqs:eu-west-1:1:main-jobs"), None),
            (record("aws:sqs", "arn:aws:sqs:eu-west-1:1:unknown"), None),
            (record("aws:kinesis", "arn:aws:kinesis:eu-west-1:1:stream/clicks-2"), Some("worker")),
            (
                record("aws:dynamodb", "arn:aws:dynamodb:eu-west-1:1:table/Orders/stream/2026-01-01T00:00:00"),
                Some("worker"),
            ),
            (json!({ "Records": [{ "Sns": { "TopicArn": "arn:aws:sns:eu-west-1:1:news-1" } }] }), Some("worker")),
            (json!({ "source": "aws.s3", "detail": { "bucket": { "name": "pictures-1" } } }), Some("worker")),
            (
                json!({ "Records": [{ "eventSource": "aws:s3", "s3": { "bucket": { "name": "pictures-1" } } }] }),
                Some("worker"),
            ),
            (json!({ "eventSource": "aws:kafka", "records": { "paid-0": [{ "topic": "paid" }] } }), Some("worker")),
            (json!({ "eventSource": "aws:kafka", "records": { "sent-0": [{ "topic": "sent" }] } }), None),
            (
                json!({ "eventSource": "aws:mq", "messages": [{ "destination": { "physicalName": "mails" } }] }),
                Some("worker"),
            ),
            (json!({ "eventSource": "aws:rmq", "rmqMessagesByQueue": { "mails::/": [{}] } }), Some("worker")),
            (json!({ "zappa_rs": "iot:telemetry" }), Some("worker")),
            (json!({ "zappa_rs": "iot:placed" }), None),
            (email("help@example.com"), Some("worker")),
            (email("help@example.org"), None),
            (json!({ "zappa_rs": "rule", "name": "placed" }), Some("worker")),
            (json!({ "zappa_rs": "schedule", "name": "nightly" }), Some("report")),
            (json!({ "zappa_rs": "schedule", "name": "plain" }), None),
            (json!({ "zappa_rs": "task", "name": "nightly" }), None),
            (json!({ "any": 1 }), None),
            (json!(null), None),
        ] {
            assert_eq!(of_event(&event, &stage), expected, "{event}");
        }
    }

    #[test]
    fn a_name_goes_to_the_function_of_its_kind() {
        let mut stage = stage();
        stage.functions = vec![crate::settings::Function { name: "nightly".to_owned(), ..Default::default() }];
        assert_eq!(of_name(HandlerKind::Schedule, "nightly", &stage), Some("report"));
        assert_eq!(of_name(HandlerKind::Function, "nightly", &stage), Some("nightly"));
        assert_eq!(of_name(HandlerKind::Task, "nightly", &stage), None);
    }
}
