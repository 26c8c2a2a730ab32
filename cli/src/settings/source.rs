//! The settings of schedules and event sources as types: `[[stage.NAME.schedules]]` and `[[stage.NAME.events]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Trigger;

/// A schedule: `App::schedule` registers its handler. Times are those of EventBridge Scheduler, which retries the delivery.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Schedule {
    /// The name of the handler, and of the schedule.
    pub(crate) name: String,
    /// The function that it invokes: the name of one of `functions`, or `main`, the default.
    pub(crate) function: Option<String>,
    /// When it runs: `rate(5 minutes)`, `cron(0 3 * * ? *)` or `at(2027-01-31T03:00:00)`. A rate without `start` runs at
    /// once when the schedule is created, and then at its intervals.
    pub(crate) expression: String,
    /// The time zone of a `cron` or `at`, as in `Europe/Berlin`. Default: UTC.
    pub(crate) timezone: Option<String>,
    /// The window in minutes after its time in which it runs, so that many schedules do not run at once.
    #[schemars(range(min = 1, max = 1440))]
    pub(crate) flexible_minutes: Option<u32>,
    /// The time before which it does not run, as in `2027-01-31T03:00:00Z`.
    pub(crate) start: Option<String>,
    /// The time after which it does not run.
    pub(crate) end: Option<String>,
    /// The handler's payload. Default: an object with `scheduled_time`, `execution_id` and `attempt`.
    pub(crate) payload: Option<Value>,
    /// How often a delivery that failed is repeated. Default: 185 times within a day. Not the failures of the handler:
    /// those are of `async_retries`.
    #[schemars(range(max = 185))]
    pub(crate) delivery_retries: Option<u32>,
    /// A queue for deliveries that failed to the end: a logical id of `resources`, an ARN or a name. Failures of the
    /// handler go to `async_failure_destination`.
    pub(crate) dead_letter_queue: Option<String>,
}

/// A source of events: exactly one of `sqs`, `kinesis`, `dynamodb`, `sns`, `s3`, `logs`, `cognito` and `pattern`. A source is a
/// logical id of `resources`, an ARN or a name in the stage's account and region.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EventSource {
    /// The name of the handler, as `App::on_sqs("NAME", …)` and its siblings register it.
    pub(crate) name: String,
    /// The function that gets its events: the name of one of `functions`, or `main`, the default.
    pub(crate) function: Option<String>,
    /// A queue.
    pub(crate) sqs: Option<String>,
    /// A Kinesis stream.
    pub(crate) kinesis: Option<String>,
    /// A DynamoDB table with a stream, or the ARN of its stream.
    pub(crate) dynamodb: Option<String>,
    /// A topic.
    pub(crate) sns: Option<String>,
    /// A bucket, whose events come through EventBridge.
    pub(crate) s3: Option<String>,
    /// A log group, whose lines come by a subscription of CloudWatch Logs; not the function's own.
    pub(crate) logs: Option<String>,
    /// A user pool of Cognito: its logical id, its id or its ARN. Only one of `resources` gets its triggers set.
    pub(crate) cognito: Option<String>,
    /// A pattern of EventBridge, as in `{ source = ["com.example.shop"], detail-type = ["Order Placed"] }`. With `s3` it
    /// narrows the bucket's events, as in `{ detail-type = ["Object Created"] }`.
    pub(crate) pattern: Option<Map<String, Value>>,
    /// The event bus of a pattern: its name or ARN. Default: the account's own.
    pub(crate) bus: Option<String>,
    /// The most records of a batch. Default: 10 of a queue, 100 of a stream.
    #[schemars(range(min = 1, max = 10000))]
    pub(crate) batch_size: Option<u32>,
    /// How long a batch is filled, in seconds. A queue's batch of more than 10 needs 1 at least.
    #[schemars(range(max = 300))]
    pub(crate) batch_window_seconds: Option<u32>,
    /// The most instances that a queue's messages use at once.
    #[schemars(range(min = 2, max = 1000))]
    pub(crate) max_concurrency: Option<u32>,
    /// The least event pollers of a queue's provisioned mode, which are paid for all the time.
    #[schemars(range(min = 2, max = 200))]
    pub(crate) min_pollers: Option<u32>,
    /// The most event pollers of a queue's provisioned mode. With either of the two, Lambda polls the queue in this mode,
    /// which scales faster.
    #[schemars(range(min = 2, max = 2000))]
    pub(crate) max_pollers: Option<u32>,
    /// The batches of a stream's shard that are handled at once.
    #[schemars(range(min = 1, max = 10))]
    pub(crate) parallelization: Option<u32>,
    /// Patterns of the records of a queue or stream that reach the function; others are dropped. For a topic one filter
    /// policy of its message attributes.
    pub(crate) filters: Vec<Map<String, Value>>,
    /// The lines of a log group that are delivered, in the pattern language of CloudWatch Logs. Default: all.
    pub(crate) filter_pattern: Option<String>,
    /// The triggers of a user pool that the app handles.
    pub(crate) triggers: Vec<Trigger>,
    /// Where a stream is read from when its mapping is created: `trim_horizon` (the oldest record) or `latest`. It cannot be
    /// changed later.
    pub(crate) starting_position: StartingPosition,
    /// How often a stream's batch that failed is repeated before it goes to `failure_destination`, without which it is
    /// repeated until it succeeds or expires.
    #[schemars(range(max = 10000))]
    pub(crate) retries: Option<u32>,
    /// The queue, topic or bucket that learns of a stream's batch that was given up: a logical id of `resources`, an ARN, or
    /// the name of a queue.
    pub(crate) failure_destination: Option<String>,
    /// Whether events are delivered, of a queue, a stream, a bucket or a pattern. Default: `true`.
    pub(crate) enabled: Option<bool>,
}

