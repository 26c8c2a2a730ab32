//! Rules of schedules and event sources.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{
    super::{DestinationKind, EventSource, Schedule, SourceKind, Stage, StartingPosition, Trigger},
    Rules, event_pattern, source_name,
};
use crate::{logical_id, schedule::Expression, suggestion::nearest};

/// The most messages of a queue's batch that Lambda takes without a window.
const BATCH_WITHOUT_WINDOW: u32 = 10;
/// The most messages of a FIFO queue's batch.
const FIFO_BATCH: u32 = 10;
/// The visibility timeout of a queue whose settings have none, in seconds.
const VISIBILITY_SECONDS: u64 = 30;

impl Rules<'_> {
    pub(super) fn schedules(&mut self) {
        let mut names = BTreeSet::new();
        for (index, schedule) in self.stage.schedules.iter().enumerate() {
            let index = index.to_string();
            for (key, sentence) in schedule_faults(schedule) {
                self.fault(["schedules", &index, key], sentence);
            }
            let queue = schedule.dead_letter_queue.as_deref();
            if let Some(sentence) = queue.and_then(|queue| self.dead_letter_fault(queue)) {
                self.fault(["schedules", &index, "dead_letter_queue"], sentence);
            }
            if !names.insert(&schedule.name) {
                self.fault(["schedules", &index, "name"], format!("two schedules are named `{}`", schedule.name));
            }
        }
    }

    pub(super) fn events(&mut self) {
        let mut known = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (index, source) in self.stage.events.iter().enumerate() {
            let index = index.to_string();
            let kinds = source.kinds();
            let [kind] = kinds.as_slice() else {
                let sentence = match kinds.as_slice() {
                    // A misspelled source was said before.
                    [] if self.is_faulty(&["events"]) => continue,
                    [] => format!(
                        "event `{}` has no source: one of `sqs`, `kinesis`, `dynamodb`, `sns`, `s3`, `logs`, `cognito` and `pattern`",
                        source.name
                    ),
                    _ => format!("event `{}` has several sources; each needs an entry of its own", source.name),
                };
                self.fault(["events", &index], sentence);
                continue;
            };
            let mut faults = source_faults(source, *kind);
            faults.extend(self.resource_faults(source, *kind));
            // A misspelled trigger was said before.
            if matches!(kind, SourceKind::Cognito(_)) && source.triggers.is_empty() && !self.is_faulty(&["events"]) {
                faults.push(("cognito", "a user pool needs `triggers`, such as `[\"pre_sign_up\"]`".to_owned()));
            }
            let destination = source.failure_destination.as_deref().filter(|_| kind.is_stream());
            let fault =
                destination.and_then(|destination| self.destination_fault(destination, DestinationKind::MAPPING));
            faults.extend(fault.map(|sentence| ("failure_destination", sentence)));
            for (key, sentence) in faults {
                self.fault(["events", &index, key], sentence);
            }
            // A bucket may have several rules, and a user pool has each trigger once.
            let function = source.further().filter(|_| !matches!(kind, SourceKind::Cognito(_)));
            if let Some(resource) = kind.resource().filter(|_| !matches!(kind, SourceKind::S3(_)))
                && !known.insert((kind.key(), resource, function))
            {
                let sentence = format!("two events have the source `{resource}`, and a function can have it once");
                self.fault(["events", &index, kind.key()], sentence);
            }
            if !names.insert((kind.key(), &source.name)) {
                let sentence = format!("two events of a kind are named `{}`", source.name);
                self.fault(["events", &index, "name"], sentence);
            }
        }
    }

    /// Faults of the resource in `resources` that the source is.
    fn resource_faults(&self, source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
        let Some(id) = kind.resource() else { return Vec::new() };
        let Some(resource) = self.stage.resources.get(id) else {
            return match kind {
                SourceKind::DynamoDb(_) if !id.starts_with("arn:") => vec![(
                    "dynamodb",
                    format!("`{id}` is none of `resources`; a table elsewhere is named by the ARN of its stream"),
                )],
                _ => source_name::fault(kind, id, self.region)
                    .map(|sentence| (kind.key(), sentence))
                    .into_iter()
                    .collect(),
            };
        };
        let properties = &resource["Properties"];
        let expected = kind.resource_type();
        let mut faults = Vec::new();
        if resource["Type"] != expected {
            let found = resource["Type"].as_str().unwrap_or("no type");
            faults.push((kind.key(), format!("resource `{id}` is `{found}`, and this source takes `{expected}`")));
        }
        let sentence = match kind {
            SourceKind::Sqs(_) => visibility_fault(id, properties, self.stage.timeout_of(source.further())),
            SourceKind::S3(_) => notification_fault(id, properties),
            SourceKind::Cognito(_) => trigger_fault(id, properties, &source.triggers),
            SourceKind::DynamoDb(_) if properties["StreamSpecification"].is_null() => {
                Some(format!("table `{id}` has no stream: `StreamSpecification` is missing"))
            }
            _ => None,
        };
        faults.extend(sentence.map(|sentence| (kind.key(), sentence)));
        if let Some(size) = source.batch_size.filter(|size| *size > FIFO_BATCH)
            && properties["FifoQueue"] == true
        {
            faults
                .push(("batch_size", format!("a batch of a FIFO queue has {FIFO_BATCH} messages at most, not {size}")));
        }
        if properties["FifoQueue"] == true {
            faults.extend(window_fault(source));
        }
        faults
    }

    /// The fault of a destination of failures, which is of one of these kinds.
    fn destination_fault(&self, destination: &str, kinds: &[DestinationKind]) -> Option<String> {
        let found = DestinationKind::of(destination, &self.stage.resources);
        if found.is_none_or(|found| !kinds.contains(&found)) {
            let types: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.resource_type())).collect();
            return Some(format!("`{destination}` is none of the types that failures can go to: {}", types.join(", ")));
        }
        let is_fifo = match self.stage.resources.get(destination) {
            Some(resource) => ["FifoQueue", "FifoTopic"].iter().any(|key| resource["Properties"][*key] == true),
            None => destination.ends_with(".fifo"),
        };
        is_fifo
            .then(|| format!("`{destination}` is FIFO, and Lambda sends failures to standard queues and topics alone"))
    }

    /// The fault of a destination of asynchronous invocations that failed.
    pub(super) fn asynchronous_fault(&self, destination: &str) -> Option<String> {
        self.destination_fault(destination, DestinationKind::ASYNCHRONOUS)
    }

    /// The fault of a schedule's dead-letter queue: a standard queue in the region of the schedule.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>
    fn dead_letter_fault(&self, queue: &str) -> Option<String> {
        let kind = SourceKind::Sqs(queue);
        let is_fifo = match self.stage.resources.get(queue) {
            Some(resource) if resource["Type"] != kind.resource_type() => {
                let found = resource["Type"].as_str().unwrap_or("no type");
                return Some(format!("resource `{queue}` is `{found}`, and a dead-letter queue is `AWS::SQS::Queue`"));
            }
            Some(resource) => resource["Properties"]["FifoQueue"] == true,
            None => {
                if let Some(sentence) = source_name::fault(kind, queue, self.region) {
                    return Some(sentence);
                }
                queue.ends_with(".fifo")
            }
        };
        is_fifo.then(|| format!("`{queue}` is FIFO, and Scheduler takes a standard queue"))
    }

    pub(super) fn asynchronous(&mut self) {
        let destination = self.stage.async_failure_destination.as_deref();
        if let Some(sentence) = destination.and_then(|destination| self.asynchronous_fault(destination)) {
            self.fault(["async_failure_destination"], sentence);
        }
    }
}

