//! The origin of an event: the kind of its source and the resource that sent it.

use std::io::Read as _;

use base64_simd::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::physical::{PhysicalNames, resource_name};
use crate::settings::{EventSource, SourceKind, Stage};

/// The properties that name a resource, by the type of a source.
const NAME_PROPERTIES: [&str; 6] = ["QueueName", "Name", "TableName", "TopicName", "BucketName", "LogGroupName"];
/// The most bytes of a batch of logs that are read: Lambda's own limit is 1 MB compressed.
const MAX_LOGS: u64 = 64 << 20;

/// The kind of an event's source, as its handlers', and what is known of the resource.
#[derive(Debug)]
pub(super) struct Origin {
    kind: &'static str,
    /// The names of the queue, stream, table, topic, bucket, log group or user pool; of an email its recipients.
    names: Vec<String>,
    /// The word of Cognito for what triggered it.
    trigger: Option<String>,
}

/// How well a source fits an origin, the best last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Fit {
    /// It takes such events of any resource.
    Kind,
    /// The event was made by hand with the name of the settings' entry.
    Entry,
    /// It reads the resource.
    Resource,
}

impl Origin {
    fn new(kind: &'static str, name: &str) -> Self {
        Self { kind, names: vec![name.to_owned()], trigger: None }
    }

    /// The origin of an event; `None` where the event does not say it.
    pub(super) fn of(event: &Value) -> Option<Self> {
        let of_name = |kind, name: &Value| Some(Self::new(kind, resource_name(name.as_str()?)));
        if event["source"] == "aws.s3" {
            return of_name("s3", &event["detail"]["bucket"]["name"]);
        }
        if let Some(data) = event["awslogs"]["data"].as_str() {
            return of_name("logs", &log_batch(data)?["logGroup"]);
        }
        if let (Some(trigger), Some(pool)) = (event["triggerSource"].as_str(), event["userPoolId"].as_str()) {
            return Some(Self { trigger: Some(trigger.to_owned()), ..Self::new("cognito", pool) });
        }
        match event["eventSource"].as_str() {
            Some("aws:kafka" | "SelfManagedKafka") => {
                let (_, records) = event["records"].as_object()?.iter().next()?;
                return of_name("kafka", &records[0]["topic"]);
            }
            Some("aws:mq") => return of_name("mq", &event["messages"][0]["destination"]["physicalName"]),
            Some("aws:rmq") => {
                // `orders::/`, with the virtual host.
                let (queue, _) = event["rmqMessagesByQueue"].as_object()?.iter().next()?;
                return Some(Self::new("mq", queue.split("::").next().unwrap_or(queue)));
            }
            _ => {}
        }
        Self::of_record(event["Records"].get(0)?)
    }

    fn of_record(record: &Value) -> Option<Self> {
        let of = |kind, name: &Value| Some(Self::new(kind, resource_name(name.as_str()?)));
        if record["Sns"].is_object() {
            return of("sns", &record["Sns"]["TopicArn"]);
        }
        let arn = &record["eventSourceARN"];
        match record["eventSource"].as_str()? {
            "aws:sqs" => of("sqs", arn),
            "aws:kinesis" => of("kinesis", arn),
            "aws:dynamodb" => of("dynamodb", arn),
            "aws:s3" => of("s3", &record["s3"]["bucket"]["name"]),
            "aws:ses" => {
                let recipients = record["ses"]["receipt"]["recipients"].as_array()?;
                let names = recipients.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                Some(Self { kind: "ses", names, trigger: None })
            }
            _ => None,
        }
    }

    /// The name of the resource.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The entries of the settings that may be the source, all equally well.
    pub(super) fn sources<'a>(&self, stage: &'a Stage, names: &PhysicalNames) -> Vec<&'a EventSource> {
        let fits: Vec<_> =
            stage.events.iter().filter_map(|source| Some((self.fit(source, stage, names)?, source))).collect();
        let best = fits.iter().map(|(fit, _)| *fit).max();
        fits.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, source)| source).collect()
    }

    /// The entry that names the resource by its logical id, which no event has.
    pub(super) fn source_by_id<'a>(&self, stage: &'a Stage) -> Option<&'a EventSource> {
        let is_its = |source: &&EventSource| {
            let kind = source.kind();
            kind.handler_kind() == self.kind && kind.resource() == Some(self.name()) && source.name != self.name()
        };
        stage.events.iter().find(is_its).filter(|_| stage.resources.contains_key(self.name()))
    }

    /// Whether an entry of this kind has a resource whose name is not in the settings.
    pub(super) fn may_be_generated(&self, stage: &Stage) -> bool {
        stage.events.iter().any(|source| {
            let kind = source.kind();
            let is_here = kind.resource().is_some_and(|resource| stage.resources.contains_key(resource));
            kind.handler_kind() == self.kind && is_here && given_name(kind, stage).is_none()
        })
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// How well a source fits: it names the resource, or its logical id where that is all that the settings have.
    fn fit(&self, source: &EventSource, stage: &Stage, names: &PhysicalNames) -> Option<Fit> {
        let kind = source.kind();
        if kind.handler_kind() != self.kind {
            return None;
        }
        if let Some(trigger) = &self.trigger
            && !source.triggers.iter().any(|known| known.is_of(trigger))
        {
            return None;
        }
        let resource = kind.resource().unwrap_or_default();
        let is_part = |part: &Option<String>| part.as_deref().is_some_and(|part| self.has(part));
        let is_resource = match kind {
            SourceKind::Msk(_) | SourceKind::Kafka(_) => is_part(&source.topic),
            SourceKind::Mq(_) => is_part(&source.queue),
            SourceKind::Ses(rule) => !rule.recipients.is_empty() && self.names.iter().any(|name| rule.takes(name)),
            _ => {
                self.has(resource_name(resource))
                    || [given_name(kind, stage), names.get(resource)].into_iter().flatten().any(|name| self.has(name))
            }
        };
        let is_of_any = match kind {
            SourceKind::Ses(rule) => rule.recipients.is_empty(),
            SourceKind::Cognito(_) => true,
            _ => false,
        };
        if is_resource {
            Some(Fit::Resource)
        } else if self.has(&source.name) {
            Some(Fit::Entry)
        } else {
            is_of_any.then_some(Fit::Kind)
        }
    }
}

/// The name that the settings give to a resource.
fn given_name<'a>(kind: SourceKind<'_>, stage: &'a Stage) -> Option<&'a str> {
    let properties = &stage.resources.get(kind.resource()?)?["Properties"];
    NAME_PROPERTIES.iter().find_map(|key| properties[*key].as_str())
}

/// The batch of CloudWatch Logs, which comes compressed.
fn log_batch(data: &str) -> Option<Value> {
    let compressed = STANDARD.decode_to_vec(data).ok()?;
    serde_json::from_reader(GzDecoder::new(&*compressed).take(MAX_LOGS)).ok()
}
