//! The settings as types: a stage after `extends` is merged and variables are substituted.
//!
//! The doc comments are the reference (`docs/settings.md`) and the descriptions of the JSON Schema, so they speak to
//! whoever writes the file. Ranges and patterns are the schema's; nothing is checked here.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is built, for every stage.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Project {
    /// The first half of the names of stack and function. Default: the package's name.
    pub(crate) name: Option<String>,
    /// The package to build, where the workspace has several.
    pub(crate) package: Option<String>,
    /// The binary to build, where the package has several.
    pub(crate) bin: Option<String>,
    /// An example to build instead of a binary.
    pub(crate) example: Option<String>,
    /// Features to build with.
    pub(crate) features: Vec<String>,
}

/// One stage: where it runs, what it is and what stands before it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Stage {
    // Where
    /// The regions that the stage runs in. `aws_region = "eu-west-1"` is the same for one.
    pub(crate) regions: Vec<String>,
    /// The region that is deployed first; the others follow when it serves.
    pub(crate) canary_region: Option<String>,
    /// What the other regions do when one fails: stay with the new release, or go back.
    pub(crate) on_failure: OnFailure,
    /// The role that CloudFormation works with instead of yours.
    pub(crate) cloudformation_role_arn: Option<String>,
    /// The stack cannot be deleted, and nothing is replaced without being asked for.
    pub(crate) protected: bool,
    /// CloudFormation's express mode in every phase of a deploy: a deploy ends when the configuration is applied, and
    /// gateway and alias may become ready after that. Default: only for a candidate, which its trial proves ready.
    pub(crate) express: bool,
    /// The profile in your AWS configuration.
    pub(crate) profile_name: Option<String>,
    /// The bucket that artifacts go to. Default: one per account and region, in the account-regional namespace of S3.
    pub(crate) s3_bucket: Option<String>,
    /// The function's name, and the stack's. Default: `<project>-<stage>`.
    pub(crate) function_name: Option<String>,
    /// Tags of everything that can have tags.
    pub(crate) tags: BTreeMap<String, String>,

    // Build
    /// How the binary is made for Lambda.
    pub(crate) builder: Builder,
    /// The command line of `builder = "command"`, run by the shell in the workspace's root.
    pub(crate) build_command: Option<String>,
    /// Where `builder = "command"` leaves the binary, from the workspace's root.
    pub(crate) build_output: Option<String>,
    /// The target triple. Default: the architecture's, with the C library of `provided.al2023`.
    pub(crate) target: Option<String>,
    /// The Cargo profile.
    pub(crate) profile: String,
    /// Features to build with, beside the project's.
    pub(crate) features: Vec<String>,
    /// Files and folders that go into the zip beside the binary, as paths or globs from the settings file. A folder and
    /// `*` bring hidden files too; neither looks into cargo's target folder or `.git` on its way down. A link brings what it
    /// points to, out of the folder too. All files have the date 1980-01-01, or the one of the variable `SOURCE_DATE_EPOCH`.
    pub(crate) include: Vec<String>,

    // Function
    /// The processor.
    pub(crate) architecture: Architecture,
    /// Memory in MB; the share of a processor grows with it.
    #[schemars(range(min = 128, max = 10240))]
    pub(crate) memory_size: u32,
    /// How long one invocation may take. A REST API waits 29 seconds, an HTTP API 30; above 900, only queues, streams and
    /// asynchronous invocations can use the rest, where the region takes it.
    #[schemars(range(min = 1, max = 1800))]
    pub(crate) timeout_seconds: u32,
    /// Space in `/tmp` in MB.
    #[schemars(range(min = 512, max = 10240))]
    pub(crate) ephemeral_storage: u32,
    /// What the function is for, in the console.
    pub(crate) description: Option<String>,
    /// The function's variables: texts, or CloudFormation expressions such as `{ Ref = "Table" }`. They stand in plain text in
    /// the template and in the records of the releases: a secret is named here and read by the application.
    pub(crate) environment: BTreeMap<String, Variable>,
    /// X-Ray traces.
    pub(crate) tracing: Tracing,
    /// The least severe log line that is kept; needs `log_format = "json"`. Default: what Lambda keeps, `info`.
    pub(crate) log_level: Option<LogLevel>,
    /// How Lambda writes its own log lines.
    pub(crate) log_format: LogFormat,
    /// How long logs are kept, one of the numbers that CloudWatch knows.
    pub(crate) log_retention_days: u32,
    /// Instances that are kept for this function and are the most it gets.
    #[schemars(range(min = 1))]
    pub(crate) reserved_concurrency: Option<u32>,
    /// Instances that are started before they are needed and are paid for all the time.
    #[schemars(range(min = 1))]
    pub(crate) provisioned_concurrency: Option<u32>,

    // Gateway
    /// What stands before the function.
    pub(crate) api: Api,
    /// The path in front of every request behind a custom domain, such as `shop`.
    pub(crate) base_path: Option<String>,
    /// Redirects and cookie paths get the stage or base path back.
    pub(crate) rewrite_location: bool,
    /// The media types whose bodies a REST API passes on untouched.
    pub(crate) binary_media_types: Vec<String>,
    /// Answers are passed on as they are written (REST API, Function URL).
    pub(crate) streaming: bool,
    /// The most requests that the gateway lets through (REST API, HTTP API).
    pub(crate) throttle: Option<Throttle>,

    // Permission
    /// A role of your own instead of the one that the stack makes.
    pub(crate) role_arn: Option<String>,
    /// What the function may do beside writing its logs.
    pub(crate) permissions: Vec<Statement>,
    /// The policy that bounds the role that the stack makes.
    pub(crate) permissions_boundary: Option<String>,

    // Events
    /// Instances that are kept warm by a schedule.
    pub(crate) keep_warm: KeepWarm,

    // More
    /// CloudFormation resources of your own, by logical id. They are part of the stack and may refer to its others.
    pub(crate) resources: BTreeMap<String, serde_json::Value>,
    /// CloudFormation outputs of your own, by name.
    pub(crate) outputs: BTreeMap<String, serde_json::Value>,
    /// The path that a new release is asked for before it takes traffic. Default: only its start is tried.
    pub(crate) health_check: Option<String>,
    /// A function registered in the app that the new release runs before it takes traffic, such as a migration.
    pub(crate) before_traffic: Option<String>,
    /// How many releases can be rolled back to.
    #[schemars(range(min = 2))]
    pub(crate) retain_releases: u32,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            canary_region: None,
            on_failure: OnFailure::default(),
            cloudformation_role_arn: None,
            protected: false,
            express: false,
            profile_name: None,
            s3_bucket: None,
            function_name: None,
            tags: BTreeMap::new(),
            builder: Builder::default(),
            build_command: None,
            build_output: None,
            target: None,
            profile: "release".to_owned(),
            features: Vec::new(),
            include: Vec::new(),
            architecture: Architecture::default(),
            memory_size: 256,
            timeout_seconds: 29,
            ephemeral_storage: 512,
            description: None,
            environment: BTreeMap::new(),
            tracing: Tracing::default(),
            log_level: None,
            log_format: LogFormat::default(),
            log_retention_days: 30,
            reserved_concurrency: None,
            provisioned_concurrency: None,
            api: Api::default(),
            base_path: None,
            rewrite_location: true,
            binary_media_types: vec!["*/*".to_owned()],
            streaming: false,
            throttle: None,
            role_arn: None,
            permissions: Vec::new(),
            permissions_boundary: None,
            keep_warm: KeepWarm::default(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            health_check: None,
            before_traffic: None,
            retain_releases: 10,
        }
    }
}

