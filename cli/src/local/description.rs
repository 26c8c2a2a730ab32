//! The description of what is emulated: a gateway in front of one function, further functions, and the events beside it.
//!
//! Plain data, which `commands/local` reads from the template that a deploy would send; it knows neither template nor
//! flags.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use zappa_rs_adapter::contract::variable;

use crate::{
    gateway::{Gateway, websocket::WebSocketApi},
    pattern::Pattern,
    regions,
    schedule::Timetable,
};

/// The variable by which AWS's SDKs find Lambda.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const LAMBDA_ENDPOINT: &str = "AWS_ENDPOINT_URL_LAMBDA";

/// A gateway, the function behind it and those beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// The gateway between the client and the function.
    pub(crate) gateway: Gateway,
    /// The function behind it.
    pub(crate) function: Function,
    /// The further functions of the stage.
    pub(crate) further: Vec<FurtherFunction>,
    /// What invokes the functions beside the gateway.
    pub(crate) events: Events,
    /// The WebSocket API beside the gateway.
    pub(crate) websocket: Option<WebSocketApi>,
    /// The profile whose keys callers sign with; `None` where no route asks for signatures.
    pub(crate) signers: Option<CredentialChain>,
    /// The keys of tokens; `None` where no route asks for tokens.
    pub(crate) token_keys: Option<TokenKeys>,
}

impl Description {
    /// Whether something here is at work only with an emulator.
    pub(crate) fn has_emulated(&self) -> bool {
        let further = self.further.iter().map(|further| &further.asynchronous);
        let mut destinations =
            further.chain([&self.events.asynchronous]).filter_map(|config| config.failure_destination.as_ref());
        !self.events.queues.is_empty() || !self.events.streams.is_empty() || destinations.any(Destination::is_emulated)
    }

    /// Every function, the one behind the gateway first.
    pub(crate) fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        [&mut self.function].into_iter().chain(self.further.iter_mut().map(|further| &mut further.function))
    }

    /// The binary that the processes of all functions run.
    pub(crate) fn set_binary(&mut self, binary: &Path) {
        self.functions_mut().for_each(|function| function.binary = binary.to_owned());
    }

    /// Tells the functions where Lambda's Invoke API and the management API of connections are served.
    pub(crate) fn set_endpoint(&mut self, endpoint: &str) {
        self.set_lambda_endpoint(endpoint);
        if let Some(url) = self.websocket.as_ref().map(|api| format!("{endpoint}{}", api.path())) {
            for function in self.functions_mut() {
                function.environment.insert(variable::WEBSOCKET_URL.to_owned(), url.clone());
            }
        }
    }

    /// Sends the SDK's calls of Lambda to the Invoke API here, where the stage has further functions to call. A variable
    /// that is set stays.
    fn set_lambda_endpoint(&mut self, endpoint: &str) {
        if !self.further.is_empty() {
            for function in self.functions_mut() {
                function.environment.entry(LAMBDA_ENDPOINT.to_owned()).or_insert_with(|| endpoint.to_owned());
            }
        }
    }

    /// The same with a further function in the place of the one behind the gateway; as it is without such a one.
    pub(crate) fn with_function(mut self, name: &str) -> Self {
        if let Some(further) = self.further.iter().find(|further| further.name == name) {
            self.function = further.function.clone();
        }
        self
    }
}

/// A further function of the stage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FurtherFunction {
    /// Its name in the settings.
    pub(crate) name: String,
    pub(crate) function: Function,
    /// The configuration of its asynchronous invocations.
    pub(crate) asynchronous: AsyncConfig,
}

/// What invokes the function beside the gateway, and what becomes of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Events {
    /// The schedules.
    pub(crate) schedules: Vec<Schedule>,
    /// The queues, which are polled where there is an emulator.
    pub(crate) queues: Vec<QueueSource>,
    /// The streams, which are read where there is an emulator.
    pub(crate) streams: Vec<StreamSource>,
    /// The sources that are never polled here, as `topic `orders` of Kafka`.
    pub(crate) unpolled: Vec<String>,
    /// The configuration of asynchronous invocations of the function behind the gateway.
    pub(crate) asynchronous: AsyncConfig,
}

/// A schedule of EventBridge Scheduler.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// The further function that it invokes, by its name in the settings.
    pub(crate) function: Option<String>,
    /// When it fires.
    pub(crate) timetable: Timetable,
    /// The event, in which Scheduler replaces words in angle brackets.
    pub(crate) input: String,
}

/// An event source mapping of a queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueueSource {
    /// The queue.
    pub(crate) queue: Queue,
    /// The queue's ARN.
    pub(crate) arn: String,
    /// The further function that gets its messages, by its name in the settings.
    pub(crate) function: Option<String>,
    /// The region in the events.
    pub(crate) region: String,
    /// The most messages of a batch.
    pub(crate) batch_size: u32,
    /// How long a batch is filled.
    pub(crate) window: Duration,
    /// The most batches that are handled at once.
    pub(crate) concurrency: usize,
    /// The patterns of the messages that reach the function; without one, all do.
    pub(crate) filters: Vec<Pattern>,
}

