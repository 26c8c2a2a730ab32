//! The settings of schedules and event sources as types: `[[stage.NAME.schedules]]` and `[[stage.NAME.events]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Authentication, KafkaCluster, ReceiptRule, SourceKind, Trigger};

/// RabbitMQ's virtual host where none is named.
pub(super) const DEFAULT_HOST: &str = "/";

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
    /// The handler's payload, as it is written: CloudFormation's functions, such as `{ Ref = "Table" }`, are not resolved in it;
    /// set those in `environment`. Default: an object with `scheduled_time`, `execution_id` and `attempt`.
    pub(crate) payload: Option<Value>,
    /// How often a delivery that failed is repeated. Default: 185 times within a day. Not the failures of the handler:
    /// those are of `async_retries`.
    #[schemars(range(max = 185))]
    pub(crate) delivery_retries: Option<u32>,
    /// A queue for deliveries that failed to the end: a logical id of `resources`, an ARN or a name. Failures of the
    /// handler go to `async_failure_destination`.
    pub(crate) dead_letter_queue: Option<String>,
}

/// A source of events: exactly one of `sqs`, `kinesis`, `dynamodb`, `msk`, `kafka`, `mq`, `sns`, `s3`, `iot`, `ses`, `logs`,
/// `cognito` and `pattern`. A source is a logical id of `resources`, an ARN or a name in the stage's account and region.
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
    /// A cluster of Amazon MSK: a logical id of `resources` or an ARN.
    pub(crate) msk: Option<String>,
    /// A Kafka cluster outside of MSK, as in `{ servers = ["kafka.example.com:9092"] }`.
    pub(crate) kafka: Option<KafkaCluster>,
    /// A broker of Amazon MQ, of ActiveMQ or RabbitMQ: a logical id of `resources` or an ARN.
    pub(crate) mq: Option<String>,
    /// A topic.
    pub(crate) sns: Option<String>,
    /// A bucket, whose events come through EventBridge.
    pub(crate) s3: Option<String>,
    /// A statement of AWS IoT, as in `SELECT * FROM 'devices/+/state'`, whose rule invokes the function.
    pub(crate) iot: Option<String>,
    /// A receipt rule of SES for emails, as in `{ rule_set = "inbound", recipients = ["support@example.com"] }`.
    pub(crate) ses: Option<ReceiptRule>,
    /// A log group, whose lines come by a subscription of CloudWatch Logs; not the function's own.
    pub(crate) logs: Option<String>,
    /// A user pool of Cognito: its logical id, its id or its ARN. Only one of `resources` gets its triggers set.
    pub(crate) cognito: Option<String>,
    /// A pattern of EventBridge, as in `{ source = ["com.example.shop"], detail-type = ["Order Placed"] }`. With `s3` it
    /// narrows the bucket's events, as in `{ detail-type = ["Object Created"] }`.
    pub(crate) pattern: Option<Map<String, Value>>,
    /// The event bus of a pattern: its name or ARN. Default: the account's own.
    pub(crate) bus: Option<String>,
    /// The topic of `msk` or `kafka`.
    pub(crate) topic: Option<String>,
    /// The consumer group of a Kafka topic, which Kafka keeps the position of. Default: one that Lambda makes up. It cannot
    /// be changed later.
    pub(crate) consumer_group: Option<String>,
    /// The queue of `mq`.
    pub(crate) queue: Option<String>,
    /// The virtual host of a RabbitMQ queue. Default: `/`.
    pub(crate) virtual_host: Option<String>,
    /// The secret of Secrets Manager with which Lambda signs in to `msk`, `kafka` or `mq`: a logical id of `resources` or an
    /// ARN. Without it Lambda signs in to `msk` by IAM.
    pub(crate) secret: Option<String>,
    /// How Lambda signs in to a Kafka cluster with the `secret`. Default: `sasl_scram512`.
    pub(crate) authentication: Option<Authentication>,
    /// The most records of a batch. Default: 10 of a queue, 100 of a stream, a Kafka topic or a queue of `mq`.
    #[schemars(range(min = 1, max = 10000))]
    pub(crate) batch_size: Option<u32>,
    /// How long a batch is filled, in seconds. A queue's batch of more than 10 needs 1 at least.
    #[schemars(range(max = 300))]
    pub(crate) batch_window_seconds: Option<u32>,
    /// The most instances that a queue's messages use at once.
    #[schemars(range(min = 2, max = 1000))]
    pub(crate) max_concurrency: Option<u32>,
    /// The least event pollers of the provisioned mode of a queue or a Kafka topic, which are paid for all the time. A queue
    /// has 2 at least.
    #[schemars(range(min = 1, max = 200))]
    pub(crate) min_pollers: Option<u32>,
    /// The most event pollers of the provisioned mode. With either of the two, Lambda polls the queue or the topic in this
    /// mode, which scales faster.
    #[schemars(range(min = 1, max = 2000))]
    pub(crate) max_pollers: Option<u32>,
    /// The batches of a stream's shard that are handled at once.
    #[schemars(range(min = 1, max = 10))]
    pub(crate) parallelization: Option<u32>,
    /// Patterns of the records of a queue, a stream or a Kafka topic that reach the function; others are dropped. For a topic one filter
    /// policy of its message attributes.
    pub(crate) filters: Vec<Map<String, Value>>,
    /// The lines of a log group that are delivered, in the pattern language of CloudWatch Logs. Default: all.
    pub(crate) filter_pattern: Option<String>,
    /// The triggers of a user pool that the app handles.
    pub(crate) triggers: Vec<Trigger>,
    /// Where a stream or a Kafka topic is read from when its mapping is created: `trim_horizon` (the oldest record), `latest`
    /// or `at_timestamp`. It cannot be changed later.
    pub(crate) starting_position: StartingPosition,
    /// The time in UTC of `starting_position = "at_timestamp"`, as in `2027-01-31T03:00:00Z`.
    pub(crate) starting_time: Option<String>,
    /// How often a stream's batch that failed is repeated before it goes to `failure_destination`, without which it is
    /// repeated until it succeeds or expires.
    #[schemars(range(max = 10000))]
    pub(crate) retries: Option<u32>,
    /// The queue, topic or bucket that learns of a batch of a stream or a Kafka topic that was given up: a logical id of `resources`, an ARN, or
    /// the name of a queue.
    pub(crate) failure_destination: Option<String>,
    /// Whether events are delivered, of a queue, a stream, a Kafka topic, a bucket, a rule or a pattern. Default: `true`.
    pub(crate) enabled: Option<bool>,
}

