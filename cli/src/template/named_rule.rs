//! Rules that push what they select: topic rules of AWS IoT and receipt rules of SES. Each has a name that its permission
//! is bound to.

use serde_json::{Value, json};

use super::{Input, Section, live_of, permission_of, source::rule_prefix};
use crate::{
    logical_id::{self, MAIL_PERMISSION_PREFIX, MAIL_RULE_PREFIX, TOPIC_RULE_PERMISSION_PREFIX, TOPIC_RULE_PREFIX},
    settings::{EventSource, ReceiptRule, iot},
};

/// The version of IoT's language that has constants and `isUndefined`.
const SQL_VERSION: &str = "2016-03-23";
/// How many letters of a receipt rule's name are its own; SES takes 64.
const RULE_LETTERS: usize = 23;

/// Adds a rule of IoT, which invokes the function asynchronously.
/// <https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html>
pub(super) fn add_topic_rule(input: &Input<'_>, source: &EventSource, sql: &str, resources: &mut Section) {
    let id = logical_id::named("", &["iot", &source.name]);
    // A name has letters, digits and `_` alone.
    let name =
        format!("{}_{id}", rule_prefix(&input.identity.stack()).replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let permission = format!("{TOPIC_RULE_PERMISSION_PREFIX}{id}");
    let rule = json!({
        "Type": "AWS::IoT::TopicRule",
        // Before it the rule may not invoke, and what it selects is lost.
        "DependsOn": permission,
        "Properties": {
            "RuleName": name,
            "TopicRulePayload": {
                // The rules of the settings have parsed it.
                "Sql": iot::with_name(sql, &source.name).unwrap_or_default(),
                "AwsIotSqlVersion": SQL_VERSION,
                "RuleDisabled": !source.enabled.unwrap_or(true),
                "Actions": [{ "Lambda": { "FunctionArn": live_of(source.further()) } }],
            },
        },
    });
    resources.insert(format!("{TOPIC_RULE_PREFIX}{id}"), rule);
    let arn = format!("arn:${{AWS::Partition}}:iot:${{AWS::Region}}:${{AWS::AccountId}}:rule/{name}");
    resources.insert(permission, permit(source, "iot.amazonaws.com", &arn));
}

/// Adds a receipt rule, which invokes the function asynchronously. SES tries the permission when the rule is made.
/// <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html>
pub(super) fn add_receipt_rule(input: &Input<'_>, source: &EventSource, rule: &ReceiptRule, resources: &mut Section) {
    let id = logical_id::named("", &["ses", &source.name]);
    let end = id.get(id.len().saturating_sub(RULE_LETTERS)..).unwrap_or(&id);
    let name = format!("{}-{end}", rule_prefix(&input.identity.stack()));
    let is_own = input.stage.resources.contains_key(&rule.rule_set);
    let permission = format!("{MAIL_PERMISSION_PREFIX}{id}");
    let mut properties = json!({
        "RuleSetName": if is_own { json!({ "Ref": rule.rule_set }) } else { json!(rule.rule_set) },
        "Rule": {
            "Name": name,
            "Enabled": source.enabled.unwrap_or(true),
            "ScanEnabled": rule.scan,
            "TlsPolicy": if rule.require_tls { "Require" } else { "Optional" },
            "Actions": [{ "LambdaAction": { "FunctionArn": live_of(source.further()), "InvocationType": "Event" } }],
        },
    });
    if !rule.recipients.is_empty() {
        properties["Rule"]["Recipients"] = json!(rule.recipients);
    }
    if let Some(after) = &rule.after {
        properties["After"] = json!(after);
    }
    let resource = json!({ "Type": "AWS::SES::ReceiptRule", "DependsOn": permission, "Properties": properties });
    resources.insert(format!("{MAIL_RULE_PREFIX}{id}"), resource);
    let set = if is_own { format!("${{{}}}", rule.rule_set) } else { rule.rule_set.clone() };
    let arn = format!(
        "arn:${{AWS::Partition}}:ses:${{AWS::Region}}:${{AWS::AccountId}}:receipt-rule-set/{set}:receipt-rule/{name}"
    );
    resources.insert(permission, permit(source, "ses.amazonaws.com", &arn));
}

/// The permission of one rule of this account.
fn permit(source: &EventSource, principal: &str, arn: &str) -> Value {
    let mut permission = permission_of(source.further(), principal, &json!({ "Fn::Sub": arn }));
    permission["Properties"]["SourceAccount"] = json!({ "Ref": "AWS::AccountId" });
    permission
}
