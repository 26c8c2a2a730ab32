//! Rules of the resources of the stack that are sources.

use serde_json::Value;

use super::{
    super::{EventSource, SourceKind, Trigger},
    Rules, source, source_name,
};

/// The most messages of a FIFO queue's batch.
const FIFO_BATCH: u32 = 10;
/// The visibility timeout of a queue whose settings have none, in seconds.
const VISIBILITY_SECONDS: u64 = 30;

impl Rules<'_> {
    /// Faults of the resource in `resources` that the source is.
    pub(super) fn resource_faults(&self, source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
        let Some(id) = kind.resource() else { return Vec::new() };
        let Some(resource) = self.stage.resources.get(id) else {
            return match kind {
                _ if !id.starts_with("arn:")
                    && !id.is_empty()
                    && let Some(elsewhere) = named_by_arn(kind) =>
                {
                    vec![(kind.key(), format!("`{id}` is none of `resources`; {elsewhere}"))]
                }
                _ => source_name::fault(kind, id, self.region)
                    .map(|sentence| (kind.key(), sentence))
                    .into_iter()
                    .collect(),
            };
        };
        let properties = &resource["Properties"];
        let expected = kind.resource_type();
        let mut faults = Vec::new();
        if !kind.takes(&resource["Type"]) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            faults.push((kind.key(), format!("resource `{id}` is `{found}`, and this source takes `{expected}`")));
        }
        let sentence = match kind {
            SourceKind::Sqs(_) => visibility_fault(id, properties, self.stage.timeout_of(source.further())),
            SourceKind::S3(_) => notification_fault(id, properties),
            SourceKind::Mq(_) if source.virtual_host.is_some() && properties["EngineType"] == "ACTIVEMQ" => {
                Some(format!("broker `{id}` is of ActiveMQ, which has no `virtual_host`"))
            }
            SourceKind::Cognito(_) => trigger_fault(id, properties, &source.triggers),
            SourceKind::DynamoDb(_) if properties["StreamSpecification"].is_null() => {
                Some(format!("table `{id}` has no stream: `StreamSpecification` is missing"))
            }
            _ => None,
        };
        faults.extend(sentence.map(|sentence| (kind.key(), sentence)));
        if let Some(size) = source.batch_size.filter(|size| *size > FIFO_BATCH)
            && properties["FifoQueue"] == true
        {
            faults
                .push(("batch_size", format!("a batch of a FIFO queue has {FIFO_BATCH} messages at most, not {size}")));
        }
        if properties["FifoQueue"] == true {
            faults.extend(source::window_fault(source));
        }
        faults
    }
}

/// How a source elsewhere is named that has no name without a part that AWS makes up.
fn named_by_arn(kind: SourceKind<'_>) -> Option<&'static str> {
    match kind {
        SourceKind::DynamoDb(_) => Some("a table elsewhere is named by the ARN of its stream"),
        SourceKind::Msk(_) => Some("a cluster elsewhere is named by its ARN"),
        SourceKind::Mq(_) => Some("a broker elsewhere is named by its ARN"),
        _ => None,
    }
}

/// The fault of a queue whose messages become visible again while the function may still handle them.
fn visibility_fault(id: &str, properties: &Value, timeout_seconds: u32) -> Option<String> {
    let visibility = match &properties["VisibilityTimeout"] {
        Value::Null => Some(VISIBILITY_SECONDS),
        value => value.as_u64(),
    };
    let visibility = visibility.filter(|visibility| *visibility < u64::from(timeout_seconds))?;
    Some(format!(
        "the `VisibilityTimeout` of queue `{id}` is {visibility} seconds, less than the function's `timeout_seconds = \
         {timeout_seconds}`: messages would be delivered again while they are handled; AWS recommends six times the timeout"
    ))
}

/// The fault of a user pool whose triggers cannot be set.
fn trigger_fault(id: &str, properties: &Value, triggers: &[Trigger]) -> Option<String> {
    let config = &properties["LambdaConfig"];
    if !(properties.is_null() || properties.is_object()) || !(config.is_null() || config.is_object()) {
        return Some(format!(
            "`Properties.LambdaConfig` of user pool `{id}` is not a table, so no trigger can be added"
        ));
    }
    if let Some(trigger) = triggers.iter().enumerate().find(|(index, trigger)| triggers[..*index].contains(trigger)) {
        return Some(format!("`{}` is twice in `triggers`", trigger.1.property()));
    }
    if let Some(trigger) = triggers.iter().find(|trigger| !config[trigger.property()].is_null()) {
        return Some(format!("`LambdaConfig` of user pool `{id}` has `{}` already", trigger.property()));
    }
    let sender = triggers.iter().find(|trigger| trigger.is_sender() && config["KMSKeyID"].is_null())?;
    Some(format!("`{}` needs a `KMSKeyID` in `LambdaConfig` of user pool `{id}`", sender.property()))
}

/// The fault of a bucket whose notifications cannot be extended.
fn notification_fault(id: &str, properties: &Value) -> Option<String> {
    let is_table = |value: &Value| value.is_null() || value.is_object();
    let notifications = &properties["NotificationConfiguration"];
    (!is_table(properties) || !is_table(notifications)).then(|| {
        format!(
            "`Properties.NotificationConfiguration` of bucket `{id}` is not a table, so EventBridge cannot be added"
        )
    })
}