/// Where a stream is read from when its mapping is created.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartingPosition {
    /// The oldest record that the stream has.
    #[default]
    TrimHorizon,
    /// The records that come after the mapping was created.
    Latest,
}

/// The kind of an event source with its resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SourceKind<'a> {
    Sqs(&'a str),
    Kinesis(&'a str),
    DynamoDb(&'a str),
    Sns(&'a str),
    S3(&'a str),
    Logs(&'a str),
    Cognito(&'a str),
    Pattern,
}

impl EventSource {
    /// The kinds that are set; a valid source has one. A pattern beside `s3` belongs to the bucket.
    pub(super) fn kinds(&self) -> Vec<SourceKind<'_>> {
        let named = [
            self.sqs.as_deref().map(SourceKind::Sqs),
            self.kinesis.as_deref().map(SourceKind::Kinesis),
            self.dynamodb.as_deref().map(SourceKind::DynamoDb),
            self.sns.as_deref().map(SourceKind::Sns),
            self.s3.as_deref().map(SourceKind::S3),
            self.logs.as_deref().map(SourceKind::Logs),
            self.cognito.as_deref().map(SourceKind::Cognito),
        ];
        let mut kinds: Vec<SourceKind<'_>> = named.into_iter().flatten().collect();
        if self.pattern.is_some() && self.s3.is_none() {
            kinds.push(SourceKind::Pattern);
        }
        kinds
    }

    /// The kind of a source that passed the rules.
    pub(crate) fn kind(&self) -> SourceKind<'_> {
        self.kinds().into_iter().next().unwrap_or(SourceKind::Pattern)
    }
}

impl<'a> SourceKind<'a> {
    /// The resource: a logical id, an ARN or a name.
    pub(crate) fn resource(self) -> Option<&'a str> {
        match self {
            Self::Sqs(resource)
            | Self::Kinesis(resource)
            | Self::DynamoDb(resource)
            | Self::Sns(resource)
            | Self::S3(resource)
            | Self::Logs(resource)
            | Self::Cognito(resource) => Some(resource),
            Self::Pattern => None,
        }
    }

    /// The setting's name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Sqs(_) => "sqs",
            Self::Kinesis(_) => "kinesis",
            Self::DynamoDb(_) => "dynamodb",
            Self::Sns(_) => "sns",
            Self::S3(_) => "s3",
            Self::Logs(_) => "logs",
            Self::Cognito(_) => "cognito",
            Self::Pattern => "pattern",
        }
    }

    /// Whether Lambda polls the source by an event source mapping.
    pub(crate) fn is_polled(self) -> bool {
        matches!(self, Self::Sqs(_) | Self::Kinesis(_) | Self::DynamoDb(_))
    }

    /// Whether the source invokes the function asynchronously, so that Lambda repeats what fails.
    pub(crate) fn is_asynchronous(self) -> bool {
        matches!(self, Self::Sns(_) | Self::S3(_) | Self::Logs(_) | Self::Pattern)
    }

    /// Whether the source is a stream, whose order matters.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Kinesis(_) | Self::DynamoDb(_))
    }

    /// The type of the resource in `resources`.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::Sqs(_) => "AWS::SQS::Queue",
            Self::Kinesis(_) => "AWS::Kinesis::Stream",
            Self::DynamoDb(_) => "AWS::DynamoDB::Table",
            Self::Sns(_) => "AWS::SNS::Topic",
            Self::S3(_) => "AWS::S3::Bucket",
            Self::Logs(_) => "AWS::Logs::LogGroup",
            Self::Cognito(_) => "AWS::Cognito::UserPool",
            Self::Pattern => "AWS::Events::Rule",
        }
    }

    /// The ARN of the resource: of one of the stack's by its attribute, of another by its name. `has` tells whether a
    /// logical id is in the stack.
    pub(crate) fn arn(self, has: impl Fn(&str) -> bool) -> Value {
        let Some(resource) = self.resource() else { return Value::Null };
        if resource.starts_with("arn:") {
            return match self {
                // The ARN of a group's streams, as `Arn` of a resource has it.
                Self::Logs(_) if !resource.ends_with(":*") => format!("{resource}:*").into(),
                _ => resource.into(),
            };
        }
        if has(resource) {
            let attribute = match self {
                Self::Sns(_) => return serde_json::json!({ "Ref": resource }),
                Self::DynamoDb(_) => "StreamArn",
                _ => "Arn",
            };
            return serde_json::json!({ "Fn::GetAtt": [resource, attribute] });
        }
        let rest = match self {
            Self::Sqs(name) => format!("sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"),
            Self::Sns(name) => format!("sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}"),
            Self::Kinesis(name) => format!("kinesis:${{AWS::Region}}:${{AWS::AccountId}}:stream/{name}"),
            Self::S3(name) => format!("s3:::{name}"),
            Self::Logs(name) => format!("logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{name}:*"),
            Self::Cognito(id) => format!("cognito-idp:${{AWS::Region}}:${{AWS::AccountId}}:userpool/{id}"),
            // The name of a stream has the time at which it was enabled.
            Self::DynamoDb(_) | Self::Pattern => return Value::Null,
        };
        serde_json::json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:{rest}") })
    }
}
