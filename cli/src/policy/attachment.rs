//! What CloudFormation asks of other services in the caller's name to configure a function: its VPC, its file system, its
//! layers and the key of its variables.
//!
//! By the permissions of the handlers in the resource schema of `AWS::Lambda::Function`; without
//! `ec2:DescribeNetworkInterfaces` CloudFormation does not wait for the network interfaces of a function that it deletes:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-vpcconfig.html>

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::template::functions;

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>, where these know no resource.
const NETWORK: [&str; 4] =
    ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>
const KEY: [&str; 4] = ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>
const MOUNT_TARGETS: [&str; 1] = ["elasticfilesystem:DescribeMountTargets"];
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3files.html>
const FILES_MOUNT_TARGETS: [&str; 1] = ["s3files:ListMountTargets"];
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>
const PROVIDER: [&str; 1] = ["lambda:PassCapacityProvider"];
/// The same.
const LAYER: [&str; 1] = ["lambda:GetLayerVersion"];

/// The statements, each with the condition.
pub(super) fn statements(subject: &Subject<'_>, condition: &Value) -> Vec<Value> {
    let properties: Vec<&Value> = subject
        .templates
        .iter()
        .flat_map(|template| {
            functions(template).into_iter().map(|ids| &template["Resources"][ids.function]["Properties"])
        })
        .collect();
    let keys = properties.iter().filter_map(|properties| properties.get("KmsKeyArn"));
    let layers = properties.iter().filter_map(|properties| properties["Layers"].as_array()).flatten();
    let has_vpc = properties.iter().any(|properties| !properties["VpcConfig"].is_null());
    let points = properties.iter().map(|properties| &properties["FileSystemConfigs"][0]["Arn"]);
    let points: Vec<&Value> = points.filter(|arn| !arn.is_null()).collect();
    // An access point of the stack, whose ARN is not known, is of the service that its type says.
    let is_of = |point: &Value, service: &str, kind: &str| match point["Fn::GetAtt"][0].as_str() {
        Some(id) => subject
            .templates
            .iter()
            .any(|template| template["Resources"][id]["Type"].as_str().is_some_and(|found| found.starts_with(kind))),
        None => point.as_str().and_then(|arn| arn.split(':').nth(2)) == Some(service),
    };
    let mut statements = Vec::new();
    let mut allow = |sid: &str, actions: &[&str], arns: &[String]| {
        statements.push(subject.statement(sid, actions, arns, Some(condition.clone())));
    };
    if has_vpc {
        allow("Network", &NETWORK, &[]);
    }
    if points.iter().any(|point| is_of(point, "elasticfilesystem", "AWS::EFS::")) {
        allow("MountTargets", &MOUNT_TARGETS, &["elasticfilesystem:{region}:*:file-system/*".to_owned()]);
    }
    if points.iter().any(|point| is_of(point, "s3files", "AWS::S3Files::")) {
        allow("FilesMountTargets", &FILES_MOUNT_TARGETS, &["s3files:{region}:*:file-system/*".to_owned()]);
    }
    let providers = properties.iter().filter_map(|properties| {
        properties["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"].get("CapacityProviderArn")
    });
    for (sid, actions, arns) in [
        ("CapacityProvider", &PROVIDER[..], arns(providers, "lambda:{region}:*:capacity-provider:*")),
        ("VariablesKey", &KEY[..], arns(keys, "kms:{region}:*:key/*")),
        ("Layers", &LAYER[..], arns(layers, "lambda:{region}:*:layer:*:*")),
    ] {
        if !arns.is_empty() {
            allow(sid, actions, &arns);
        }
    }
    statements
}

/// The ARNs behind `arn:<partition>:`; for what the stack makes, whose ARN is not known, the pattern of all.
fn arns<'a>(values: impl Iterator<Item = &'a Value>, all: &str) -> Vec<String> {
    let arns: BTreeSet<String> = values
        .map(|value| match value.as_str().and_then(|arn| arn.splitn(3, ':').nth(2)) {
            Some(rest) => rest.to_owned(),
            None => all.to_owned(),
        })
        .collect();
    if arns.contains(all) { vec![all.to_owned()] } else { arns.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{names::Identity, settings::Stage};

    #[test]
    fn what_a_function_has_is_allowed_and_nothing_else() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/a";
        let layer = "arn:aws:lambda:eu-west-1:123456789012:layer:fonts:3";
        for (properties, expected) in [
            (json!({}), json!([])),
            (json!({ "VpcConfig": {} }), json!([["Network", "*"]])),
            (json!({ "KmsKeyArn": key }), json!([["VariablesKey", [key]]])),
            (
                json!({ "KmsKeyArn": { "Fn::GetAtt": ["Key", "Arn"] } }),
                json!([["VariablesKey", ["arn:aws:kms:eu-west-1:*:key/*"]]]),
            ),
            (json!({ "Layers": [layer] }), json!([["Layers", [layer]]])),
            (
                json!({ "Layers": [layer, { "Ref": "Fonts" }] }),
                json!([["Layers", ["arn:aws:lambda:eu-west-1:*:layer:*:*"]]]),
            ),
        ] {
            let template = json!({ "Resources": { "Function": { "Properties": properties } } });
            let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
            let (regions, stage) = (["eu-west-1".to_owned()], Stage::default());
            let subject = Subject { identity: &identity, regions: &regions, stages: &[&stage], templates: &[template] };
            let found = statements(&subject, &json!({ "Bool": {} }));
            assert!(found.iter().all(|statement| statement["Condition"]["Bool"].is_object()));
            let found: Vec<Value> =
                found.iter().map(|statement| json!([statement["Sid"], statement["Resource"]])).collect();
            assert_eq!(json!(found), expected, "{properties}");
        }
    }
}
