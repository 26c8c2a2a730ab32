//! Schedules of EventBridge Scheduler, in a group of their own, the role by which they call the alias, and the parameter that
//! enables them.
//!
//! A role is needed where a rule of EventBridge would need a permission in the function's policy, which has room for few.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html>

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use zappa_rs_adapter::contract;

use super::{Input, Section, arn, live_of};
use crate::{
    logical_id::{self, SCHEDULE_GROUP, SCHEDULE_PREFIX, SCHEDULE_ROLE, SCHEDULES_STATE},
    settings::Schedule,
};

/// The parameter's value with which schedules run, its default.
pub(crate) const ENABLED: &str = "ENABLED";
/// The parameter's value with which they do not.
pub(crate) const DISABLED: &str = "DISABLED";

/// The parameter of the schedules: `zappa-rs schedule` and `unschedule` change the state of all schedules, and every other
/// change of the stack keeps it.
pub(super) fn parameter(input: &Input<'_>) -> Option<(String, Value)> {
    if input.stage.schedules.is_empty() {
        return None;
    }
    let parameter = json!({
        "Type": "String",
        "AllowedValues": [ENABLED, DISABLED],
        "Default": ENABLED,
        "Description": "Whether the schedules run: zappa-rs schedule, zappa-rs unschedule",
    });
    Some((SCHEDULES_STATE.to_owned(), parameter))
}

/// Carries the parameter of the live template on to a wanted one without schedules, so that schedules that come back later
/// are as disabled as they were: CloudFormation forgets the value of a parameter that a template does not have.
pub(crate) fn keep_state(wanted: &mut Value, live: &Value) {
    let parameter = &live["Parameters"][SCHEDULES_STATE];
    if parameter.is_object() && wanted["Parameters"][SCHEDULES_STATE].is_null() {
        wanted["Parameters"][SCHEDULES_STATE] = parameter.clone();
    }
}

/// The number of schedules that the parameter of a template enables.
pub(crate) fn count(template: &Value) -> usize {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(_, resource)| resource["Properties"]["State"] == state()).count()
}

fn state() -> Value {
    json!({ "Ref": SCHEDULES_STATE })
}

/// Adds the group, the role and the schedules.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let schedules = &input.stage.schedules;
    if schedules.is_empty() {
        return;
    }
    resources.insert(
        SCHEDULE_GROUP.to_owned(),
        json!({ "Type": "AWS::Scheduler::ScheduleGroup", "Properties": { "Name": input.identity.stack() } }),
    );
    resources.insert(SCHEDULE_ROLE.to_owned(), role(input));
    for schedule in schedules {
        resources.insert(logical_id::named(SCHEDULE_PREFIX, &[&schedule.name]), resource(input, schedule));
    }
}

/// The role that Scheduler assumes, for this group's schedules only.
fn role(input: &Input<'_>) -> Value {
    let group = format!(
        "arn:${{AWS::Partition}}:scheduler:${{AWS::Region}}:${{AWS::AccountId}}:schedule-group/{}",
        input.identity.stack()
    );
    let mut statements =
        vec![json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": aliases(input) })];
    let queues: Vec<Value> = input
        .stage
        .schedules
        .iter()
        .filter_map(|schedule| schedule.dead_letter_queue.as_deref())
        .map(|queue| arn::queue_arn(input, queue))
        .collect();
    if !queues.is_empty() {
        statements.push(json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queues }));
    }
    let mut properties = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "scheduler.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "aws:SourceArn": { "Fn::Sub": group } } },
            }],
        },
        "Policies": [{
            "PolicyName": "schedules",
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
        }],
    });
    if let Some(boundary) = &input.stage.permissions_boundary {
        properties["PermissionsBoundary"] = json!(boundary);
    }
    json!({ "Type": "AWS::IAM::Role", "Properties": properties })
}

/// The aliases that the schedules invoke, or the only one.
fn aliases(input: &Input<'_>) -> Value {
    let functions: BTreeSet<Option<&str>> = input.stage.schedules.iter().map(Schedule::further).collect();
    let mut aliases: Vec<Value> = functions.into_iter().map(live_of).collect();
    if aliases.len() == 1 { aliases.remove(0) } else { aliases.into() }
}

fn resource(input: &Input<'_>, schedule: &Schedule) -> Value {
    let mut target = json!({
        "Arn": live_of(schedule.further()),
        "RoleArn": { "Fn::GetAtt": [SCHEDULE_ROLE, "Arn"] },
        "Input": event(schedule).to_string(),
    });
    if let Some(retries) = schedule.delivery_retries {
        target["RetryPolicy"] = json!({ "MaximumRetryAttempts": retries });
    }
    if let Some(queue) = &schedule.dead_letter_queue {
        target["DeadLetterConfig"] = json!({ "Arn": arn::queue_arn(input, queue) });
    }
    let window = match schedule.flexible_minutes {
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
        None => json!({ "Mode": "OFF" }),
    };
    let mut properties = json!({
        "Name": schedule.name,
        "GroupName": { "Ref": SCHEDULE_GROUP },
        "ScheduleExpression": schedule.expression,
        "FlexibleTimeWindow": window,
        "State": state(),
        "Target": target,
    });
    for (key, value) in
        [("ScheduleExpressionTimezone", &schedule.timezone), ("StartDate", &schedule.start), ("EndDate", &schedule.end)]
    {
        if let Some(value) = value {
            properties[key] = json!(value);
        }
    }
    json!({ "Type": "AWS::Scheduler::Schedule", "Properties": properties })
}

/// The event of a schedule. Scheduler replaces the words in angle brackets:
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>.
pub(crate) fn event(schedule: &Schedule) -> Value {
    let payload = schedule.payload.clone().unwrap_or_else(|| {
        json!({
            "scheduled_time": "<aws.scheduler.scheduled-time>",
            "execution_id": "<aws.scheduler.execution-id>",
            "attempt": "<aws.scheduler.attempt-number>",
        })
    });
    let mut event = Map::new();
    event.insert(contract::EVENT_KEY.to_owned(), json!(contract::KIND_SCHEDULE));
    event.insert(contract::NAME_KEY.to_owned(), json!(schedule.name));
    event.insert(contract::PAYLOAD_KEY.to_owned(), payload);
    Value::Object(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_the_schedules_outlives_a_template_without_them() {
        let live = json!({ "Parameters": { SCHEDULES_STATE: { "Default": ENABLED } }, "Resources": {
            "ScheduleA": { "Properties": { "State": state() } },
            "Own": { "Properties": { "State": "ENABLED" } },
        } });
        assert_eq!(count(&live), 1);
        let mut without = json!({ "Resources": {} });
        keep_state(&mut without, &live);
        assert_eq!(without["Parameters"], live["Parameters"]);
        let mut again = json!({ "Resources": {} });
        keep_state(&mut again, &without);
        assert_eq!(again, without);

        let mut never = json!({ "Resources": {} });
        keep_state(&mut never, &json!({ "Resources": {} }));
        assert_eq!(never, json!({ "Resources": {} }));
    }
}
