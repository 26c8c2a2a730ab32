//! The function of a stage that gets a call: the one that the flag names, or the one that the settings have for the handler or
//! for the source of the event.

use serde_json::Value;
use zappa_rs_adapter::contract;

use super::{function, input::Input, origin::Origin, physical::PhysicalNames};
use crate::{
    args::{HandlerKind, InvokeArgs},
    report::Failure,
    settings::{MAIN, Stage},
    template,
};

/// The further function to call; `None` for the main one.
///
/// # Errors
///
/// The flag names none of the stage's functions.
pub(in crate::commands) fn called_function(
    args: &InvokeArgs,
    input: &Input,
    stage: &Stage,
    names: &PhysicalNames,
) -> Result<Option<String>, Failure> {
    if let Some(name) = args.function.as_deref() {
        function::check(name, stage.functions.iter().map(|function| function.name.as_str()))?;
        return Ok(Some(name.to_owned()).filter(|name| name != MAIN));
    }
    let found = match (args.name.as_deref(), input) {
        (Some(name), _) => of_name(args.kind, name, stage),
        (None, Input::Event(event)) => {
            serde_json::from_slice(event).ok().and_then(|event| of_event(&event, stage, names))
        }
        (None, Input::Http(_)) => None,
    };
    Ok(found.map(str::to_owned))
}

/// Whether only the names in the account say which function gets the event.
pub(in crate::commands) fn needs_physical_names(args: &InvokeArgs, input: &Input, stage: &Stage) -> bool {
    match input {
        Input::Event(event) if args.name.is_none() && args.function.is_none() => {
            serde_json::from_slice(event).is_ok_and(|event| is_undecided(&event, stage))
        }
        _ => false,
    }
}

/// Whether the settings do not say which function gets an event.
fn is_undecided(event: &Value, stage: &Stage) -> bool {
    if stage.functions.is_empty() || !event[contract::EVENT_KEY].is_null() {
        return false;
    }
    let Some(origin) = Origin::of(event) else { return false };
    let sources = origin.sources(stage, &PhysicalNames::default());
    let is_one = sources.windows(2).all(|pair| pair[0].further() == pair[1].further());
    (sources.is_empty() || !is_one) && origin.may_be_generated(stage)
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
fn of_event<'a>(event: &Value, stage: &'a Stage, names: &PhysicalNames) -> Option<&'a str> {
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
        None => of_source(event, stage, names),
    }
}

