//! CORS of the gateway, read from the template: from the configuration of an HTTP API or a Function URL, or from the
//! methods of a REST API.

use http::{
    HeaderName, HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE},
};
use serde::Deserialize;
use serde_json::Value;
use zappa_rs_adapter::contract::cors::CorsPolicy;

use super::stack::properties;
use crate::{
    gateway::{Cors, GatewayKind},
    logical_id,
};

/// `CorsConfiguration` of an HTTP API, and `Cors` of a Function URL.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Configuration {
    allow_credentials: bool,
    allow_headers: Vec<String>,
    allow_methods: Vec<String>,
    allow_origins: Vec<String>,
    expose_headers: Vec<String>,
    max_age: Option<u32>,
}

/// Reads what the gateway does about CORS; `variable` is what the adapter behind a REST API reads.
pub(super) fn read(
    template: &Value,
    kind: GatewayKind,
    variable: Option<&String>,
) -> Result<Option<Cors>, serde_json::Error> {
    let configuration = match kind {
        GatewayKind::Http => &properties(template, logical_id::HTTP_API)["CorsConfiguration"],
        GatewayKind::FunctionUrl => &properties(template, logical_id::FUNCTION_URL)["Cors"],
        GatewayKind::Rest => return Ok(of_rest_api(template, variable)),
        GatewayKind::Alb => return Ok(None),
    };
    if configuration.is_null() {
        return Ok(None);
    }
    Ok(Some(of_configuration(Configuration::deserialize(configuration)?)))
}

fn of_configuration(configuration: Configuration) -> Cors {
    let max_age = configuration.max_age.map(|seconds| seconds.to_string()).unwrap_or_default();
    let preflight = [
        (ACCESS_CONTROL_ALLOW_METHODS, configuration.allow_methods.join(",")),
        (ACCESS_CONTROL_ALLOW_HEADERS, configuration.allow_headers.join(",")),
        (ACCESS_CONTROL_MAX_AGE, max_age),
    ];
    let value = |text: String| HeaderValue::try_from(text).ok().filter(|value| !value.is_empty());
    Cors {
        policy: CorsPolicy {
            origins: configuration.allow_origins,
            allows_credentials: configuration.allow_credentials,
            exposed_headers: configuration.expose_headers,
        },
        preflight: preflight.into_iter().filter_map(|(name, text)| Some((name, value(text)?))).collect(),
        errors: Vec::new(),
    }
}

fn of_rest_api(template: &Value, variable: Option<&String>) -> Option<Cors> {
    let integration = &properties(template, logical_id::PROXY_PREFLIGHT)["Integration"];
    let response = &integration["IntegrationResponses"][0]["ResponseParameters"];
    let errors = &properties(template, logical_id::GATEWAY_RESPONSE_4XX)["ResponseParameters"];
    response.is_object().then(|| Cors {
        policy: variable.and_then(|text| CorsPolicy::parse(text)).unwrap_or_default(),
        preflight: headers(response, "method.response.header."),
        errors: headers(errors, "gatewayresponse.header."),
    })
}

/// The headers that a mapping of API Gateway sets to texts.
fn headers(mapping: &Value, prefix: &str) -> Vec<(HeaderName, HeaderValue)> {
    let entries = mapping.as_object().into_iter().flatten();
    let header = |(key, value): (&String, &Value)| {
        let text = value.as_str()?.strip_prefix('\'')?.strip_suffix('\'')?;
        Some((HeaderName::try_from(key.strip_prefix(prefix)?).ok()?, HeaderValue::from_str(text).ok()?))
    };
    entries.filter_map(header).collect()
}