/// Where a stream or a Kafka topic is read from when its mapping is created.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartingPosition {
    /// The oldest record that there is.
    #[default]
    TrimHorizon,
    /// The records that come after the mapping was created.
    Latest,
    /// The first record since `starting_time`; not of a DynamoDB stream.
    AtTimestamp,
}

impl EventSource {
    /// The kinds that are set; a valid source has one. A pattern beside `s3` belongs to the bucket.
    pub(super) fn kinds(&self) -> Vec<SourceKind<'_>> {
        let named = [
            self.sqs.as_deref().map(SourceKind::Sqs),
            self.kinesis.as_deref().map(SourceKind::Kinesis),
            self.dynamodb.as_deref().map(SourceKind::DynamoDb),
            self.msk.as_deref().map(SourceKind::Msk),
            self.kafka.as_ref().map(SourceKind::Kafka),
            self.mq.as_deref().map(SourceKind::Mq),
            self.sns.as_deref().map(SourceKind::Sns),
            self.s3.as_deref().map(SourceKind::S3),
            self.iot.as_deref().map(SourceKind::Iot),
            self.ses.as_ref().map(SourceKind::Ses),
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

    /// The time of `starting_time` in seconds since 1970.
    pub(crate) fn starting_seconds(&self) -> Option<i64> {
        let time = self.starting_time.as_ref()?.parse::<jiff::Timestamp>();
        time.ok().map(jiff::Timestamp::as_second)
    }

    /// The part of a service, a cluster or a broker that is the source: recipients, a topic, or a queue with its virtual
    /// host.
    pub(crate) fn part(&self) -> Option<String> {
        match self.kind() {
            SourceKind::Msk(_) | SourceKind::Kafka(_) => self.topic.clone(),
            SourceKind::Mq(_) => {
                let host = self.virtual_host.as_deref().filter(|host| *host != DEFAULT_HOST);
                let queue = self.queue.as_ref()?;
                Some(host.map_or_else(|| queue.clone(), |host| format!("{queue}::{host}")))
            }
            SourceKind::Ses(rule) => Some(rule.conditions()),
            _ => None,
        }
    }

    /// What tells the source apart from others that a function has.
    pub(crate) fn identity(&self) -> Vec<String> {
        let kind = self.kind();
        let servers = match kind {
            SourceKind::Kafka(cluster) => cluster.servers.as_slice(),
            _ => &[],
        };
        let resource = kind.resource().map(str::to_owned);
        [kind.key().to_owned()].into_iter().chain(resource).chain(servers.iter().cloned()).chain(self.part()).collect()
    }
}