/// The function of the source of an event that is none of our own.
fn of_source<'a>(event: &Value, stage: &'a Stage, names: &PhysicalNames) -> Option<&'a str> {
    if let (Some(kind), Some(id)) = (event["ResourceType"].as_str(), event["LogicalResourceId"].as_str()) {
        return template::function_of_custom(stage, id, kind).filter(|name| *name != MAIN);
    }
    // An event of a bucket has the name of its entry beside it, where the bucket has several.
    let entry = event[contract::NAME_KEY].as_str().filter(|_| event["source"] == "aws.s3");
    if let Some(entry) = entry
        && let Some(source) = stage.events.iter().find(|source| source.s3.is_some() && source.name == entry)
    {
        return source.further();
    }
    Origin::of(event)?.sources(stage, names).first()?.further()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zappa_rs_adapter::sample::Sample;

    use super::*;
    use crate::settings::{EventSource, Function, ReceiptRule, Schedule, Trigger};

    fn stage() -> Stage {
        let source = |name: &str, function: &str| EventSource {
            name: name.to_owned(),
            function: Some(function.to_owned()),
            ..EventSource::default()
        };
        let resource = |value: &str| Some(value.to_owned());
        let support = ReceiptRule { recipients: vec!["example.com".to_owned()], ..ReceiptRule::default() };
        let custom_resource =
            json!({ "Type": "Custom::Seed", "Properties": { "ServiceToken": { "Fn::Sub": "${fn:worker}" } } });
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
                EventSource { ses: Some(ReceiptRule::default()), ..source("all", MAIN) },
                EventSource { logs: resource("/aws/lambda/shop"), ..source("alerts", "worker") },
                EventSource { cognito: resource("Users"), triggers: vec![Trigger::PreSignUp], ..source("u", "worker") },
                EventSource {
                    cognito: resource("Users"),
                    triggers: vec![Trigger::PreTokenGeneration],
                    ..source("v", MAIN)
                },
                EventSource { sqs: resource("Paid"), ..source("paid", "worker") },
                EventSource { s3: resource("films"), ..source("films", MAIN) },
                EventSource { s3: resource("films"), ..source("trailers", "worker") },
            ],
            resources: [
                ("Jobs".to_owned(), json!({ "Properties": { "QueueName": "jobs-1" } })),
                ("Paid".to_owned(), json!({ "Type": "AWS::SQS::Queue" })),
                ("Seed".to_owned(), custom_resource),
            ]
            .into(),
            ..Stage::default()
        }
    }

    fn sample(kind: &str, key: &str, value: &str) -> Value {
        let mut event = Sample::find(kind).unwrap().event();
        event.set(key, value).unwrap();
        serde_json::to_value(&event).unwrap()
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
            (sample("logs", "group", "/aws/lambda/shop"), Some("worker")),
            (sample("logs", "group", "shop"), None),
            (sample("cognito-pre-sign-up", "user", "ada"), Some("worker")),
            (sample("cognito-pre-token-generation", "user", "ada"), None),
            (sample("custom-resource", "change", "Delete"), Some("worker")),
            (sample("custom-resource", "id", "Other"), Some("worker")),
            (sample("s3-event-bridge", "bucket", "films"), None),
            (
                json!({ "source": "aws.s3", "detail": { "bucket": { "name": "films" } }, "name": "trailers" }),
                Some("worker"),
            ),
            (json!({ "zappa_rs": "rule", "name": "placed" }), Some("worker")),
            (json!({ "zappa_rs": "schedule", "name": "nightly" }), Some("report")),
            (json!({ "zappa_rs": "schedule", "name": "plain" }), None),
            (json!({ "zappa_rs": "task", "name": "nightly" }), None),
            (json!({ "any": 1 }), None),
            (json!(null), None),
        ] {
            assert_eq!(of_event(&event, &stage, &PhysicalNames::default()), expected, "{event}");
        }
    }

    #[test]
    fn a_name_that_the_account_gave_is_looked_up_where_the_settings_do_not_decide() {
        let mut stage = stage();
        stage.functions = vec![Function { name: "worker".to_owned(), ..Default::default() }];
        let url = "https://sqs.eu-west-1.amazonaws.com/1/made-up-1";
        let names = PhysicalNames::of_stack([("Paid".to_owned(), url.to_owned())]);
        let event = sample("sqs", "queue", "made-up-1");
        assert_eq!(of_event(&event, &stage, &PhysicalNames::default()), None);
        assert_eq!(of_event(&event, &stage, &names), Some("worker"));
        assert!(is_undecided(&event, &stage));
        // The settings decide, or no entry of the kind has a name of the account.
        for event in [sample("sqs", "queue", "main-jobs"), sample("kinesis", "stream", "other"), json!({})] {
            assert!(!is_undecided(&event, &stage), "{event}");
        }
        stage.functions.clear();
        assert!(!is_undecided(&event, &stage), "all goes to the main function");
    }

    #[test]
    fn a_name_goes_to_the_function_of_its_kind() {
        let mut stage = stage();
        stage.functions = vec![Function { name: "nightly".to_owned(), ..Default::default() }];
        assert_eq!(of_name(HandlerKind::Schedule, "nightly", &stage), Some("report"));
        assert_eq!(of_name(HandlerKind::Function, "nightly", &stage), Some("nightly"));
        assert_eq!(of_name(HandlerKind::Task, "nightly", &stage), None);
    }
}
