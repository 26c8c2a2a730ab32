//! Alarms of CloudWatch on the aliases and on the gateway.
//!
//! The metrics are those of the alias `live`: a candidate that is tried by its number, and fails, is no alarm.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

use serde_json::{Value, json};

use super::{
    Input, Section,
    stack_function::{functions, wanted},
};
use crate::{
    logical_id::{self, FunctionIds},
    names::ALIAS,
    settings::{
        Api, SourceKind,
        alarm::{AlarmKind, AlarmPlan},
    },
};

/// The type of an alarm.
pub(crate) const TYPE: &str = "AWS::CloudWatch::Alarm";
const LAMBDA: &str = "AWS/Lambda";
pub(super) const API_GATEWAY: &str = "AWS/ApiGateway";

/// Adds the alarms of every function, and that of the gateway.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for function in wanted(input) {
        let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
        for kind in AlarmKind::ALL {
            let is_main = ids.name.is_none();
            let timeout = input.stage.timeout_of(ids.name.as_deref());
            // There is one gateway, in front of the main function.
            if let Some(plan) = input.stage.alarms.plan(kind, timeout, is_main)
                && (is_main || kind != AlarmKind::Gateway5xx)
            {
                resources.insert(ids.alarm(prefix(kind)), alarm(input, &ids, kind, plan));
            }
        }
    }
}

/// An alarm of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackAlarm {
    pub(crate) kind: AlarmKind,
    /// The further function that it watches; `None` is the main one, or the gateway.
    pub(crate) function: Option<String>,
    /// Its name in CloudWatch.
    pub(crate) name: String,
}

/// The alarms of a template that are the stack's own, those of the main function first.
pub(crate) fn stack_alarms(template: &Value) -> Vec<StackAlarm> {
    let mut alarms = Vec::new();
    for ids in functions(template) {
        for kind in AlarmKind::ALL {
            let resource = &template["Resources"][ids.alarm(prefix(kind))];
            if let Some(name) = resource["Properties"]["AlarmName"].as_str().filter(|_| resource["Type"] == TYPE) {
                alarms.push(StackAlarm { kind, function: ids.name.clone(), name: name.to_owned() });
            }
        }
    }
    alarms
}

/// The ids that the alarms of a function have, whether or not they are in a template.
pub(super) fn ids_of(ids: &FunctionIds) -> impl Iterator<Item = String> {
    AlarmKind::ALL.into_iter().map(|kind| ids.alarm(prefix(kind)))
}

/// What the ids of the alarms of a kind begin with.
fn prefix(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Errors => logical_id::ALARM_ERRORS,
        AlarmKind::Throttles => logical_id::ALARM_THROTTLES,
        AlarmKind::Gateway5xx => logical_id::ALARM_GATEWAY,
        AlarmKind::P99Duration => logical_id::ALARM_P99_DURATION,
    }
}

fn alarm(input: &Input<'_>, ids: &FunctionIds, kind: AlarmKind, plan: AlarmPlan) -> Value {
    let alarms = &input.stage.alarms;
    let function = input.identity.function(ids.name.as_deref());
    let mut properties = json!({
        // A name for the people whom it wakes; the function's is as unique.
        "AlarmName": format!("{function}-{}", kind.word()),
        "AlarmDescription": description(input, &function, kind, plan),
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": plan.threshold,
        "Period": plan.period_seconds,
        "EvaluationPeriods": plan.periods,
        "DatapointsToAlarm": plan.datapoints,
        "TreatMissingData": alarms.missing_data().as_aws(),
    });
    let (namespace, metric, dimensions) = metric(input, ids, kind);
    properties["Namespace"] = json!(namespace);
    properties["MetricName"] = json!(metric);
    properties["Dimensions"] =
        dimensions.into_iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    match kind {
        AlarmKind::P99Duration => properties["ExtendedStatistic"] = json!("p99"),
        _ => properties["Statistic"] = json!("Sum"),
    }
    let actions: Vec<(Value, bool)> = alarms.actions().iter().map(|action| self::action(input, action)).collect();
    if !actions.is_empty() {
        properties["AlarmActions"] = actions.iter().map(|(arn, _)| arn.clone()).collect();
    }
    let told: Vec<Value> = actions.into_iter().filter(|(_, is_topic)| *is_topic).map(|(arn, _)| arn).collect();
    if !told.is_empty() {
        properties["OKActions"] = json!(told);
    }
    json!({ "Type": TYPE, "Properties": properties })
}

/// The namespace, the metric and its dimensions.
fn metric(
    input: &Input<'_>,
    ids: &FunctionIds,
    kind: AlarmKind,
) -> (&'static str, &'static str, [(&'static str, Value); 2]) {
    let of_alias = || {
        let resource = json!({ "Fn::Sub": format!("${{{}}}:{ALIAS}", ids.function) });
        [("FunctionName", json!({ "Ref": ids.function })), ("Resource", resource)]
    };
    match kind {
        AlarmKind::Errors => (LAMBDA, "Errors", of_alias()),
        AlarmKind::Throttles => (LAMBDA, "Throttles", of_alias()),
        AlarmKind::P99Duration => (LAMBDA, "Duration", of_alias()),
        AlarmKind::Gateway5xx => match input.stage.api {
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
            Api::Rest => {
                let stage = json!(input.identity.stage);
                (API_GATEWAY, "5XXError", [("ApiName", json!(input.identity.stack())), ("Stage", stage)])
            }
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
            Api::Http => {
                let api = json!({ "Ref": logical_id::HTTP_API });
                (API_GATEWAY, "5xx", [("ApiId", api), ("Stage", json!("$default"))])
            }
            // https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
            Api::FunctionUrl => (LAMBDA, "Url5xxCount", of_alias()),
        },
    }
}

/// The ARN of somebody who is told, and whether it is a topic: what is no topic cannot be told of the end.
fn action(input: &Input<'_>, action: &str) -> (Value, bool) {
    let is_topic = !action.starts_with("arn:") || action.split(':').nth(2) == Some("sns");
    if action.contains("${") {
        return (json!({ "Fn::Sub": action }), is_topic);
    }
    (SourceKind::Sns(action).arn(|id| input.stage.resources.contains_key(id)), is_topic)
}

/// What the alarm means, for whoever reads the notification.
fn description(input: &Input<'_>, function: &str, kind: AlarmKind, plan: AlarmPlan) -> String {
    let AlarmPlan { threshold, period_seconds, periods, datapoints } = plan;
    let what = match kind {
        AlarmKind::Errors => format!("{threshold} or more failed invocations"),
        AlarmKind::Throttles => format!("{threshold} or more throttled invocations"),
        AlarmKind::Gateway5xx => format!("{threshold} or more responses with status 5XX"),
        AlarmKind::P99Duration => format!("{threshold} ms or more for the slowest 1%"),
    };
    let minutes = period_seconds / 60;
    let period = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    let times = match (datapoints, periods) {
        (1, 1) => String::new(),
        (some, all) if some == all => format!(", {all} times in a row"),
        (some, all) => format!(", {some} times of {all}"),
    };
    format!("{function}: {what} in {period}{times}; `zappa-rs tail {}` shows the log", input.identity.stage)
}
