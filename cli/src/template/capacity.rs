//! Provisioned concurrency of the aliases, and what moves it: a scalable target with a timetable, and target tracking.
//!
//! The alias has the least number itself, so that CloudFormation removes what is provisioned when the setting goes: that a target
//! is deregistered leaves it. Every update of the alias sets that number again.

use serde_json::{Value, json};

use super::{Input, Section, stack_function::wanted};
use crate::{
    logical_id::FunctionIds,
    names::ALIAS,
    settings::{Function, Provisioned, ProvisionedRange},
};

/// What Application Auto Scaling calls it.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-lambda.html>
const DIMENSION: &str = "lambda:function:ProvisionedConcurrency";

/// The provisioned concurrency of a further function, or of the main one.
pub(super) fn of<'a>(input: &Input<'a>, function: Option<&'a Function>) -> Option<&'a Provisioned> {
    match function {
        Some(function) => function.provisioned_concurrency.as_ref(),
        None => input.stage.provisioned_concurrency.as_ref(),
    }
}

/// Adds the scalable target and the policy of each function whose number moves.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for function in wanted(input) {
        let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
        let Some(range) = of(input, function).and_then(Provisioned::range) else { continue };
        resources.insert(ids.scalable_target.clone(), target(input, &ids, range));
        if let Some(utilization) = range.utilization {
            resources.insert(ids.scaling_policy.clone(), policy(&ids, utilization));
        }
    }
}

fn target(input: &Input<'_>, ids: &FunctionIds, range: &ProvisionedRange) -> Value {
    let name = input.identity.function(ids.name.as_deref());
    let actions: Vec<Value> = range
        .schedules
        .iter()
        .enumerate()
        .map(|(index, schedule)| {
            let mut bounds = json!({});
            if let Some(min) = schedule.min {
                bounds["MinCapacity"] = json!(min);
            }
            if let Some(max) = schedule.max {
                bounds["MaxCapacity"] = json!(max);
            }
            let mut action = json!({
                "ScheduledActionName": format!("{index}"),
                "Schedule": schedule.expression,
                "ScalableTargetAction": bounds,
            });
            if let Some(zone) = &schedule.timezone {
                action["Timezone"] = json!(zone);
            }
            action
        })
        .collect();
    let mut properties = json!({
        "ServiceNamespace": "lambda",
        "ScalableDimension": DIMENSION,
        "ResourceId": format!("function:{name}:{ALIAS}"),
        "MinCapacity": range.min,
        "MaxCapacity": range.max,
    });
    if !actions.is_empty() {
        properties["ScheduledActions"] = json!(actions);
    }
    // Its resource id names the alias, and does not refer to it.
    json!({
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "DependsOn": ids.live,
        "Properties": properties,
    })
}

fn policy(ids: &FunctionIds, utilization: f64) -> Value {
    json!({
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyName": "utilization",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": { "Ref": ids.scalable_target },
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": utilization,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization",
                },
            },
        },
    })
}
