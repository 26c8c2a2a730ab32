//! What is attached to every function of the stage: the VPC, the file system, layers, the key of the variables and the
//! dead-letter target.
//!
//! A version freezes all of it, so that a change goes through a trial. What names resources of the stack refers to them.

use serde_json::{Value, json};

use super::{Input, destination, file_system};
use crate::settings::Vpc;

/// What Lambda does with the role to connect a function to its VPC. Most of these actions know no resource before there is
/// one: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>
const NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// Sets what is attached in the properties of a function.
pub(super) fn set(input: &Input<'_>, properties: &mut Value) {
    let stage = input.stage;
    if let Some(vpc) = &stage.vpc {
        properties["VpcConfig"] = vpc_config(input, vpc);
    }
    let layers = stage.layers.list(input.region);
    if !layers.is_empty() {
        properties["Layers"] = layers.iter().map(|layer| reference(input, layer, "Ref")).collect();
    }
    if let Some(key) = stage.kms_key_arn.as_ref().and_then(|key| key.of(input.region)) {
        properties["KmsKeyArn"] = reference(input, key, "Arn");
    }
    if let Some((managed, provider)) = stage
        .managed_instances
        .as_ref()
        .and_then(|managed| Some((managed, managed.capacity_provider.of(input.region)?)))
    {
        let mut config = json!({ "CapacityProviderArn": reference(input, provider, "Arn") });
        if let Some(concurrency) = managed.concurrency {
            config["PerExecutionEnvironmentMaxConcurrency"] = json!(concurrency);
        }
        properties["CapacityProviderConfig"] = json!({ "LambdaManagedInstancesCapacityProviderConfig": config });
        // Versions alone are published to the instances: three processes of an unused `$LATEST.PUBLISHED` would cost as well.
        properties["PublishToLatestPublished"] = json!(false);
    }
    file_system::set(input, properties);
    if let Some(target) = &stage.dead_letter_target {
        properties["DeadLetterConfig"] = json!({ "TargetArn": destination::arn(input, target) });
    }
}

/// What the functions' role may do for it.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let network = input
        .stage
        .vpc
        .as_ref()
        .map(|_| json!({ "Sid": "Network", "Effect": "Allow", "Action": NETWORK, "Resource": "*" }));
    let target = input.stage.dead_letter_target.as_deref().map(|target| destination::statement(input, target));
    network.into_iter().chain(file_system::statement(input)).chain(target).collect()
}

fn vpc_config(input: &Input<'_>, vpc: &Vpc) -> Value {
    let subnets: Vec<Value> =
        vpc.subnets.list(input.region).iter().map(|subnet| reference(input, subnet, "Ref")).collect();
    let groups: Vec<Value> =
        vpc.security_groups.list(input.region).iter().map(|group| reference(input, group, "GroupId")).collect();
    let mut config = json!({ "SubnetIds": subnets, "SecurityGroupIds": groups });
    if vpc.ipv6 {
        config["Ipv6AllowedForDualStack"] = json!(true);
    }
    config
}

/// A resource of the stack by an attribute of it, or by `Ref`; anything else as it is.
fn reference(input: &Input<'_>, name: &str, attribute: &str) -> Value {
    match (input.stage.resources.contains_key(name), attribute) {
        (false, _) => json!(name),
        (true, "Ref") => json!({ "Ref": name }),
        (true, attribute) => json!({ "Fn::GetAtt": [name, attribute] }),
    }
}
