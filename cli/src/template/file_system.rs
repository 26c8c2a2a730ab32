//! The file system that the functions mount, and what their role may do with it.

use serde_json::{Value, json};

use super::Input;
use crate::settings::{FileSystem, FileSystemKind};

/// Sets the file system of a function.
pub(super) fn set(input: &Input<'_>, properties: &mut Value) {
    if let Some((efs, _, arn)) = access_point(input) {
        properties["FileSystemConfigs"] = json!([{ "Arn": arn, "LocalMountPath": efs.mount }]);
    }
}

/// The mount targets of the stack, which have to be there before the function that uses one.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-filesystemconfig.html>
pub(super) fn mount_targets(input: &Input<'_>) -> Vec<String> {
    let Some((_, kind, _)) = access_point(input) else { return Vec::new() };
    let resources = input.stage.resources.iter();
    resources.filter(|(_, resource)| resource["Type"] == kind.mount_target_type()).map(|(id, _)| id.clone()).collect()
}

/// Mounting and writing through this access point alone. The actions are those of the file system, whose id the ARN of an
/// access point of EFS does not have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html>
pub(super) fn statement(input: &Input<'_>) -> Option<Value> {
    let (_, kind, arn) = access_point(input)?;
    let service = kind.service();
    let all = format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:file-system/*");
    Some(json!({
        "Sid": "FileSystem",
        "Effect": "Allow",
        "Action": [format!("{service}:ClientMount"), format!("{service}:ClientWrite")],
        "Resource": { "Fn::Sub": all },
        "Condition": { "StringEquals": { format!("{service}:AccessPointArn"): arn } },
    }))
}

fn access_point<'a>(input: &Input<'a>) -> Option<(&'a FileSystem, FileSystemKind, Value)> {
    let efs = input.stage.efs.as_ref()?;
    let point = efs.access_point.of(input.region)?;
    let resource = input.stage.resources.get(point);
    let kind = FileSystemKind::of(point, resource)?;
    let arn = match resource {
        Some(_) => json!({ "Fn::GetAtt": [point, kind.arn_attribute()] }),
        None => json!(point),
    };
    Some((efs, kind, arn))
}
