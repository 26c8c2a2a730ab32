//! The access log of the gateway: a log group, and the line that each request writes there.

use serde_json::{Value, json};

use super::{Input, Section};
use crate::logical_id;

/// Adds the log group. Like those of functions it stays when the stage goes, and names itself: a name of ours would be in the way of
/// the next stage of that name.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    if input.stage.access_log_format().is_none() {
        return;
    }
    resources.insert(
        logical_id::ACCESS_LOG_GROUP.to_owned(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": { "RetentionInDays": input.stage.log_retention_days },
        }),
    );
}

/// Whether the REST API of a template has an access log, which takes a role of the account.
pub(crate) fn has_rest_access_log(template: &Value) -> bool {
    template["Resources"][logical_id::API_STAGE]["Properties"]["AccessLogSetting"].is_object()
}

/// Sets the access log of an API's stage, whose key differs between the kinds of APIs.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html>
pub(super) fn set(input: &Input<'_>, key: &str, stage: &mut Value) {
    let Some(format) = input.stage.access_log_format() else { return };
    // Without the `:*` at the end of the group's own attribute `Arn`.
    let group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AccessLogGroup}";
    stage[key] = json!({ "DestinationArn": { "Fn::Sub": group }, "Format": format });
}