/// The fault of a queue whose messages become visible again while the function may still handle them.
fn visibility_fault(id: &str, properties: &Value, timeout_seconds: u32) -> Option<String> {
    let visibility = match &properties["VisibilityTimeout"] {
        Value::Null => Some(VISIBILITY_SECONDS),
        value => value.as_u64(),
    };
    let visibility = visibility.filter(|visibility| *visibility < u64::from(timeout_seconds))?;
    Some(format!(
        "the `VisibilityTimeout` of queue `{id}` is {visibility} seconds, less than the function's `timeout_seconds = \
         {timeout_seconds}`: messages would be delivered again while they are handled; AWS recommends six times the timeout"
    ))
}

/// The fault of a user pool whose triggers cannot be set.
fn trigger_fault(id: &str, properties: &Value, triggers: &[Trigger]) -> Option<String> {
    let config = &properties["LambdaConfig"];
    if !(properties.is_null() || properties.is_object()) || !(config.is_null() || config.is_object()) {
        return Some(format!(
            "`Properties.LambdaConfig` of user pool `{id}` is not a table, so no trigger can be added"
        ));
    }
    if let Some(trigger) = triggers.iter().enumerate().find(|(index, trigger)| triggers[..*index].contains(trigger)) {
        return Some(format!("`{}` is twice in `triggers`", trigger.1.property()));
    }
    if let Some(trigger) = triggers.iter().find(|trigger| !config[trigger.property()].is_null()) {
        return Some(format!("`LambdaConfig` of user pool `{id}` has `{}` already", trigger.property()));
    }
    let sender = triggers.iter().find(|trigger| trigger.is_sender() && config["KMSKeyID"].is_null())?;
    Some(format!("`{}` needs a `KMSKeyID` in `LambdaConfig` of user pool `{id}`", sender.property()))
}

