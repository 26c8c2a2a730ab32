//! What `zappa-rs deploy` writes and a running function reads: names of variables, keys and words of our own events.
//!
//! The tool depends on this room and on nothing else of the adapter's. Nothing here reads the environment or an event.

/// Variables of the function's environment.
pub mod variable {
    /// The path in front of every request behind a custom domain, such as `/shop`; absent or empty means none.
    pub const BASE_PATH: &str = "ZAPPA_BASE_PATH";
    /// The sources whose answers are streamed, joined by commas: [`STREAMS_REST`](super::STREAMS_REST),
    /// [`STREAMS_FUNCTION_URL`](super::STREAMS_FUNCTION_URL). Absent or empty means that every answer is buffered.
    pub const STREAMING: &str = "ZAPPA_STREAMING";
    /// [`OFF`](super::OFF) leaves `Location` and cookie paths as the application wrote them.
    pub const REWRITE_LOCATION: &str = "ZAPPA_REWRITE_LOCATION";
    /// How many proxies of your own, CloudFront included, stand between the client and the gateway; absent means 0.
    pub const TRUSTED_HOPS: &str = "ZAPPA_TRUSTED_HOPS";
    /// Set by AWS for a Web Function: where it expects an HTTP server.
    pub const HTTP_ENDPOINT: &str = "AWS_LAMBDA_HTTP_ENDPOINT";
    /// Set by AWS for a Lambda function: where its Runtime API is.
    pub const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
    /// The stage that was deployed, for an application that wants to know.
    pub const STAGE: &str = "ZAPPA_STAGE";
    /// The project that was deployed, for an application that wants to know.
    pub const PROJECT: &str = "ZAPPA_PROJECT";
}

/// The word in [`variable::STREAMING`] for a REST API in `STREAM` transfer mode.
pub const STREAMS_REST: &str = "rest";
/// The word in [`variable::STREAMING`] for a Function URL in `RESPONSE_STREAM` mode.
pub const STREAMS_FUNCTION_URL: &str = "function-url";
/// The word that switches a variable's feature off.
pub const OFF: &str = "off";

/// The top-level key that marks an event as ours; its value is one of the `KIND_*` words.
///
/// ```
/// # use zappa_rs_adapter::contract;
/// let event = format!(r#"{{"{}":"{}"}}"#, contract::EVENT_KEY, contract::KIND_KEEP_WARM);
/// assert_eq!(event, r#"{"zappa_rs":"keep-warm"}"#);
/// ```
pub const EVENT_KEY: &str = "zappa_rs";
/// The key beside [`EVENT_KEY`] that names the registered handler.
pub const NAME_KEY: &str = "name";
/// The key beside [`EVENT_KEY`] that holds what the handler is given.
pub const PAYLOAD_KEY: &str = "payload";
/// Answered by the adapter itself; the application is not asked.
pub const KIND_KEEP_WARM: &str = "keep-warm";
/// A schedule that was registered by name.
pub const KIND_SCHEDULE: &str = "schedule";
/// A plain function that was registered by name.
pub const KIND_FUNCTION: &str = "function";
/// A task: a function whose caller does not wait.
pub const KIND_TASK: &str = "task";
