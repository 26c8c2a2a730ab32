//! Rules of the alarms, and of who is told.

use serde_json::Value;

use super::{
    super::{
        Alarms, DestinationKind, SourceKind, Stage,
        alarm::{AlarmKind, AlarmPlan, MAX_EVALUATED_SECONDS, MIN_PERIOD_SECONDS},
    },
    Rules, source_name,
};
use crate::suggestion::nearest;

/// How many actions an alarm has for one state.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
const MAX_ACTIONS: usize = 5;
/// The key of SNS that AWS manages, with which CloudWatch may not encrypt.
/// <https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns>
const AWS_KEY: &str = "alias/aws/sns";

impl Rules<'_> {
    pub(super) fn alarms(&mut self) {
        let stage = self.stage;
        let actions = stage.alarms.actions();
        if actions.len() > MAX_ACTIONS {
            let sentence = format!("there are {} actions, and {MAX_ACTIONS} is the most of an alarm", actions.len());
            self.fault_at(&actions_path(&stage.alarms), sentence);
        }
        for (index, action) in actions.iter().enumerate() {
            if let Some(sentence) = self.action_fault(action) {
                let index = index.to_string();
                let mut path = actions_path(&stage.alarms);
                if !matches!(stage.alarms, Alarms::Action(_)) {
                    path.push(&index);
                }
                self.fault_at(&path, sentence);
            }
        }
        for kind in AlarmKind::ALL {
            if let Some(plan) = stage.alarms.plan(kind, stage.timeout_seconds, true)
                && let Some(sentence) = plan_fault(stage, kind, plan)
            {
                self.fault(["alarms", kind.key()], sentence);
            }
        }
    }

    /// The fault of somebody who is told: a topic of `resources`, the name of one, or the ARN of anything in the region.
    fn action_fault(&self, action: &str) -> Option<String> {
        if let Some(resource) = self.stage.resources.get(action) {
            let kind = resource["Type"].as_str().unwrap_or_default();
            return (kind != DestinationKind::Topic.resource_type())
                .then(|| format!("`{action}` is a `{kind}`, and an alarm tells an `AWS::SNS::Topic` or an ARN"));
        }
        let Some(arn) = action.strip_prefix("arn:") else {
            return source_name::fault(SourceKind::Sns(action), action, self.region);
        };
        let parts: Vec<&str> = arn.splitn(5, ':').collect();
        let [_, service, region, _, _] = parts[..] else {
            return Some(format!("`{action}` is not an ARN, such as `arn:aws:sns:eu-west-1:123456789012:alerts`"));
        };
        let is_elsewhere = !region.is_empty() && !region.starts_with("${") && region != self.region;
        is_elsewhere.then(|| {
            format!(
                "`{action}` is in `{region}`, and the alarm in `{}`: CloudWatch calls {service} of its own region alone; \
                 `${{region}}` in its place is the stage's",
                self.region
            )
        })
    }
}

/// Where the actions stand in the settings.
fn actions_path(alarms: &Alarms) -> Vec<&'static str> {
    if matches!(alarms, Alarms::Table(_)) { vec!["alarms", "actions"] } else { vec!["alarms"] }
}

/// What CloudWatch refuses of an alarm, and what never happens.
fn plan_fault(stage: &Stage, kind: AlarmKind, plan: AlarmPlan) -> Option<String> {
    let AlarmPlan { threshold, period_seconds, periods, datapoints } = plan;
    if period_seconds % MIN_PERIOD_SECONDS != 0 {
        return Some(format!("`period_seconds` is {period_seconds}; it has whole minutes, such as 60 or 300"));
    }
    if datapoints > periods {
        return Some(format!("`datapoints` is {datapoints}, which is more than the {periods} periods there are"));
    }
    if periods.saturating_mul(period_seconds) > MAX_EVALUATED_SECONDS {
        return Some(format!(
            "{periods} periods of {period_seconds} seconds are more than a day, the most that CloudWatch takes"
        ));
    }
    let timeout = stage.timeout_seconds.saturating_mul(1000);
    (kind == AlarmKind::P99Duration && threshold > timeout)
        .then(|| format!("no invocation takes {threshold} ms: `timeout_seconds` ends it after {timeout} ms"))
}

