//! The event of a Lambda authorizer, of every API and payload version.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A map of texts; those without a value are left out.
type Texts = BTreeMap<String, String>;

/// The fields that handlers may see, as API Gateway sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    version: Option<String>,
    method_arn: Option<String>,
    route_arn: Option<String>,
    /// The token of a REST API's `TOKEN` authorizer. An HTTP API with payload 1.0 repeats the identity sources here.
    pub(super) authorization_token: Option<String>,
    /// `TOKEN` or `REQUEST`.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    #[serde(deserialize_with = "texts")]
    pub(super) headers: Texts,
    #[serde(deserialize_with = "lists")]
    pub(super) multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) cookies: Vec<String>,
    #[serde(deserialize_with = "texts")]
    pub(super) query_string_parameters: Texts,
    #[serde(deserialize_with = "lists")]
    pub(super) multi_value_query_string_parameters: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "texts")]
    pub(super) path_parameters: Texts,
    #[serde(deserialize_with = "texts")]
    pub(super) stage_variables: Texts,
    pub(super) request_context: Value,
}

impl Event {
    /// The ARN of what was called.
    pub(super) fn arn(&self) -> &str {
        self.method_arn.as_deref().or(self.route_arn.as_deref()).unwrap_or_default()
    }

    /// Whether it is payload 2.0 of an HTTP API.
    pub(super) fn is_version_2(&self) -> bool {
        self.version.as_deref() == Some("2.0")
    }

    /// The method of the request.
    pub(super) fn method(&self) -> Option<&str> {
        self.http_method.as_deref().or_else(|| self.request_context["http"]["method"].as_str())
    }

    /// The path of the request: without the stage from a REST API, with a named stage from an HTTP API.
    pub(super) fn path(&self) -> Option<&str> {
        self.raw_path.as_deref().or(self.path.as_deref())
    }
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
    let map: Option<BTreeMap<String, Option<String>>> = Option::deserialize(deserializer)?;
    Ok(map.into_iter().flatten().filter_map(|(name, value)| Some((name, value?))).collect())
}

fn lists<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let map: Option<BTreeMap<String, Option<Vec<String>>>> = Option::deserialize(deserializer)?;
    Ok(map.into_iter().flatten().filter_map(|(name, values)| Some((name, values?))).collect())
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
