//! Rules of event sources.

use std::collections::BTreeSet;

use super::{
    super::{DestinationKind, EventSource, SourceKind, StartingPosition},
    Rules, event_pattern,
    schedule::{is_schedule_name, is_utc_time},
};
use crate::logical_id::FunctionIds;

/// The most messages of a queue's batch that Lambda takes without a window.
const BATCH_WITHOUT_WINDOW: u32 = 10;
/// The least event pollers of a queue's provisioned mode.
const MIN_QUEUE_POLLERS: u32 = 2;

impl Rules<'_> {
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
                        "event `{}` has no source: one of `sqs`, `kinesis`, `dynamodb`, `msk`, `kafka`, `mq`, `sns`, `s3`, `iot`, `ses`, `logs`, `cognito` and `pattern`",
                        source.name
                    ),
                    _ => format!("event `{}` has several sources; each needs an entry of its own", source.name),
                };
                self.fault(["events", &index], sentence);
                continue;
            };
            let mut faults = source_faults(source, *kind);
            faults.extend(self.resource_faults(source, *kind));
            faults.extend(self.broker_faults(source, *kind));
            faults.extend(own_log_fault(self.stage.functions.iter().map(|function| &*function.name), source, *kind));
            faults.extend(self.named_rule_faults(source, *kind));
            // A misspelled trigger was said before.
            if matches!(kind, SourceKind::Cognito(_)) && source.triggers.is_empty() && !self.is_faulty(&["events"]) {
                faults.push(("cognito", "a user pool needs `triggers`, such as `[\"pre_sign_up\"]`".to_owned()));
            }
            let destination = source.failure_destination.as_deref().filter(|_| kind.is_stream() || kind.is_kafka());
            let fault =
                destination.and_then(|destination| self.destination_fault(destination, DestinationKind::MAPPING));
            faults.extend(fault.map(|sentence| ("failure_destination", sentence)));
            for (key, sentence) in faults {
                self.fault(["events", &index, key], sentence);
            }
            // A bucket may have several rules, and a user pool has each trigger once.
            let function = source.further().filter(|_| !matches!(kind, SourceKind::Cognito(_)));
            let is_one_of_many =
                matches!(kind, SourceKind::S3(_) | SourceKind::Iot(_) | SourceKind::Ses(_) | SourceKind::Pattern);
            if !is_one_of_many && !known.insert((source.identity(), function)) {
                let resource = source.identity().split_off(1).join("`, `");
                let sentence = format!("two events have the source `{resource}`, and a function can have it once");
                self.fault(["events", &index, kind.key()], sentence);
            }
            if !names.insert((kind.handler_kind(), &source.name)) {
                let sentence = format!("two events of a kind are named `{}`", source.name);
                self.fault(["events", &index, "name"], sentence);
            }
        }
    }
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
    faults.extend(poller_fault(source, kind));
    faults.extend(position_fault(source, kind));
    if source.retries.is_some() && source.failure_destination.is_none() {
        let sentence = "`retries` without `failure_destination` would lose the batches that are given up";
        faults.push(("retries", sentence.to_owned()));
    }
    if matches!(kind, SourceKind::Sns(_)) && source.filters.len() > 1 {
        faults.push(("filters", "a topic has one filter policy".to_owned()));
    }
    faults
}

/// The fault of a log group that a deploy makes for a function: it is none of `resources`, and the function's own would invoke
/// it for every line that it writes.
fn own_log_fault<'a>(
    mut functions: impl Iterator<Item = &'a str>,
    source: &EventSource,
    kind: SourceKind<'_>,
) -> Option<(&'static str, String)> {
    let SourceKind::Logs(group) = kind else { return None };
    let is_of = |function: Option<&str>| FunctionIds::of(function).log_group == group;
    if is_of(source.further()) {
        return Some(("logs", "the function's own log group would invoke it for every line that it writes".to_owned()));
    }
    (is_of(None) || functions.any(|function| is_of(Some(function)))).then(|| {
        let sentence = format!(
            "`{group}` is the log group of another function and none of `resources`: give its name, which `zappa-rs status` shows"
        );
        ("logs", sentence)
    })
}

/// The fault of a batch window of a FIFO queue.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
pub(super) fn window_fault(source: &EventSource) -> Option<(&'static str, String)> {
    source
        .batch_window_seconds
        .filter(|seconds| *seconds > 0)
        .map(|_| ("batch_window_seconds", "Lambda fills no batches of a FIFO queue by time".to_owned()))
}