/// The fault of a bucket whose notifications cannot be extended.
fn notification_fault(id: &str, properties: &Value) -> Option<String> {
    let is_table = |value: &Value| value.is_null() || value.is_object();
    let notifications = &properties["NotificationConfiguration"];
    (!is_table(properties) || !is_table(notifications)).then(|| {
        format!(
            "`Properties.NotificationConfiguration` of bucket `{id}` is not a table, so EventBridge cannot be added"
        )
    })
}

/// Warnings of buckets whose notification configuration a deploy may write.
pub(super) fn bucket_warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    stage.outside_buckets().into_iter().map(move |bucket| {
        format!(
            "stage `{name}`: a deploy switches on the events of bucket `{bucket}` where they are off, by writing its whole \
             notification configuration again: what others change there at the same moment would be lost"
        )
    })
}

/// Warnings of sources and destinations that are like a resource of the stack: a misspelled one is taken for a name in the
/// account.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let similar = move |resource: &str, of: String, fits: &dyn Fn(&Value) -> bool| {
        if stage.resources.contains_key(resource) {
            return None;
        }
        let known = stage.resources.iter().filter(|(_, value)| fits(&value["Type"]));
        let meant = nearest(resource, known.map(|(id, _)| id.as_str()))?;
        Some(format!(
            "stage `{name}`: `{resource}` of {of} is none of `resources`, so it is looked for in the account; did you mean \
             `{meant}`?"
        ))
    };
    let is_destination =
        |kind: &Value| DestinationKind::ASYNCHRONOUS.iter().any(|known| *kind == known.resource_type());
    let is_queue = |kind: &Value| *kind == DestinationKind::Queue.resource_type();
    let sources = stage.events.iter().filter_map(move |source| {
        let [kind] = source.kinds()[..] else { return None };
        similar(kind.resource()?, format!("event `{}`", source.name), &|found| *found == kind.resource_type())
    });
    let failures = stage.events.iter().filter_map(move |source| {
        similar(source.failure_destination.as_deref()?, format!("event `{}`", source.name), &is_destination)
    });
    let asynchronous = stage
        .async_failure_destination
        .iter()
        .filter_map(move |destination| similar(destination, "`async_failure_destination`".to_owned(), &is_destination));
    let dead_letters = stage.schedules.iter().filter_map(move |schedule| {
        similar(schedule.dead_letter_queue.as_deref()?, format!("schedule `{}`", schedule.name), &is_queue)
    });
    sources.chain(failures).chain(asynchronous).chain(dead_letters)
}

