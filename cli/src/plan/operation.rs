//! The options of a stack operation that the template decides: capabilities to acknowledge, and the deployment mode.

use serde_json::Value;

use crate::logical_id;

/// The properties that name an IAM resource.
const IAM_NAMES: [&str; 5] = ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName"];

/// Whether a template names IAM resources, for which CloudFormation wants `CAPABILITY_NAMED_IAM` acknowledged and not only
/// `CAPABILITY_IAM`.
pub(crate) fn names_iam(template: &Value) -> bool {
    let is_named = |resource: &Value| {
        let is_iam = resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::"));
        is_iam && IAM_NAMES.iter().any(|name| !resource["Properties"][name].is_null())
    };
    template["Resources"].as_object().is_some_and(|resources| resources.values().any(is_named))
}

/// Whether a function is ready soon after its configuration is applied, so that express mode can be asked for. In a VPC and
/// on Managed Instances it is not ready for minutes: whatever is sent then ends when it is.
pub(crate) fn is_ready_soon(template: &Value) -> bool {
    let properties = &template["Resources"][logical_id::FUNCTION]["Properties"];
    ["CapacityProviderConfig", "VpcConfig"].iter().all(|name| properties[*name].is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_named_iam_resource_needs_the_larger_capability() {
        for (kind, properties, expected) in [
            ("AWS::IAM::Role", json!({}), false),
            ("AWS::IAM::Role", json!({ "RoleName": "shop" }), true),
            ("AWS::IAM::ManagedPolicy", json!({ "ManagedPolicyName": { "Fn::Sub": "x" } }), true),
            ("AWS::IAM::InstanceProfile", json!({ "InstanceProfileName": "shop" }), true),
            ("AWS::Cognito::UserPoolGroup", json!({ "GroupName": "admins" }), false),
        ] {
            let template = json!({ "Resources": { "X": { "Type": kind, "Properties": properties } } });
            assert_eq!(names_iam(&template), expected, "{template}");
        }
        assert!(!names_iam(&json!({})));
    }

    #[test]
    fn a_function_in_a_vpc_is_not_ready_soon() {
        let template = |properties: Value| json!({ "Resources": { "Function": { "Properties": properties } } });
        assert!(is_ready_soon(&template(json!({}))));
        assert!(!is_ready_soon(&template(json!({ "VpcConfig": { "SubnetIds": ["subnet-1"] } }))));
    }
}
