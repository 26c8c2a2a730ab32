//! Detection of an event's source by its keys, never by trying one parser after another.
//!
//! The order of the checks matters: an authorizer's event looks like a request, and an event of zappa-rs itself may
//! have any other keys.

use std::fmt;

use super::Fields;
use crate::{contract, iot, json_str::JsonStr};

/// A source of events that are not HTTP requests, for which a handler can be registered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// A Lambda authorizer's request, of a REST, HTTP or WebSocket API.
    Authorizer,
    /// EventBridge, its schedules included.
    EventBridge,
    /// An SQS batch.
    Sqs,
    /// An SNS notification.
    Sns,
    /// An email that a receipt rule of SES delivers.
    Ses,
    /// An S3 notification.
    S3,
    /// A DynamoDB stream's batch.
    DynamoDb,
    /// A Kinesis stream's batch.
    Kinesis,
    /// A Kafka batch, of MSK or of a cluster of your own.
    Kafka,
    /// An Amazon MQ batch, of ActiveMQ or RabbitMQ.
    Mq,
    /// A CloudWatch Logs subscription.
    CloudWatchLogs,
    /// A Firehose transformation.
    Firehose,
    /// A Cognito user pool's trigger.
    Cognito,
    /// A CloudFormation custom resource.
    CustomResource,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorizer => "authorizer",
            Self::EventBridge => "EventBridge",
            Self::Sqs => "SQS",
            Self::Sns => "SNS",
            Self::Ses => "SES",
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB",
            Self::Kinesis => "Kinesis",
            Self::Kafka => "Kafka",
            Self::Mq => "MQ",
            Self::CloudWatchLogs => "CloudWatch Logs",
            Self::Firehose => "Firehose",
            Self::Cognito => "Cognito",
            Self::CustomResource => "CloudFormation custom resource",
        })
    }
}

/// The kind of an event, by its source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EventKind {
    Own(OwnEvent),
    Http(Gateway),
    Source(Source),
    /// An event without the keys of any known source.
    Unknown,
}

/// The kinds of events of zappa-rs itself; see [`contract`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OwnEvent {
    KeepWarm,
    Schedule,
    Function,
    Task,
    Rule,
    /// What a rule of AWS IoT selects.
    Iot,
    /// A kind that this version does not know.
    Unknown,
}

/// The gateways that send HTTP requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gateway {
    Rest,
    /// With payload 2.0.
    HttpApi,
    /// An HTTP API with payload 1.0: event and response as a REST API's, the path as an HTTP API's.
    HttpApiV1,
    FunctionUrl,
    Alb {
        multi_value: bool,
    },
    WebSocket,
    Lattice,
}

impl EventKind {
    /// Detects the kind of an event.
    pub(crate) fn detect(fields: &Fields<'_>) -> Self {
        if let Some(kind) = fields.own_event {
            return Self::Own(OwnEvent::from_word(&kind.into_cow()));
        }
        if is_authorizer(fields) {
            return Self::Source(Source::Authorizer);
        }
        if let Some(gateway) = gateway(fields) {
            return Self::Http(gateway);
        }
        source(fields).map_or(Self::Unknown, Self::Source)
    }
}

impl OwnEvent {
    fn from_word(word: &str) -> Self {
        match word {
            contract::KIND_KEEP_WARM => Self::KeepWarm,
            contract::KIND_SCHEDULE => Self::Schedule,
            contract::KIND_FUNCTION => Self::Function,
            contract::KIND_TASK => Self::Task,
            contract::KIND_RULE => Self::Rule,
            word if iot::name(word).is_some() => Self::Iot,
            _ => Self::Unknown,
        }
    }
}

fn is_authorizer(fields: &Fields<'_>) -> bool {
    fields.has_authorized_arn && fields.event_type.is_some_and(|kind| matches!(&*kind.into_cow(), "TOKEN" | "REQUEST"))
}

fn gateway(fields: &Fields<'_>) -> Option<Gateway> {
    let context = fields.context.as_ref();
    let version = fields.version.map(JsonStr::into_cow);
    let is_version_2 = version.as_deref() == Some("2.0");
    if let Some(context) = context {
        if context.has_elb {
            // An empty map counts as absent, unless it is the only one and so the only sign of the mode.
            let is_only_map = fields.has_multi_headers && !fields.has_headers;
            return Some(Gateway::Alb { multi_value: is_only_map || !fields.multi_headers.is_empty() });
        }
        if is_version_2 && context.has_http {
            let is_url = context.domain_name.is_some_and(|name| name.into_cow().contains(".lambda-url."));
            return Some(if is_url { Gateway::FunctionUrl } else { Gateway::HttpApi });
        }
        if context.event_type.is_some_and(|kind| matches!(&*kind.into_cow(), "CONNECT" | "MESSAGE" | "DISCONNECT")) {
            return Some(Gateway::WebSocket);
        }
        if is_version_2 && context.has_service_network {
            return Some(Gateway::Lattice);
        }
    }
    if fields.method.is_some() && fields.lattice_path.is_some() {
        return Some(Gateway::Lattice);
    }
    // Hand-written test events have no context; an event with a path is then a request.
    let is_payload_1 = fields.http_method.is_some() && (context.is_some() || fields.path.is_some());
    is_payload_1.then_some(if version.as_deref() == Some("1.0") { Gateway::HttpApiV1 } else { Gateway::Rest })
}

fn source(fields: &Fields<'_>) -> Option<Source> {
    if fields.source.is_some() && fields.has_detail_type {
        return Some(Source::EventBridge);
    }
    if let Some(source) = fields.record_source {
        return match &*source.into_cow() {
            "aws:sqs" => Some(Source::Sqs),
            "aws:sns" => Some(Source::Sns),
            "aws:ses" => Some(Source::Ses),
            "aws:s3" => Some(Source::S3),
            "aws:dynamodb" => Some(Source::DynamoDb),
            "aws:kinesis" => Some(Source::Kinesis),
            _ => None,
        };
    }
    match fields.event_source.map(JsonStr::into_cow).as_deref() {
        Some("aws:kafka" | "SelfManagedKafka") => return Some(Source::Kafka),
        Some("aws:mq" | "aws:rmq" | "aws:amq") => return Some(Source::Mq),
        _ => {}
    }
    if fields.has_logs {
        Some(Source::CloudWatchLogs)
    } else if fields.has_delivery_stream {
        Some(Source::Firehose)
    } else if fields.has_trigger {
        Some(Source::Cognito)
    } else if fields.has_request_type && fields.has_response_url {
        Some(Source::CustomResource)
    } else {
        None
    }
}
