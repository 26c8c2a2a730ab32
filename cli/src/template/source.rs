//! Event sources: mappings of what Lambda polls, subscriptions of topics, and rules of EventBridge.
//!
//! All call the alias. A logical id is made of the source and not of its name in the settings, so that a new name replaces
//! nothing: a second mapping of a source to a function is a conflict.

use serde_json::{Value, json};
use zappa_rs_adapter::contract;

use super::{
    Input, Section,
    arn::arn,
    id_of, live_of,
    mapping::{mapping, mapping_id},
    named_rule, permission_of, push, table_in,
};
use crate::{
    logical_id::{self, RULE_PERMISSION, RULE_PREFIX, SUBSCRIPTION_PREFIX, TOPIC_PERMISSION_PREFIX},
    settings::{EventSource, SourceKind},
};

/// How many letters of a rule's name are the stack's, and how many the rule's own; EventBridge takes 64.
const STACK_LETTERS: usize = 40;
const RULE_LETTERS: usize = 23;

/// Adds everything that delivers events to the alias.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for source in &input.stage.events {
        let kind = source.kind();
        match kind {
            _ if kind.is_polled() => drop(resources.insert(mapping_id(source), mapping(input, source, kind))),
            SourceKind::Sns(topic) => subscribe(input, source, topic, resources),
            SourceKind::Logs(group) => push::subscribe_to_logs(input, source, group, resources),
            SourceKind::Iot(sql) => named_rule::add_topic_rule(input, source, sql, resources),
            SourceKind::Ses(rule) => named_rule::add_receipt_rule(input, source, rule, resources),
            SourceKind::Cognito(pool) => push::permit_pool(input, source, pool, resources),
            _ => {
                resources
                    .insert(logical_id::named(RULE_PREFIX, &[kind.key(), &source.name]), rule(input, source, kind));
            }
        }
    }
    add_rule_permissions(input, resources);
}

fn subscribe(input: &Input<'_>, source: &EventSource, topic: &str, resources: &mut Section) {
    let arn = arn(input, SourceKind::Sns(topic));
    let function = source.further();
    let mut properties = json!({ "Protocol": "lambda", "TopicArn": arn, "Endpoint": live_of(function) });
    if let Some(policy) = source.filters.first() {
        properties["FilterPolicy"] = json!(policy);
    }
    let subscription = json!({ "Type": "AWS::SNS::Subscription", "Properties": properties });
    resources.insert(id_of(SUBSCRIPTION_PREFIX, function, &[topic]), subscription);
    let permission = permission_of(function, "sns.amazonaws.com", &arn);
    resources.insert(id_of(TOPIC_PERMISSION_PREFIX, function, &[topic]), permission);
}

/// The fields of an event of EventBridge.
/// <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>
const EVENT_FIELDS: [&str; 9] =
    ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"];

/// A rule whose target is the alias. The name of the settings goes along, since an event does not say which rule sent it;
/// an event of a bucket names its bucket, which is enough where the bucket has one entry.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>
fn rule(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Value {
    let mut pattern = source.pattern.clone().unwrap_or_default();
    let mut target = json!({ "Id": "function", "Arn": live_of(source.further()) });
    match kind {
        SourceKind::S3(bucket) => {
            let name = match input.stage.resources.contains_key(bucket) {
                true => json!({ "Ref": bucket }),
                false => json!(bucket.rsplit(':').next().unwrap_or(bucket)),
            };
            pattern.insert("source".to_owned(), json!(["aws.s3"]));
            if let Some(detail) = table_in(&mut pattern, "detail") {
                detail.insert("bucket".to_owned(), json!({ "name": [name] }));
            }
            if has_other_entry(input, kind) {
                target["InputTransformer"] = with_entry(&source.name);
            }
        }
        _ => {
            let template = format!(
                "{{\"{}\":\"{}\",\"{}\":{},\"{}\":<aws.events.event.json>}}",
                contract::EVENT_KEY,
                contract::KIND_RULE,
                contract::NAME_KEY,
                json!(source.name),
                contract::PAYLOAD_KEY,
            );
            target["InputTransformer"] = json!({ "InputTemplate": template });
        }
    }
    let mut properties = json!({
        "Name": rule_name(&input.identity.stack(), kind, &source.name),
        "EventPattern": pattern,
        "State": if source.enabled.unwrap_or(true) { "ENABLED" } else { "DISABLED" },
        "Targets": [target],
    });
    if let Some(bus) = &source.bus {
        properties["EventBusName"] = json!(bus);
    }
    json!({ "Type": "AWS::Events::Rule", "Properties": properties })
}

/// Whether a bucket has several entries.
fn has_other_entry(input: &Input<'_>, bucket: SourceKind<'_>) -> bool {
    let name = |kind: SourceKind<'_>| match kind {
        SourceKind::S3(bucket) => {
            let literal = input.stage.resources.get(bucket).map(|resource| &resource["Properties"]["BucketName"]);
            let name = literal.and_then(Value::as_str).unwrap_or(bucket);
            Some(name.rsplit(':').next().unwrap_or(name).to_owned())
        }
        _ => None,
    };
    let wanted = name(bucket);
    input.stage.events.iter().filter(|source| name(source.kind()) == wanted).count() > 1
}

