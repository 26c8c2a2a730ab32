//! The settings of alarms as types, and what they leave to defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest time that CloudWatch evaluates at once, with periods of less than an hour.
pub(crate) const MAX_EVALUATED_SECONDS: u32 = 24 * 60 * 60;
/// The shortest period: Lambda and API Gateway write their metrics once a minute.
pub(crate) const MIN_PERIOD_SECONDS: u32 = 60;
/// The longest period of less than an hour or of one.
const MAX_PERIOD_SECONDS: u32 = 60 * 60;

/// Which alarms a stage has, and who is told: `false`, `true` (all, nobody is told), a topic, a list of topics and ARNs,
/// or a table.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Alarms {
    /// None, or all with their defaults.
    Switch(bool),
    /// All with their defaults, and one topic or ARN that is told.
    Action(String),
    /// All with their defaults, and the topics and ARNs that are told.
    Actions(Vec<String>),
    /// Each alarm by itself.
    Table(Box<AlarmTable>),
}

impl Default for Alarms {
    fn default() -> Self {
        Self::Switch(false)
    }
}

/// The alarms one by one. What is left out has its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AlarmTable {
    /// Who is told: SNS topics, as a logical id of `resources`, a name or an ARN, and ARNs of what else CloudWatch calls, such
    /// as a Lambda function. Topics are told of the end too.
    pub(crate) actions: Vec<String>,
    /// Invocations that failed: a crash, a timeout, an event whose handler failed. An HTTP response is no such error, whatever
    /// its status. Default: 1 in one minute.
    pub(crate) errors: AlarmSetting,
    /// Invocations that Lambda refused for want of concurrency. Default: 1 a minute, in 2 of 3 minutes.
    pub(crate) throttles: AlarmSetting,
    /// Responses of the gateway with a status of 500 or more. Default: 5 in one minute.
    pub(crate) gateway_5xx: AlarmSetting,
    /// The duration in milliseconds that 1 in 100 invocations exceeds. Default: 80% of the function's timeout, for 3 minutes.
    /// A threshold is for the main function; the further ones keep the default.
    pub(crate) p99_duration_ms: AlarmSetting,
    /// What a minute without a request or an invocation counts as.
    pub(crate) treat_missing_data: MissingData,
}

/// One alarm: `false`, `true`, the threshold, or a table.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum AlarmSetting {
    /// Off, or its defaults.
    Switch(bool),
    /// From which value on it is breached.
    Threshold(Threshold),
    /// Value and time.
    Rule(AlarmRule),
}

impl Default for AlarmSetting {
    fn default() -> Self {
        Self::Switch(true)
    }
}

/// The value from which on an alarm is breached.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) struct Threshold(#[schemars(range(min = 1))] pub(crate) u32);

/// When an alarm goes off. What is left out has its default.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AlarmRule {
    /// From which value on a period is breached.
    pub(crate) threshold: Option<Threshold>,
    /// How long a period is, in whole minutes. Default: 60.
    #[schemars(range(min = MIN_PERIOD_SECONDS, max = MAX_PERIOD_SECONDS))]
    pub(crate) period_seconds: Option<u32>,
    /// How many periods are looked at.
    #[schemars(range(min = 1))]
    pub(crate) periods: Option<u32>,
    /// How many of them have to be breached. Default: all, where `periods` is set.
    #[schemars(range(min = 1))]
    pub(crate) datapoints: Option<u32>,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingData {
    /// As a good one: nobody asked, so nothing failed.
    #[default]
    NotBreaching,
    /// As a bad one: traffic never ends.
    Breaching,
    /// As nothing: the alarm stays as it is.
    Ignore,
    /// As unknown: the alarm has insufficient data.
    Missing,
}

impl MissingData {
    /// As CloudWatch writes it.
    pub(crate) fn as_aws(self) -> &'static str {
        match self {
            Self::NotBreaching => "notBreaching",
            Self::Breaching => "breaching",
            Self::Ignore => "ignore",
            Self::Missing => "missing",
        }
    }
}

/// What an alarm watches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AlarmKind {
    Errors,
    Throttles,
    Gateway5xx,
    P99Duration,
}

impl AlarmKind {
    /// All, in the order of the settings.
    pub(crate) const ALL: [Self; 4] = [Self::Errors, Self::Throttles, Self::Gateway5xx, Self::P99Duration];

    /// The setting's name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Throttles => "throttles",
            Self::Gateway5xx => "gateway_5xx",
            Self::P99Duration => "p99_duration_ms",
        }
    }

    /// The end of the alarm's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Throttles => "throttles",
            Self::Gateway5xx => "5xx",
            Self::P99Duration => "p99-duration",
        }
    }

    /// How many periods of how many have to be breached, where the settings do not say.
    ///
    /// A failed invocation is rare, and a canary is to be rolled back at once. A burst that is throttled is over before anybody
    /// could act, and one slow minute may be a cold start.
    fn datapoints(self) -> (u32, u32) {
        match self {
            Self::Errors | Self::Gateway5xx => (1, 1),
            Self::Throttles => (2, 3),
            Self::P99Duration => (3, 3),
        }
    }

    /// The threshold, where the settings do not say, for a function with a timeout.
    fn threshold(self, timeout_seconds: u32) -> u32 {
        match self {
            Self::Errors | Self::Throttles => 1,
            // A single failed request may be the client's network; five a minute are a fault.
            Self::Gateway5xx => 5,
            // Close to the limit at which invocations fail.
            Self::P99Duration => timeout_seconds.saturating_mul(800),
        }
    }
}

