//! Sources that push their events: subscriptions of log groups, and triggers of user pools.

use serde_json::{Value, json};

use super::{Input, Section, arn::arn, id_of, live_of, permission_of, stack_function::alias_arn, table_in};
use crate::{
    logical_id::{LOG_PERMISSION_PREFIX, LOG_SUBSCRIPTION_PREFIX, POOL_PERMISSION_PREFIX},
    settings::{EventSource, MAIN, SourceKind},
};

/// Adds the subscription of a log group, which CloudWatch Logs tries with a test message when it is created.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>
pub(super) fn subscribe_to_logs(input: &Input<'_>, source: &EventSource, group: &str, resources: &mut Section) {
    let name = match input.stage.resources.contains_key(group) {
        true => json!({ "Ref": group }),
        false => json!(group_name(group)),
    };
    let function = source.further();
    let permission_id = id_of(LOG_PERMISSION_PREFIX, function, &[group]);
    let subscription = json!({
        "Type": "AWS::Logs::SubscriptionFilter",
        "DependsOn": permission_id,
        "Properties": {
            "LogGroupName": name,
            "FilterPattern": source.filter_pattern.as_deref().unwrap_or_default(),
            "DestinationArn": live_of(function),
        },
    });
    resources.insert(id_of(LOG_SUBSCRIPTION_PREFIX, function, &[group]), subscription);
    let arn = arn(input, SourceKind::Logs(group));
    resources.insert(permission_id, permission_of(function, "logs.amazonaws.com", &arn));
}

/// The name of a log group from its name or its ARN.
fn group_name(group: &str) -> &str {
    let name = group.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("log-group:"));
    name.map_or(group, |name| name.strip_suffix(":*").unwrap_or(name))
}

/// Adds the permission of a user pool.
pub(super) fn permit_pool(input: &Input<'_>, source: &EventSource, pool: &str, resources: &mut Section) {
    let (function, arn) = (source.further(), arn(input, SourceKind::Cognito(pool)));
    let permission = permission_of(function, "cognito-idp.amazonaws.com", &arn);
    resources.insert(id_of(POOL_PERMISSION_PREFIX, function, &[pool]), permission);
}

/// Sets the triggers of the stack's user pools. The alias is given by its name: a reference would change the pool together
/// with each alias, and a function that knows its pool would refer to itself.
pub(super) fn set_triggers(input: &Input<'_>, resources: &mut Section) {
    for source in &input.stage.events {
        if let SourceKind::Cognito(pool) = source.kind()
            && let Some(resource) = resources.get_mut(pool).and_then(Value::as_object_mut)
            && let Some(properties) = table_in(resource, "Properties")
            && let Some(config) = table_in(properties, "LambdaConfig")
        {
            let arn = json!({ "Fn::Sub": alias_arn(input.identity, source.further().unwrap_or(MAIN)) });
            for trigger in &source.triggers {
                let value = match trigger.is_sender() {
                    true => json!({ "LambdaArn": arn, "LambdaVersion": "V1_0" }),
                    false => arn.clone(),
                };
                config.insert(trigger.property().to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_is_named_by_its_name_or_its_arn() {
        for group in [
            "/aws/lambda/shop",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop:*",
        ] {
            assert_eq!(group_name(group), "/aws/lambda/shop");
        }
    }
}