/// The fault of event pollers that Lambda would refuse.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
fn poller_fault(source: &EventSource, kind: SourceKind<'_>) -> Option<(&'static str, String)> {
    let counts = [("min_pollers", source.min_pollers), ("max_pollers", source.max_pollers)];
    if let Some((key, count)) =
        counts.into_iter().find(|(_, count)| count.is_some_and(|count| count < MIN_QUEUE_POLLERS))
        && matches!(kind, SourceKind::Sqs(_))
    {
        let count = count.unwrap_or_default();
        return Some((key, format!("`{key}` of a queue is at least {MIN_QUEUE_POLLERS}, not {count}")));
    }
    if let (Some(least), Some(most)) = (source.min_pollers, source.max_pollers)
        && least > most
    {
        return Some(("max_pollers", format!("`max_pollers` is {most}, less than `min_pollers`, {least}")));
    }
    let key = if source.min_pollers.is_some() { "min_pollers" } else { "max_pollers" };
    let has_both = source.max_concurrency.is_some() && (source.min_pollers.is_some() || source.max_pollers.is_some());
    has_both.then(|| (key, format!("`{key}` and `max_concurrency` exclude each other: pollers bound the concurrency")))
}

/// The fault of a time from which a source is read.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
fn position_fault(source: &EventSource, kind: SourceKind<'_>) -> Option<(&'static str, String)> {
    let is_timed = source.starting_position == StartingPosition::AtTimestamp;
    match &source.starting_time {
        _ if is_timed && matches!(kind, SourceKind::DynamoDb(_)) => {
            Some(("starting_position", "a DynamoDB stream has `trim_horizon` and `latest` alone".to_owned()))
        }
        None if is_timed => Some(("starting_position", "`at_timestamp` needs `starting_time`".to_owned())),
        Some(_) if !is_timed => {
            Some(("starting_time", "`starting_time` needs `starting_position = \"at_timestamp\"`".to_owned()))
        }
        Some(time) if !is_utc_time(time) => {
            Some(("starting_time", format!("`{time}` is not a time in UTC, such as `2027-01-31T03:00:00Z`")))
        }
        _ => None,
    }
}

/// Faults of settings that belong to other kinds of sources.
fn foreign_settings(source: &EventSource, kind: SourceKind<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let is_queue = matches!(kind, SourceKind::Sqs(_));
    let (is_kafka, is_mq) = (kind.is_kafka(), matches!(kind, SourceKind::Mq(_)));
    let has_rule = matches!(kind, SourceKind::S3(_) | SourceKind::Pattern);
    let is_named_rule = matches!(kind, SourceKind::Iot(_) | SourceKind::Ses(_));
    let (is_polled, is_stream) = (kind.is_polled(), kind.is_stream());
    let has_position = source.starting_position != StartingPosition::default();
    // Whether it is set, whether it belongs here, its name, and what it belongs to.
    let settings = [
        (source.batch_size.is_some(), is_polled, "batch_size", "what Lambda polls"),
        (source.batch_window_seconds.is_some(), is_polled, "batch_window_seconds", "what Lambda polls"),
        (source.max_concurrency.is_some(), is_queue, "max_concurrency", "queues"),
        (source.min_pollers.is_some(), is_queue || is_kafka, "min_pollers", "queues and Kafka topics"),
        (source.max_pollers.is_some(), is_queue || is_kafka, "max_pollers", "queues and Kafka topics"),
        (source.parallelization.is_some(), is_stream, "parallelization", "streams"),
        (
            !source.filters.is_empty(),
            is_polled || matches!(kind, SourceKind::Sns(_)),
            "filters",
            "what Lambda polls and topics",
        ),
        (source.retries.is_some(), is_stream, "retries", "streams"),
        (
            source.failure_destination.is_some(),
            is_stream || is_kafka,
            "failure_destination",
            "streams and Kafka topics",
        ),
        (has_position, is_stream || is_kafka, "starting_position", "streams and Kafka topics"),
        (source.starting_time.is_some(), is_stream || is_kafka, "starting_time", "streams and Kafka topics"),
        (source.topic.is_some(), is_kafka, "topic", "`msk` and `kafka`"),
        (source.consumer_group.is_some(), is_kafka, "consumer_group", "`msk` and `kafka`"),
        (source.authentication.is_some(), is_kafka, "authentication", "`msk` and `kafka`"),
        (source.secret.is_some(), is_kafka || is_mq, "secret", "`msk`, `kafka` and `mq`"),
        (source.queue.is_some(), is_mq, "queue", "`mq`"),
        (source.virtual_host.is_some(), is_mq, "virtual_host", "`mq`"),
        (source.pattern.is_some(), has_rule, "pattern", "buckets and EventBridge"),
        (source.bus.is_some(), kind == SourceKind::Pattern, "bus", "patterns"),
        (source.filter_pattern.is_some(), matches!(kind, SourceKind::Logs(_)), "filter_pattern", "log groups"),
        (!source.triggers.is_empty(), matches!(kind, SourceKind::Cognito(_)), "triggers", "user pools"),
        (
            source.enabled.is_some(),
            is_polled || has_rule || is_named_rule,
            "enabled",
            "what Lambda polls, buckets and rules",
        ),
    ];
    settings.into_iter().filter(|(is_set, belongs, ..)| *is_set && !belongs).map(move |(_, _, key, sources)| {
        (key, format!("`{key}` is only for {sources}, and this event's source is `{}`", kind.key()))
    })
}

/// A name that can be part of `ZAPPA_SOURCES`, whose pairs have `=` and `,` between them.
fn is_source_name(name: &str) -> bool {
    is_schedule_name(name)
}
