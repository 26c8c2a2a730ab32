//! The types of the settings' values: choices, variables, statements.
//!
//! As in `model`, the doc comments are the reference and the descriptions of the JSON Schema.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// The gateway in front of the function.
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