fn schedule_faults(schedule: &Schedule) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if schedule.name.is_empty() {
        faults.push(("name", "`name` is missing here".to_owned()));
    } else if !is_schedule_name(&schedule.name) {
        let sentence = format!("`{}` is not a name of a schedule: 1 to 64 letters, digits and `-_.`", schedule.name);
        faults.push(("name", sentence));
    }
    let expression = &schedule.expression;
    if expression.is_empty() {
        faults.push(("expression", "`expression` is missing here".to_owned()));
    } else if let Err(error) = expression.parse::<Expression>() {
        faults.push(("expression", error.to_string()));
    }
    if let Some(zone) = &schedule.timezone {
        if expression.starts_with("rate(") {
            faults.push(("timezone", "a rate has no time zone".to_owned()));
        } else if !is_zone(zone) {
            faults.push(("timezone", format!("`{zone}` is not a time zone, such as `Europe/Berlin`")));
        }
    }
    for (key, time) in [("start", &schedule.start), ("end", &schedule.end)] {
        if let Some(time) = time.as_deref().filter(|time| !is_utc_time(time)) {
            faults.push((key, format!("`{time}` is not a time in UTC, such as `2027-01-31T03:00:00Z`")));
        }
    }
    if let (Some(start), Some(end)) = (&schedule.start, &schedule.end)
        && start >= end
    {
        faults.push(("end", "`end` is not after `start`".to_owned()));
    }
    faults
}

fn source_faults(source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if source.name.is_empty() {
        faults.push(("name", "`name` is missing here".to_owned()));
    } else if !is_source_name(&source.name) {
        let sentence = format!("`{}` is not a name of an event: 1 to 64 letters, digits and `-_.`", source.name);
        faults.push(("name", sentence));
    }
    faults.extend(foreign_settings(source, kind));
    if let Some(size) =
        source.batch_size.filter(|size| matches!(kind, SourceKind::Sqs(_)) && *size > BATCH_WITHOUT_WINDOW)
        && source.batch_window_seconds.unwrap_or_default() == 0
    {
        let sentence = format!("a queue's batch of {size} needs `batch_window_seconds` of 1 at least");
        faults.push(("batch_size", sentence));
    }
    if let (SourceKind::S3(_), Some(detail)) = (kind, source.pattern.as_ref().and_then(|pattern| pattern.get("detail")))
        && detail.as_object().is_none_or(|detail| detail.contains_key("bucket"))
    {
        faults.push((
            "pattern",
            "`detail` of a bucket's pattern is a table without `bucket`, which `s3` names".to_owned(),
        ));
    }
    if matches!(kind, SourceKind::Sqs(queue) if queue.ends_with(".fifo")) {
        faults.extend(window_fault(source));
    }
    let has_pattern_fault = faults.iter().any(|(key, _)| *key == "pattern");
    faults.extend(
        event_pattern::faults_of(source, kind).into_iter().filter(|(key, _)| *key != "pattern" || !has_pattern_fault),
    );
    faults.extend(poller_fault(source));
    if source.retries.is_some() && source.failure_destination.is_none() {
        let sentence = "`retries` without `failure_destination` would lose the batches that are given up";
        faults.push(("retries", sentence.to_owned()));
    }
    if kind == SourceKind::Logs(logical_id::LOG_GROUP) {
        let sentence = "the function's own log group would invoke it for every line that it writes";
        faults.push(("logs", sentence.to_owned()));
    }
    if matches!(kind, SourceKind::Sns(_)) && source.filters.len() > 1 {
        faults.push(("filters", "a topic has one filter policy".to_owned()));
    }
    faults
}

/// The fault of a batch window of a FIFO queue.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
fn window_fault(source: &EventSource) -> Option<(&'static str, String)> {
    source
        .batch_window_seconds
        .filter(|seconds| *seconds > 0)
        .map(|_| ("batch_window_seconds", "Lambda fills no batches of a FIFO queue by time".to_owned()))
}

