//! The replacement of resources by an update: which types CloudFormation changes in place, and when a change set must be
//! inspected before it is executed.

use serde_json::Value;

use super::{Change, difference};

/// Types of our resources that CloudFormation changes in place, whichever of the properties that we set change. Only for
/// other types is a change set created first, which takes some seconds.
const IN_PLACE: [&str; 22] = [
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    // It is replaced, and nothing is lost with it: the key and its plan stay.
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Scheduler::Schedule",
];

/// Whether CloudFormation changes resources of a type in place.
pub(crate) fn is_changed_in_place(kind: &str) -> bool {
    IN_PLACE.contains(&kind)
}

/// Whether an update from the live template may replace resources, so that a change set must be inspected first.
pub(crate) fn may_replace(live: &Value, wanted: &Value) -> bool {
    difference(live, wanted).iter().any(|found| found.change == Change::Modify && !is_changed_in_place(&found.kind))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_modified_resource_of_the_users_own_may_be_replaced() {
        let template = |resources: Value| json!({ "Resources": resources });
        let table = |name: &str| json!({ "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": name } });
        let function = |memory: u32| json!({ "Type": "AWS::Lambda::Function", "Properties": { "MemorySize": memory } });
        for (live, wanted, expected) in [
            (json!({ "T": table("a") }), json!({ "T": table("a") }), false),
            (json!({ "T": table("a") }), json!({ "T": table("b") }), true),
            // A resource that is added or removed replaces nothing; removals are losses.
            (json!({}), json!({ "T": table("a") }), false),
            (json!({ "T": table("a") }), json!({}), false),
            (json!({ "Function": function(1) }), json!({ "Function": function(2) }), false),
            (
                json!({ "Function": function(1), "T": table("a") }),
                json!({ "Function": function(2), "T": table("b") }),
                true,
            ),
        ] {
            assert_eq!(may_replace(&template(live.clone()), &template(wanted.clone())), expected, "{live} {wanted}");
        }
    }

    #[test]
    fn own_resources_are_changed_in_place_except_a_function_url() {
        for kind in ["AWS::Lambda::Function", "AWS::IAM::Role", "AWS::ApiGateway::Method", "AWS::Logs::LogGroup"] {
            assert!(is_changed_in_place(kind), "{kind}");
        }
        // A Function URL that changes its qualifier is replaced.
        assert!(!is_changed_in_place("AWS::Lambda::Url"));
        assert!(!is_changed_in_place("AWS::DynamoDB::Table"));
    }
}
