//! What Application Auto Scaling asks of other services in the caller's name: its role for Lambda, and the alarms of target
//! tracking.
//!
//! <https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html>

use serde_json::{Value, json};

use super::Subject;

/// The service that takes the role.
const PRINCIPAL: &str = "lambda.application-autoscaling.amazonaws.com";
const ROLE: &str = "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency";
const ALARMS: [&str; 3] = ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"];

/// The statements; none without a scalable target.
pub(super) fn statements(subject: &Subject<'_>, condition: &Value) -> Vec<Value> {
    let has = |kind: &str| subject.kinds().contains(kind);
    let mut statements = Vec::new();
    if has("AWS::ApplicationAutoScaling::ScalableTarget") {
        let arn = format!("iam::*:role/aws-service-role/{PRINCIPAL}/{ROLE}");
        let named = json!({ "StringEquals": { "iam:AWSServiceName": PRINCIPAL } });
        statements.push(subject.statement("ScalingRole", &["iam:CreateServiceLinkedRole"], &[arn], Some(named)));
    }
    if has("AWS::ApplicationAutoScaling::ScalingPolicy") {
        let arn = format!("cloudwatch:{{region}}:*:alarm:TargetTracking-function:{}*", subject.identity.stack());
        statements.push(subject.statement("ScalingAlarms", &ALARMS, &[arn], Some(condition.clone())));
    }
    statements
}