/// Warnings of topics that nobody is told by.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    stage.alarms.actions().iter().filter_map(move |action| match stage.resources.get(action) {
        Some(topic) => (topic["Properties"]["KmsMasterKeyId"] == AWS_KEY).then(|| {
            format!(
                "stage `{name}`: `alarms` tells `{action}`, which is encrypted by `{AWS_KEY}`: CloudWatch may not use this key, \
                 so that nobody would be told; leave `KmsMasterKeyId` out, or name a key of your own that allows \
                 `cloudwatch.amazonaws.com`"
            )
        }),
        None => {
            let is_topic = |resource: &Value| resource["Type"] == DestinationKind::Topic.resource_type();
            let topics = stage.resources.iter().filter(|(_, resource)| is_topic(resource));
            let meant = nearest(action, topics.map(|(id, _)| id.as_str()))?;
            Some(format!(
                "stage `{name}`: `{action}` of `alarms` is none of `resources`, so it is looked for in the account; did you mean \
                 `{meant}`?"
            ))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::{Error, Settings, StageSelection};

    fn selection(settings: &str) -> Result<StageSelection, Error> {
        let text = format!("[stage.dev]\naws_region = \"us-east-1\"\n{settings}\n");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new());
        settings.and_then(|settings| settings.choose(None))
    }

    fn faults(settings: &str) -> String {
        selection(settings).err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn warnings(settings: &str) -> String {
        selection(settings).unwrap().warnings.join("\n")
    }

    #[test]
    fn an_alarm_that_cloudwatch_refuses_or_that_nobody_hears_is_found_before_the_deploy() {
        for (settings, expected) in [
            ("alarms = true", ""),
            ("alarms = \"alerts\"", ""),
            ("alarms = [\"arn:aws:sns:us-east-1:123456789012:alerts\", \"Topic\"]", ""),
            ("alarms = [\"arn:aws:lambda:${region}:123456789012:function:page\"]", ""),
            ("alarms = \"Table\"", "`Table` is a `AWS::DynamoDB::Table`, and an alarm tells"),
            (
                "alarms = [\"Topic\", \"arn:aws:sns:eu-west-1:1:alerts\"]",
                "is in `eu-west-1`, and the alarm in `us-east-1`",
            ),
            ("alarms = \"arn:aws:sns\"", "is not an ARN"),
            ("alarms = \"no topic\"", "is not a name"),
            ("alarms = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]", "5 is the most"),
            ("alarms = { errors = 0 }", "at least 1"),
            ("alarms = { error = 1 }", "did you mean `errors`?"),
            ("alarms = { errors = \"many\" }", "`errors` is"),
            ("alarms = { errors = { period_seconds = 90 } }", "whole minutes"),
            ("alarms = { errors = { periods = 2, datapoints = 3 } }", "more than the 2 periods"),
            ("alarms = { errors = { periods = 25, period_seconds = 3600 } }", "more than a day"),
            ("alarms = { errors = { datapoints = 2 } }", "more than the 1 periods"),
            ("timeout_seconds = 3\nalarms = { p99_duration_ms = 4000 }", "ends it after 3000 ms"),
            ("alarms = { treat_missing_data = \"good\" }", "`treat_missing_data` is"),
        ] {
            let found = faults(&format!(
                "{settings}\nresources = {{ Topic = {{ Type = \"AWS::SNS::Topic\" }}, Table = {{ Type = \"AWS::DynamoDB::Table\" }} }}"
            ));
            assert_eq!(found.is_empty(), expected.is_empty(), "{settings}: {found}");
            assert!(found.contains(expected), "{settings}: {found}");
        }
    }

    #[test]
    fn a_topic_that_nobody_is_told_by_is_a_warning() {
        let resources = "resources = { Alerts = { Type = \"AWS::SNS::Topic\", Properties = { KmsMasterKeyId = \"alias/aws/sns\" } } }";
        for (settings, expected) in [
            ("alarms = \"Alerts\"", "nobody would be told"),
            ("alarms = \"Alert\"", "did you mean `Alerts`?"),
            ("alarms = \"elsewhere\"", ""),
        ] {
            let found = warnings(&format!("{settings}\n{resources}"));
            assert_eq!(found.is_empty(), expected.is_empty(), "{settings}: {found}");
            assert!(found.contains(expected), "{settings}: {found}");
        }
    }
}
