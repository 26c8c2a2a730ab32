//! The gateway's access log, as types: `access_log`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Stage};

/// Whether the gateway logs each request: `false`, `true`, or a table.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum AccessLogSetting {
    /// Off, or the defaults.
    Switch(bool),
    /// What is logged.
    Table(AccessLog),
}

impl Default for AccessLogSetting {
    fn default() -> Self {
        Self::Switch(false)
    }
}

/// The log of the gateway, one line for each request.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccessLog {
    /// A line in place of ours, with variables of API Gateway; `$context.requestId` or `$context.extendedRequestId` must be in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) format: Option<String>,
}

/// What a line says by default, by its key: who asked for what, the status, how long it took and how long the function, and why a
/// request was refused. Nothing of a query, a header or a body, which may hold secrets.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>
const FIELDS: [(&str, &str); 11] = [
    ("requestId", "$context.requestId"),
    ("time", "$context.requestTime"),
    ("ip", "$context.identity.sourceIp"),
    ("method", "$context.httpMethod"),
    ("path", "$context.path"),
    ("status", "$context.status"),
    ("length", "$context.responseLength"),
    ("milliseconds", "$context.responseLatency"),
    ("integrationMilliseconds", "$context.integrationLatency"),
    ("authorizerError", "$context.authorizer.error"),
    ("error", "$context.error.message"),
];

impl Stage {
    /// The line of the access log; `None` where there is none.
    pub(crate) fn access_log_format(&self) -> Option<String> {
        match &self.access_log {
            AccessLogSetting::Switch(false) => None,
            AccessLogSetting::Table(AccessLog { format: Some(format) }) => Some(format.clone()),
            AccessLogSetting::Switch(true) | AccessLogSetting::Table(_) => Some(default_format(self.api)),
        }
    }

    /// Whether API Gateway needs a role of the account to write the access log, which the stage does not set itself.
    pub(crate) fn needs_log_role(&self) -> bool {
        let sets_role = self.resources.values().any(|resource| resource["Type"] == "AWS::ApiGateway::Account");
        self.api == Api::Rest && self.access_log_format().is_some() && !sets_role
    }
}

/// A line of JSON. A client can choose the request id of a REST API, and not the extended one, which an HTTP API lacks.
fn default_format(api: Api) -> String {
    let extended = (api == Api::Rest).then_some(("extendedRequestId", "$context.extendedRequestId"));
    let fields = FIELDS.into_iter().chain(extended).map(|(name, variable)| format!("\"{name}\":\"{variable}\""));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}
