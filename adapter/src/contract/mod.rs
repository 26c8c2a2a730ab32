//! The contract between `zappa-rs deploy` and a running function: environment variables, and keys and kinds of own
//! events.
//!
//! The tool depends on this module of the adapter and on `sample`. Nothing here reads the environment or an event.

pub mod cors;
pub mod route_table;
pub mod secret;

/// Names of the function's environment variables.
pub mod variable {
    /// The base path before every path behind a custom domain, such as `/shop`; absent or empty means none.
    pub const BASE_PATH: &str = "ZAPPA_BASE_PATH";
    /// The name of the domain that CloudFront serves in front of a Function URL, such as `api.example.com`; absent means none.
    /// CloudFront sends it as `X-Forwarded-Host`, since a Function URL takes no `Host` but its own.
    pub const DOMAIN: &str = "ZAPPA_DOMAIN";
    /// The gateways whose responses are streamed, separated by commas: [`STREAMS_REST`](super::STREAMS_REST),
    /// [`STREAMS_FUNCTION_URL`](super::STREAMS_FUNCTION_URL). Absent or empty means that every response is buffered.
    pub const STREAMING: &str = "ZAPPA_STREAMING";
    /// The switch of prefix rewriting: [`OFF`](super::OFF) leaves `Location` and cookie paths as the application wrote
    /// them.
    pub const REWRITE_LOCATION: &str = "ZAPPA_REWRITE_LOCATION";
    /// The [CORS policy](super::cors::CorsPolicy) of responses through a REST API; absent means none.
    pub const CORS: &str = "ZAPPA_CORS";
    /// The [table of routes](super::route_table::RouteTable) of an API whose paths ask for different things; absent means that all
    /// ask for the same.
    pub const ROUTES: &str = "ZAPPA_ROUTES";
    /// The number of trusted proxies, CloudFront included, between the client and the gateway; absent means 0.
    pub const TRUSTED_HOPS: &str = "ZAPPA_TRUSTED_HOPS";
    /// The resources that send events, as pairs `name=ARN` separated by commas: the names of the settings' entries. A topic
    /// of Kafka is `name=ARN#topic` or `name=topic`, a queue of Amazon MQ `name=ARN#queue`, and a receipt rule of SES has its
    /// recipients with spaces between them, or `*`.
    pub const SOURCES: &str = "ZAPPA_SOURCES";
    /// The name of the DynamoDB table of idempotency; [`IN_MEMORY`](super::IN_MEMORY) means none.
    pub const IDEMPOTENCY_TABLE: &str = "ZAPPA_IDEMPOTENCY_TABLE";
    /// The name of the further function that this process is, of an entry in `functions` of the settings; absent in the
    /// main function, which serves HTTP.
    pub const FUNCTION: &str = "ZAPPA_FUNCTION";
    /// The parts of a request that the authorizer is given that this process is: [`WHOLE_REQUEST`](super::WHOLE_REQUEST), or
    /// its identity sources separated by commas, such as `header.Authorization,query.key`. Absent in a function that is no
    /// authorizer; the name of the authorizer's handler is in [`FUNCTION`].
    pub const AUTHORIZER: &str = "ZAPPA_AUTHORIZER";
    /// Where the secrets are: a JSON object of names and [references](super::secret::Reference).
    pub const SECRETS: &str = "ZAPPA_SECRETS";
    /// What the variable of a link begins with; the link's name follows. Its value is ARN, URL and name of the resource
    /// with spaces between them, without what follows from the others.
    pub const LINK: &str = "ZAPPA_LINK_";
    /// The management URL of the stage's WebSocket API, at which messages are posted to its connections.
    pub const WEBSOCKET_URL: &str = "ZAPPA_WEBSOCKET_URL";
    /// The address at which a Web Function must listen for HTTP requests; set by AWS.
    pub const HTTP_ENDPOINT: &str = "AWS_LAMBDA_HTTP_ENDPOINT";
    /// The address of a Lambda function's Runtime API; set by AWS.
    pub const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
    /// The name of the deployed stage, for the application.
    pub const STAGE: &str = "ZAPPA_STAGE";
    /// The name of the deployed project, for the application.
    pub const PROJECT: &str = "ZAPPA_PROJECT";
}