/// One alarm with everything that the settings leave to defaults.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AlarmPlan {
    pub(crate) threshold: u32,
    pub(crate) period_seconds: u32,
    pub(crate) periods: u32,
    pub(crate) datapoints: u32,
}

impl Alarms {
    /// Whether the stage has any alarm.
    #[allow(dead_code, reason = "what shifts traffic by alarms will ask")]
    pub(crate) fn are_set(&self) -> bool {
        AlarmKind::ALL.into_iter().any(|kind| self.setting(kind) != AlarmSetting::Switch(false))
    }

    /// Who is told.
    pub(crate) fn actions(&self) -> &[String] {
        match self {
            Self::Switch(_) => &[],
            Self::Action(action) => std::slice::from_ref(action),
            Self::Actions(actions) => actions,
            Self::Table(table) => &table.actions,
        }
    }

    /// What a period without data counts as.
    pub(crate) fn missing_data(&self) -> MissingData {
        match self {
            Self::Table(table) => table.treat_missing_data,
            _ => MissingData::default(),
        }
    }

    /// The setting of one alarm.
    pub(crate) fn setting(&self, kind: AlarmKind) -> AlarmSetting {
        match self {
            Self::Switch(is_on) => AlarmSetting::Switch(*is_on),
            Self::Action(_) | Self::Actions(_) => AlarmSetting::Switch(true),
            Self::Table(table) => match kind {
                AlarmKind::Errors => table.errors,
                AlarmKind::Throttles => table.throttles,
                AlarmKind::Gateway5xx => table.gateway_5xx,
                AlarmKind::P99Duration => table.p99_duration_ms,
            },
        }
    }

    /// One alarm of a function with its timeout; `None` if it is off. `is_main` tells whether the threshold of a duration
    /// is meant for the function.
    pub(crate) fn plan(&self, kind: AlarmKind, timeout_seconds: u32, is_main: bool) -> Option<AlarmPlan> {
        let rule = match self.setting(kind) {
            AlarmSetting::Switch(false) => return None,
            AlarmSetting::Switch(true) => AlarmRule::default(),
            AlarmSetting::Threshold(threshold) => AlarmRule { threshold: Some(threshold), ..AlarmRule::default() },
            AlarmSetting::Rule(rule) => rule,
        };
        let (datapoints, periods) = kind.datapoints();
        let threshold = rule.threshold.filter(|_| is_main || kind != AlarmKind::P99Duration);
        Some(AlarmPlan {
            threshold: threshold.map_or_else(|| kind.threshold(timeout_seconds), |Threshold(value)| value),
            period_seconds: rule.period_seconds.unwrap_or(MIN_PERIOD_SECONDS),
            periods: rule.periods.unwrap_or(periods),
            datapoints: rule.datapoints.or(rule.periods).unwrap_or(datapoints),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarms(text: &str) -> Alarms {
        #[derive(Deserialize)]
        struct File {
            alarms: Alarms,
        }
        toml::from_str::<File>(text).unwrap().alarms
    }

    #[test]
    fn what_the_settings_leave_out_has_its_default() {
        let plan = |text: &str, kind, is_main| {
            alarms(text).plan(kind, 30, is_main).map(|plan| {
                let AlarmPlan { threshold, period_seconds, periods, datapoints } = plan;
                (threshold, period_seconds, datapoints, periods)
            })
        };
        use AlarmKind::{Errors, Gateway5xx, P99Duration, Throttles};
        for (text, kind, is_main, expected) in [
            ("alarms = false", Errors, true, None),
            ("alarms = true", Errors, true, Some((1, 60, 1, 1))),
            ("alarms = \"Alerts\"", Throttles, true, Some((1, 60, 2, 3))),
            ("alarms = [\"Alerts\"]", Gateway5xx, true, Some((5, 60, 1, 1))),
            ("alarms = {}", P99Duration, false, Some((24_000, 60, 3, 3))),
            ("alarms = { errors = false }", Errors, true, None),
            ("alarms = { errors = 9 }", Errors, false, Some((9, 60, 1, 1))),
            ("alarms = { p99_duration_ms = 800 }", P99Duration, true, Some((800, 60, 3, 3))),
            ("alarms = { p99_duration_ms = 800 }", P99Duration, false, Some((24_000, 60, 3, 3))),
            ("alarms = { errors = { periods = 5 } }", Errors, true, Some((1, 60, 5, 5))),
            (
                "alarms = { errors = { periods = 5, datapoints = 2, period_seconds = 300 } }",
                Errors,
                true,
                Some((1, 300, 2, 5)),
            ),
        ] {
            assert_eq!(plan(text, kind, is_main), expected, "{text}");
        }
    }

    #[test]
    fn alarms_are_set_where_one_is() {
        let off = "errors = false, throttles = false, gateway_5xx = false, p99_duration_ms";
        for (text, expected) in [
            ("alarms = false".to_owned(), false),
            ("alarms = []".to_owned(), true),
            (format!("alarms = {{ {off} = false }}"), false),
            (format!("alarms = {{ {off} = 5 }}"), true),
        ] {
            assert_eq!(alarms(&text).are_set(), expected, "{text}");
        }
    }
}
