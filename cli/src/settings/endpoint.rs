//! Where a REST API is reached, as types: `endpoint`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a REST API is reached: `regional`, `edge`, `private`, or a table with the VPC endpoints of a private one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum EndpointSetting {
    /// The kind alone.
    Kind(EndpointKind),
    /// A kind with VPC endpoints.
    Table(Endpoint),
}

impl Default for EndpointSetting {
    fn default() -> Self {
        Self::Kind(EndpointKind::Regional)
    }
}

/// The endpoint of a REST API.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    /// The kind of the endpoint.
    #[serde(rename = "type")]
    pub(crate) kind: EndpointKind,
    /// The ids of the VPC endpoints of a private API, such as `vpce-0123456789abcdef0`. API Gateway makes a public name for each,
    /// which resolves to private addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) vpc_endpoints: Vec<String>,
}

/// The kinds of endpoints.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html>
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EndpointKind {
    /// In the region.
    Regional,
    /// By CloudFront's locations, for clients all over the world.
    Edge,
    /// From VPCs only, by interface endpoints of `execute-api`.
    Private,
}

impl EndpointSetting {
    /// The kind.
    pub(crate) fn kind(&self) -> EndpointKind {
        match self {
            Self::Kind(kind) => *kind,
            Self::Table(endpoint) => endpoint.kind,
        }
    }

    /// The VPC endpoints of a private API.
    pub(crate) fn vpc_endpoints(&self) -> &[String] {
        match self {
            Self::Kind(_) => &[],
            Self::Table(endpoint) => &endpoint.vpc_endpoints,
        }
    }
}