/// The fault of event pollers that Lambda would refuse.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
fn poller_fault(source: &EventSource) -> Option<(&'static str, String)> {
    if let (Some(least), Some(most)) = (source.min_pollers, source.max_pollers)
        && least > most
    {
        return Some(("max_pollers", format!("`max_pollers` is {most}, less than `min_pollers`, {least}")));
    }
    let key = if source.min_pollers.is_some() { "min_pollers" } else { "max_pollers" };
    let has_both = source.max_concurrency.is_some() && (source.min_pollers.is_some() || source.max_pollers.is_some());
    has_both.then(|| (key, format!("`{key}` and `max_concurrency` exclude each other: pollers bound the concurrency")))
}

/// Faults of settings that belong to other kinds of sources.
fn foreign_settings(source: &EventSource, kind: SourceKind<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let is_queue = matches!(kind, SourceKind::Sqs(_));
    let has_rule = matches!(kind, SourceKind::S3(_) | SourceKind::Pattern);
    let (is_polled, is_stream) = (kind.is_polled(), kind.is_stream());
    let has_position = source.starting_position != StartingPosition::default();
    // Whether it is set, whether it belongs here, its name, and what it belongs to.
    let settings = [
        (source.batch_size.is_some(), is_polled, "batch_size", "queues and streams"),
        (source.batch_window_seconds.is_some(), is_polled, "batch_window_seconds", "queues and streams"),
        (source.max_concurrency.is_some(), is_queue, "max_concurrency", "queues"),
        (source.min_pollers.is_some(), is_queue, "min_pollers", "queues"),
        (source.max_pollers.is_some(), is_queue, "max_pollers", "queues"),
        (source.parallelization.is_some(), is_stream, "parallelization", "streams"),
        (
            !source.filters.is_empty(),
            is_polled || matches!(kind, SourceKind::Sns(_)),
            "filters",
            "queues, streams and topics",
        ),
        (source.retries.is_some(), is_stream, "retries", "streams"),
        (source.failure_destination.is_some(), is_stream, "failure_destination", "streams"),
        (has_position, is_stream, "starting_position", "streams"),
        (source.pattern.is_some(), has_rule, "pattern", "buckets and EventBridge"),
        (source.bus.is_some(), kind == SourceKind::Pattern, "bus", "patterns"),
        (source.filter_pattern.is_some(), matches!(kind, SourceKind::Logs(_)), "filter_pattern", "log groups"),
        (!source.triggers.is_empty(), matches!(kind, SourceKind::Cognito(_)), "triggers", "user pools"),
        (source.enabled.is_some(), is_polled || has_rule, "enabled", "queues, streams, buckets and EventBridge"),
    ];
    settings.into_iter().filter(|(is_set, belongs, ..)| *is_set && !belongs).map(move |(_, _, key, sources)| {
        (key, format!("`{key}` is only for {sources}, and this event's source is `{}`", kind.key()))
    })
}

/// The pattern of EventBridge Scheduler: `[0-9a-zA-Z-_.]+`, 64 characters at most.
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
fn is_schedule_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A name that can be part of `ZAPPA_SOURCES`, whose pairs have `=` and `,` between them.
fn is_source_name(name: &str) -> bool {
    is_schedule_name(name)
}

/// `2027-01-31T03:00:00Z`.
fn is_utc_time(time: &str) -> bool {
    time::PrimitiveDateTime::parse(
        time,
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"),
    )
    .is_ok()
}

/// A name of the time zone database, as it is written there: an area and a location, or `UTC`.
fn is_zone(zone: &str) -> bool {
    let is_word = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    zone.split('/').all(is_word) && TimeZone::get(zone).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert!(is_zone("Europe/Berlin") && is_zone("UTC") && is_zone("America/Argentina/Ushuaia"));
        assert!(!is_zone("Europe/Berlim") && !is_zone("Berlin time") && !is_zone("europe/berlin") && !is_zone(""));
    }
}