/// The value in [`variable::STREAMING`] for a REST API in `STREAM` transfer mode.
pub const STREAMS_REST: &str = "rest";
/// The value in [`variable::STREAMING`] for a Function URL in `RESPONSE_STREAM` mode.
pub const STREAMS_FUNCTION_URL: &str = "function-url";
/// The value in [`variable::IDEMPOTENCY_TABLE`] for the memory of the process, which is no valid name of a table.
pub const IN_MEMORY: &str = ":memory:";
/// The value in [`variable::AUTHORIZER`] for an authorizer whose answers are not kept.
pub const WHOLE_REQUEST: &str = "*";
/// The value that switches a feature off.
pub const OFF: &str = "off";

/// The top-level key that marks an event of zappa-rs itself; its value is one of the `KIND_*` constants.
///
/// ```
/// # use zappa_rs_adapter::contract;
/// let event = format!(r#"{{"{}":"{}"}}"#, contract::EVENT_KEY, contract::KIND_KEEP_WARM);
/// assert_eq!(event, r#"{"zappa_rs":"keep-warm"}"#);
/// ```
pub const EVENT_KEY: &str = "zappa_rs";
/// The key beside [`EVENT_KEY`] of the registered handler's name.
pub const NAME_KEY: &str = "name";
/// The key beside [`EVENT_KEY`] of the handler's payload.
pub const PAYLOAD_KEY: &str = "payload";
/// The kind of a keep-warm event, which the adapter handles without calling the application.
pub const KIND_KEEP_WARM: &str = "keep-warm";
/// The key in the response to a keep-warm event of the registered handlers: an object with the names of each kind of
/// [`HANDLER_KINDS`]. A crate before this key does not respond with it, and one before a kind leaves the kind out.
///
/// ```
/// # use zappa_rs_adapter::contract;
/// let response = r#"{"zappa_rs":"keep-warm","instance":"…","handlers":{"sqs":["jobs"],"sns":[],"schedule":["nightly"]}}"#;
/// assert!(response.contains(&format!("\"{}\":{{", contract::HANDLERS_KEY)));
/// ```
pub const HANDLERS_KEY: &str = "handlers";
/// The kinds of handlers: those of own events, the names of the settings of event sources, and authorizers.
pub const HANDLER_KINDS: [&str; 16] = [
    "authorizer",
    "cognito",
    "dynamodb",
    "function",
    "iot",
    "kafka",
    "kinesis",
    "logs",
    "mq",
    "pattern",
    "s3",
    "schedule",
    "ses",
    "sns",
    "sqs",
    "task",
];
/// What the ARN of a cluster or broker has behind it in [`variable::SOURCES`], before the topic or queue. A topic or
/// queue alone is one of any cluster or broker.
pub const PART_SEPARATOR: char = '#';
/// The name of a handler that gets the events of all resources of its kind, which no resource can have.
pub const ALL_RESOURCES: &str = "*";
/// The kind of an event for a schedule that is registered by name.
pub const KIND_SCHEDULE: &str = "schedule";
/// The kind of an event for a plain function that is registered by name.
pub const KIND_FUNCTION: &str = "function";
/// The kind of the handler of an authorizer.
pub const KIND_AUTHORIZER: &str = "authorizer";
/// The kind of an event for a task: a function whose caller does not wait.
pub const KIND_TASK: &str = "task";
/// The words before the names that are registered, in the error of an event without a handler; each is in backticks.
pub const REGISTERED_NAMES: &str = "the registered names are: ";
/// The kind of an event that a rule of EventBridge sends, with the rule's name; its payload is the whole event.
pub const KIND_RULE: &str = "rule";
/// The kind of an event that a rule of AWS IoT sends: `iot:` with the rule's name. Its payload is all other fields, which the
/// rule selects.
pub const KIND_IOT: &str = "iot";