/// The event as it is, with the entry's name beside its fields: an earlier release of the function reads it too.
fn with_entry(name: &str) -> Value {
    let variable = |field: &str| field.replace('-', "");
    let paths: Section = EVENT_FIELDS.iter().map(|field| (variable(field), json!(format!("$.{field}")))).collect();
    let fields: String = EVENT_FIELDS.iter().map(|field| format!(",\"{field}\":<{}>", variable(field))).collect();
    let template = format!("{{\"{}\":{}{fields}}}", contract::NAME_KEY, json!(name));
    json!({ "InputPathsMap": paths, "InputTemplate": template })
}

/// The name of a rule. It is given, since CloudFormation shortens the stack's name in the names that it makes, and a rule
/// that the permission does not match loses its events.
fn rule_name(stack: &str, kind: SourceKind<'_>, name: &str) -> String {
    let id = logical_id::named("", &[kind.key(), name]);
    let end = id.get(id.len().saturating_sub(RULE_LETTERS)..).unwrap_or(&id);
    format!("{}-{end}", rule_prefix(stack))
}

/// What the names of a stack's rules begin with: its name, or the beginning of a long one with a hash of the whole.
pub(super) fn rule_prefix(stack: &str) -> String {
    match stack.get(..STACK_LETTERS - 7) {
        Some(beginning) if stack.len() > STACK_LETTERS => {
            format!("{beginning}-{}", logical_id::short_hash(&[stack]))
        }
        _ => stack.to_owned(),
    }
}

/// One permission for the rules of each bus and function, since the function's policy has room for few.
fn add_rule_permissions(input: &Input<'_>, resources: &mut Section) {
    let has_rule = |source: &&EventSource| matches!(source.kind(), SourceKind::S3(_) | SourceKind::Pattern);
    let prefix = rule_prefix(&input.identity.stack());
    for source in input.stage.events.iter().filter(has_rule) {
        let bus = source.bus.as_deref().map(|bus| bus.rsplit('/').next().unwrap_or(bus)).unwrap_or_default();
        let path = if bus.is_empty() { String::new() } else { format!("{bus}/") };
        let rule = format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{path}{prefix}-*");
        let id = match source.further() {
            None if bus.is_empty() => RULE_PERMISSION.to_owned(),
            None => logical_id::named(RULE_PERMISSION, &[bus]),
            Some(function) => logical_id::named(RULE_PERMISSION, &[bus, function]),
        };
        resources.insert(id, permission_of(source.further(), "events.amazonaws.com", &json!({ "Fn::Sub": rule })));
    }
}

/// Switches on the events of the stack's buckets that are sources. A bucket sends all its events to EventBridge; the rules
/// choose.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html>
pub(super) fn enable_buckets(input: &Input<'_>, resources: &mut Section) {
    for source in &input.stage.events {
        if let SourceKind::S3(bucket) = source.kind()
            && let Some(resource) = resources.get_mut(bucket).and_then(Value::as_object_mut)
            && let Some(properties) = table_in(resource, "Properties")
            && let Some(notifications) = table_in(properties, "NotificationConfiguration")
        {
            notifications.insert("EventBridgeConfiguration".to_owned(), json!({ "EventBridgeEnabled": true }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_stack_is_named_as_its_permission_allows() {
        let long = "a-project-with-a-rather-long-name-and-a-stage-with-another";
        for stack in ["shop-dev", long] {
            for (kind, name) in [(SourceKind::Pattern, "placed"), (SourceKind::S3("Bucket"), &"x".repeat(64))] {
                let rule = rule_name(stack, kind, name);
                assert!(rule.len() <= 64 && rule.starts_with(&format!("{}-", rule_prefix(stack))), "{rule}");
            }
        }
        // Two stacks whose names begin alike do not share rules.
        assert_ne!(rule_prefix(long), rule_prefix(&format!("{long}s")));
    }
}