/// An event source mapping of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamSource {
    /// The further function that gets its records, by its name in the settings.
    pub(crate) function: Option<String>,
    /// The stream.
    pub(crate) stream: Stream,
    /// The ARN in the events.
    pub(crate) arn: String,
    /// The region in the events.
    pub(crate) region: String,
    /// The most records of a batch.
    pub(crate) batch_size: usize,
    /// How long a batch is filled.
    pub(crate) window: Duration,
    /// Where the stream is read from first.
    pub(crate) position: StartingPosition,
    /// Whether a batch that failed is split in halves.
    pub(crate) bisects: bool,
    /// How often a batch that failed is repeated; `None` until it succeeds.
    pub(crate) retries: Option<u32>,
    /// What gets the record of a batch that was given up.
    pub(crate) failure_destination: Option<Destination>,
    /// The patterns of the records that reach the function; without one, all do.
    pub(crate) filters: Vec<Pattern>,
}

/// A stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stream {
    /// A stream of Kinesis. One that the stage declares is created with these shards.
    Kinesis { name: String, declared_shards: Option<u32> },
    /// The stream of a DynamoDB table, which is not created.
    DynamoDb { table: String },
}

/// Where a stream is read from first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StartingPosition {
    /// The oldest record.
    TrimHorizon,
    /// The records that come.
    Latest,
}

impl Stream {
    /// The stream in messages.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Kinesis { name, .. } => format!("stream `{name}`"),
            Self::DynamoDb { table } => format!("table `{table}`"),
        }
    }
}

/// A queue of SQS.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) name: String,
    /// What a queue that the stage declares is created with; `None` for another, which is not created.
    pub(crate) declared: Option<DeclaredQueue>,
}

/// A queue that the stage declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeclaredQueue {
    /// Its attributes, such as `VisibilityTimeout`.
    pub(crate) attributes: Vec<(&'static str, String)>,
    /// Its dead-letter queue, and after how many receives a message goes there.
    pub(crate) dead_letters: Option<(Box<Queue>, u64)>,
}

/// A topic of SNS.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: String,
    /// Whether the stage declares it, so that it is created.
    pub(crate) is_declared: bool,
}

impl Queue {
    /// The queue in messages.
    pub(crate) fn label(&self) -> String {
        format!("queue `{}`", self.name)
    }
}

impl Topic {
    /// The topic in messages.
    pub(crate) fn label(&self) -> String {
        format!("topic `{}`", self.name)
    }
}

/// A destination of failures.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// A queue.
    Queue(Queue),
    /// A topic.
    Topic(Topic),
    /// Something else, for messages: nothing is sent there.
    Other(String),
}

impl Destination {
    /// The destination in messages.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Queue(queue) => queue.label(),
            Self::Topic(topic) => topic.label(),
            Self::Other(name) => format!("`{name}`"),
        }
    }

    /// Whether an emulator gets the records.
    pub(crate) fn is_emulated(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

/// The configuration of asynchronous invocations, as in `AWS::Lambda::EventInvokeConfig`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AsyncConfig {
    /// How often a failed invocation is repeated.
    pub(crate) retries: u32,
    /// The age at which an event is given up.
    pub(crate) max_age: Duration,
    /// The wait before the first retry; it is twice as long before the second.
    pub(crate) retry_delay: Duration,
    /// What gets the record of an event that was given up.
    pub(crate) failure_destination: Option<Destination>,
}

impl Default for AsyncConfig {
    /// Lambda's own:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>.
    fn default() -> Self {
        Self {
            retries: 2,
            max_age: Duration::from_secs(6 * 60 * 60),
            retry_delay: Duration::from_secs(60),
            failure_destination: None,
        }
    }
}

/// The function behind the gateway.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    /// Its name, `<project>-<stage>`.
    pub(crate) name: String,
    /// The region that its environment and its ARN name.
    pub(crate) region: String,
    /// The account in its ARN, twelve digits.
    pub(crate) account_id: String,
    /// The binary that each instance runs.
    pub(crate) binary: PathBuf,
    /// Variables beside those that Lambda sets.
    pub(crate) environment: BTreeMap<String, String>,
    /// Memory in MiB, 128 to 10240; more than that is not enforced but reported.
    pub(crate) memory_mb: u32,
    /// The timeout of one invocation.
    pub(crate) timeout: Duration,
    /// The maximum number of invocations at once.
    pub(crate) concurrency: usize,
    /// The maximum number of invocations at once in one instance.
    pub(crate) per_process: usize,
    /// Temporary storage in MiB, 512 to 10240.
    pub(crate) ephemeral_storage_mb: u32,
    /// The source of the processes' credentials; `None` for none.
    pub(crate) credentials: Option<CredentialChain>,
}

/// The chain in which credentials are looked for, as in AWS's tools.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CredentialChain {
    /// The profile of the AWS configuration; without one, the environment's keys and then its own profile.
    pub(crate) profile: Option<String>,
    /// What they are for.
    pub(crate) purpose: CredentialPurpose,
}

/// The keys that tokens are verified with, beside those that their issuers publish: JSON Web Key Sets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TokenKeys {
    /// Those of the issuers, in the place of the published ones.
    pub(crate) jwks: Option<String>,
    /// That of development tokens.
    pub(crate) development: String,
    /// The file of that key.
    pub(crate) development_file: PathBuf,
}

/// What credentials are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CredentialPurpose {
    /// The processes call AWS with them.
    Processes,
    /// The signatures of callers are verified with them.
    Signatures,
}

impl Function {
    /// The maximum number of instances at once.
    pub(crate) fn processes(&self) -> usize {
        self.concurrency.div_ceil(self.per_process.max(1))
    }

    /// The ARN without a qualifier.
    #[must_use]
    pub(crate) fn arn(&self) -> String {
        let Self { name, region, account_id, .. } = self;
        format!("arn:{}:lambda:{region}:{account_id}:function:{name}", regions::partition(region).name)
    }
}
