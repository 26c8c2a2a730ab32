//! API keys and usage plans as types: `api_key_required` and the tables `[stage.NAME.usage_plans.PLAN]`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Stage, value::Throttle, variable};

/// The largest quota, which is a number of 32 bits.
const MAX_QUOTA: u32 = i32::MAX.cast_unsigned();

/// A usage plan of a REST API, a table `[stage.NAME.usage_plans.PLAN]`: who has one of its keys may call so much.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UsagePlan {
    /// The most requests of each key in a period. AWS counts them on a best-effort basis: it is no access control and no bound of
    /// your costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quota: Option<Quota>,
    /// The most requests of each key at a time, on a best-effort basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttle: Option<Throttle>,
    /// The keys of the plan: a name, for which AWS makes a value, or `{ name = "partner", value = "${PARTNER_KEY}" }`. Each key is
    /// in one plan of the stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<ApiKey>,
}

/// A number of requests in a period.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quota {
    /// How many requests.
    #[schemars(range(min = 1, max = MAX_QUOTA))]
    pub(crate) limit: u32,
    /// In which period.
    pub(crate) period: Period,
}

/// The period of a quota, in UTC.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Period {
    /// From midnight.
    Day,
    /// From Sunday.
    Week,
    /// From the first of the month.
    Month,
}

impl Period {
    /// As API Gateway writes it.
    pub(crate) fn as_aws(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
        }
    }
}

/// An API key of a plan.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum ApiKey {
    /// Its name. AWS makes a value, which `zappa-rs keys list --show` prints.
    Generated(String),
    /// Its name and its value.
    Given(GivenKey),
}

/// An API key whose value is not made by AWS.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenKey {
    /// Its name.
    pub(crate) name: String,
    /// Its value, 20 to 128 characters: a variable of the environment of whoever deploys, such as `${PARTNER_KEY}`. It is sent to AWS
    /// as a `NoEcho` parameter, and is in no template and no record.
    #[serde(skip_serializing)]
    pub(crate) value: KeyValue,
}

/// The value of an API key, a secret that is not shown and not serialized.
#[derive(Clone, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(transparent)]
pub(crate) struct KeyValue(String);

impl KeyValue {
    /// The value; `None` if its variable is not set, as for commands that send none.
    pub(crate) fn known(&self) -> Option<&str> {
        (!variable::has_variable(&self.0)).then_some(self.0.as_str())
    }
}

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyValue(..)")
    }
}

impl ApiKey {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Generated(name) | Self::Given(GivenKey { name, .. }) => name,
        }
    }

    /// The value that the settings give it.
    pub(crate) fn value(&self) -> Option<&KeyValue> {
        match self {
            Self::Generated(_) => None,
            Self::Given(key) => Some(&key.value),
        }
    }
}

impl Stage {
    /// The API keys of all usage plans, each with its plan.
    pub(crate) fn api_keys(&self) -> impl Iterator<Item = (&str, &ApiKey)> {
        self.usage_plans.iter().flat_map(|(plan, settings)| settings.keys.iter().map(move |key| (plan.as_str(), key)))
    }

    /// Whether any path of the stage asks for an API key.
    pub(crate) fn asks_for_keys(&self) -> bool {
        self.api_key_required || self.routes.iter().any(|route| route.api_key_required == Some(true))
    }
}
