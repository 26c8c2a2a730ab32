//! Gradual traffic: what CodeDeploy needs to shift an alias in steps, and to roll it back at an alarm.
//!
//! Everything runs on AWS's side, inside the stack update that moves the alias. An alias has an update policy wherever its
//! deployment group is in the template, so that a template that was sent without the policies can be told from one that has
//! none: `add_policies` makes the two alike.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html>

use serde_json::{Value, json};

use super::{
    Input, Section,
    alarm::{self, TYPE as ALARM},
    stack_function::{functions, wanted},
};
use crate::{
    logical_id::{FunctionIds, TRAFFIC_APPLICATION, TRAFFIC_CONFIG, TRAFFIC_ROLE},
    settings::{Traffic, TrafficKind},
};

/// The type of a deployment group.
pub(crate) const GROUP_TYPE: &str = "AWS::CodeDeploy::DeploymentGroup";
/// The smaller of the two managed policies for what CodeDeploy does with Lambda and CloudWatch.
/// <https://docs.aws.amazon.com/codedeploy/latest/userguide/managed-policies.html>
const ROLE_POLICY: &str = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited";

/// Adds application, configuration, role, and a deployment group for each function that has alarms.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let Some(traffic) = input.stage.traffic() else { return };
    for function in wanted(input) {
        let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
        let alarms: Vec<Value> = alarm::ids_of(&ids)
            .filter(|id| resources.get(id).is_some_and(|resource| resource["Type"] == ALARM))
            .map(|id| json!({ "Name": { "Ref": id } }))
            .collect();
        if !alarms.is_empty() {
            resources.insert(ids.traffic_group(), group(traffic, &alarms));
        }
    }
    resources.insert(
        TRAFFIC_APPLICATION.to_owned(),
        json!({ "Type": "AWS::CodeDeploy::Application", "Properties": { "ComputePlatform": "Lambda" } }),
    );
    if traffic.predefined().is_none() {
        resources.insert(TRAFFIC_CONFIG.to_owned(), config(traffic));
    }
    resources.insert(TRAFFIC_ROLE.to_owned(), role(input));
}

fn group(traffic: Traffic, alarms: &[Value]) -> Value {
    json!({
        "Type": GROUP_TYPE,
        "Properties": {
            "ApplicationName": { "Ref": TRAFFIC_APPLICATION },
            "DeploymentConfigName": match traffic.predefined() {
                Some(name) => json!(name),
                None => json!({ "Ref": TRAFFIC_CONFIG }),
            },
            "DeploymentStyle": { "DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL" },
            "AlarmConfiguration": { "Enabled": true, "Alarms": alarms },
            "AutoRollbackConfiguration": {
                "Enabled": true,
                "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            "ServiceRoleArn": { "Fn::GetAtt": [TRAFFIC_ROLE, "Arn"] },
        },
    })
}

fn config(traffic: Traffic) -> Value {
    let Traffic { kind, percent, minutes } = traffic;
    let routing = match kind {
        TrafficKind::Canary => json!({
            "Type": "TimeBasedCanary",
            "TimeBasedCanary": { "CanaryPercentage": percent, "CanaryInterval": minutes },
        }),
        TrafficKind::Linear => json!({
            "Type": "TimeBasedLinear",
            "TimeBasedLinear": { "LinearPercentage": percent, "LinearInterval": minutes },
        }),
    };
    json!({
        "Type": "AWS::CodeDeploy::DeploymentConfig",
        "Properties": { "ComputePlatform": "Lambda", "TrafficRoutingConfig": routing },
    })
}

/// The role that CodeDeploy assumes: it reads alarms and moves aliases.
fn role(input: &Input<'_>) -> Value {
    let mut properties = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "codedeploy.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        },
        "ManagedPolicyArns": [{ "Fn::Sub": ROLE_POLICY }],
    });
    if let Some(boundary) = &input.stage.permissions_boundary {
        properties["PermissionsBoundary"] = json!(boundary);
    }
    json!({ "Type": "AWS::IAM::Role", "Properties": properties })
}

/// Gives each alias whose deployment group is in the template its update policy. Idempotent.
pub(crate) fn add_policies(template: &mut Value) {
    for ids in functions(template) {
        let group = ids.traffic_group();
        if template["Resources"][&group]["Type"] == GROUP_TYPE && template["Resources"][&ids.live].is_object() {
            template["Resources"][&ids.live]["UpdatePolicy"] = json!({
                "CodeDeployLambdaAliasUpdate": {
                    "ApplicationName": { "Ref": TRAFFIC_APPLICATION },
                    "DeploymentGroupName": { "Ref": group },
                },
            });
        }
    }
}

/// The template without the update policies of its own aliases: sent, it moves them all at once.
pub(crate) fn without_policies(template: &Value) -> Value {
    let mut without = template.clone();
    for ids in functions(template) {
        // Not by index, which would add what is missing as `null`.
        let alias = without.get_mut("Resources").and_then(|resources| resources.get_mut(&ids.live));
        if let Some(alias) = alias.and_then(Value::as_object_mut) {
            alias.remove("UpdatePolicy");
        }
    }
    without
}

/// Whether a function's alias moves in steps with a template.
pub(crate) fn is_gradual(template: &Value, ids: &FunctionIds) -> bool {
    template["Resources"][&ids.live]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"].is_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_without_an_alias_or_a_function_gets_none() {
        for template in [json!({}), json!({ "Resources": { "Function": { "Properties": {} } } })] {
            assert_eq!(without_policies(&template), template);
            let mut with_policies = template.clone();
            add_policies(&mut with_policies);
            assert_eq!(with_policies, template);
        }
    }

    #[test]
    fn the_policies_are_those_of_the_groups() {
        let group = FunctionIds::main().traffic_group();
        let plain = json!({ "Resources": { group: { "Type": GROUP_TYPE }, "Live": { "Type": "AWS::Lambda::Alias" } } });
        let mut gradual = plain.clone();
        add_policies(&mut gradual);
        assert!(is_gradual(&gradual, &FunctionIds::main()));
        assert_eq!(without_policies(&gradual), plain);
    }
}
