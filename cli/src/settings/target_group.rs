//! A target group for a load balancer of the user's own, as types: `target_group`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Stage;

/// Whether the stage has a target group: `false`, `true`, or a table.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum TargetGroupSetting {
    /// None, or one with the defaults.
    Switch(bool),
    /// One.
    Table(TargetGroup),
}

impl Default for TargetGroupSetting {
    fn default() -> Self {
        Self::Switch(false)
    }
}

/// The target group by which a load balancer (ALB) invokes the function.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TargetGroup {
    /// Headers and parameters that come several times reach the application, and those of a response the client. Without it the
    /// last of each counts.
    pub(crate) multi_value_headers: bool,
    /// The path that the load balancer asks for to see whether the application is well. Each such request invokes the
    /// function. Default: it does not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_check: Option<String>,
}

impl Default for TargetGroup {
    fn default() -> Self {
        Self { multi_value_headers: true, health_check: None }
    }
}

impl Stage {
    /// The target group, with its defaults.
    pub(crate) fn target_group(&self) -> Option<TargetGroup> {
        match &self.target_group {
            TargetGroupSetting::Switch(false) => None,
            TargetGroupSetting::Switch(true) => Some(TargetGroup::default()),
            TargetGroupSetting::Table(group) => Some(group.clone()),
        }
    }
}
