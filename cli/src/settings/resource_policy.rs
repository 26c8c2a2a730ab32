//! The resource policy of a REST API, as types: `resource_policy`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::anonymous_access;

/// One statement of the resource policy of a REST API.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResourceStatement {
    /// Whether callers are let in or refused: `allow` or `deny`.
    pub(crate) effect: Effect,
    /// Who: ARNs of accounts, roles and users, or `*` for everybody. Default: `["*"]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) principals: Vec<String>,
    /// What they call, as `STAGE/METHOD/PATH` with `*`: `prod/GET/items/*`. Default: `["*"]`, all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) paths: Vec<String>,
    /// Under which conditions, as IAM writes them: `{ IpAddress = { "aws:SourceIp" = ["203.0.113.0/24"] } }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conditions: Option<Map<String, Value>>,
}

impl ResourceStatement {
    /// Whether it applies to every caller.
    pub(crate) fn is_of_everybody(&self) -> bool {
        self.principals.is_empty() || self.principals.iter().any(|principal| principal == "*")
    }

    /// Whether it is for every path of a stage.
    pub(crate) fn is_of_every_path(&self, stage: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|path| anonymous_access::is_every_path(stage, path))
    }

    /// What it means for anonymous callers of a stage.
    pub(crate) fn for_anonymous(&self, stage: &str) -> anonymous_access::Statement<'_> {
        anonymous_access::Statement {
            denies: self.effect == Effect::Deny,
            is_for_all: self.is_of_everybody() && self.is_of_every_path(stage),
            conditions: self.conditions.as_ref(),
        }
    }
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Effect {
    /// Callers are let in.
    #[default]
    Allow,
    /// Callers are refused, whatever else lets them in.
    Deny,
}
