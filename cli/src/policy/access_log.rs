//! What API Gateway asks of CloudWatch Logs in the caller's name to write the access log of an HTTP API.

use serde_json::Value;

use super::Subject;
use crate::logical_id;

/// None of these knows a resource that there is before.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html>
const DELIVERY: [&str; 7] = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];

/// The statement; none without such a log. A REST API writes by a role of the account instead.
pub(super) fn statement(subject: &Subject<'_>, condition: &Value) -> Option<Value> {
    let stage = |template: &Value| {
        template["Resources"][logical_id::HTTP_API_STAGE]["Properties"]["AccessLogSettings"].is_object()
    };
    let has_log = subject.templates.iter().any(stage);
    has_log.then(|| subject.statement("AccessLog", &DELIVERY, &[], Some(condition.clone())))
}