/// What happens to the regions that succeeded when another failed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnFailure {
    /// They keep the new release; the next deploy finishes the rest.
    #[default]
    Keep,
    /// They go back to the release they had.
    Rollback,
}

/// How the binary is made for Lambda.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Builder {
    /// `zigbuild` where zig is installed, `cargo` where this machine is like Lambda.
    #[default]
    Auto,
    /// Plain cargo.
    Cargo,
    /// cargo with zig as the linker, for another architecture or an older C library.
    Zigbuild,
    /// `cross`, in a container.
    Cross,
    /// A command of your own: `build_command` and `build_output`.
    Command,
}

/// The processor that the function runs on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Architecture {
    /// Graviton: a fifth cheaper for the same memory.
    #[default]
    #[serde(rename = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
}

/// A variable's value. What it says may be a secret and is not shown.
#[derive(Clone, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Variable {
    /// A text.
    Text(String),
    /// What CloudFormation puts in.
    Expression(serde_json::Map<String, serde_json::Value>),
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Expression(expression) => f.debug_tuple("Expression").field(expression).finish(),
        }
    }
}

/// X-Ray.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tracing {
    /// Traces that begin elsewhere go on, none begins here.
    #[default]
    Off,
    /// Lambda begins traces.
    Active,
}

/// The least severe log line that is kept.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// All.
    Trace,
    /// No traces.
    Debug,
    /// What an operator reads every day.
    Info,
    /// What may need a hand.
    Warn,
    /// What needs one.
    Error,
    /// What ended the process.
    Fatal,
}

impl LogLevel {
    /// As Lambda writes it.
    pub(crate) fn as_aws(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// How Lambda writes its own log lines.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// `START`, `END` and `REPORT` lines.
    Text,
}

/// What stands before the function.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Api {
    /// API Gateway REST API: API keys, usage plans, streaming; the stage is in the path.
    #[default]
    Rest,
    /// API Gateway HTTP API: cheaper, nothing in the path.
    Http,
    /// Lambda Function URL: no gateway to pay for, streaming, nothing in the path.
    FunctionUrl,
}

impl Api {
    /// As the settings write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Http => "http",
            Self::FunctionUrl => "function_url",
        }
    }

    /// What the choice means: price of a million requests in us-east-1, path, keys, streaming.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Rest => "$3.50 a million requests; the stage is in the path; API keys, usage plans, streaming",
            Self::Http => "$1.00 a million requests; nothing in the path; no API keys, no streaming",
            Self::FunctionUrl => "no price of its own; nothing in the path; streaming; no API keys, no throttle",
        }
    }
}

/// The most requests that the gateway lets through.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throttle {
    /// Requests a second over a longer time.
    #[schemars(range(min = 0))]
    pub(crate) rate: f64,
    /// Requests at once.
    pub(crate) burst: u32,
}

/// One statement of an IAM policy.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    /// What is allowed, such as `["dynamodb:GetItem"]`.
    pub(crate) actions: Vec<String>,
    /// On what: ARNs, or CloudFormation expressions such as `{ "Fn::GetAtt" = ["Table", "Arn"] }`.
    pub(crate) resources: Vec<serde_json::Value>,
    /// Under which conditions, as IAM writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conditions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Whether instances are kept warm: `false`, `true` (one), a count, or a table of `count` and `expression`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum KeepWarm {
    /// Off, or one instance every four minutes.
    Switch(bool),
    /// So many instances every four minutes.
    Count(Count),
    /// So many instances, so often.
    Rule {
        /// How many.
        count: Count,
        /// How often, as EventBridge writes it: `rate(4 minutes)`.
        expression: String,
    },
}

impl Default for KeepWarm {
    fn default() -> Self {
        Self::Switch(false)
    }
}

/// A number of warm instances, up to the five targets that one rule can have.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) struct Count(#[schemars(range(min = 1, max = 5))] pub(crate) u8);
