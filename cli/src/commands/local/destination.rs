//! Queues and topics that the template names, as an emulator has them.

use serde_json::Value;

use super::{arn, stack::properties};
use crate::local::description::{DeclaredQueue, Destination, Queue, Topic};

/// Reads a destination of failures.
pub(super) fn read(value: &Value, template: &Value, region: &str) -> Destination {
    if let Some(queue) = queue(value, template, region) {
        return Destination::Queue(queue);
    }
    match name_of("sns", value, template, region) {
        Some(name) => Destination::Topic(Topic { name, is_declared: value["Ref"].is_string() }),
        None => Destination::Other(resource_name(value)),
    }
}

/// Reads a queue by its ARN; `None` if it is something else.
pub(super) fn queue(value: &Value, template: &Value, region: &str) -> Option<Queue> {
    let name = name_of("sqs", value, template, region)?;
    let declared = value["Fn::GetAtt"][0].as_str().map(|id| declared(template, id, region));
    Some(Queue { name, declared })
}

/// The name at the end of an ARN of a service.
fn name_of(service: &str, value: &Value, template: &Value, region: &str) -> Option<String> {
    let arn = arn::resolve(value, template, region)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    (parts.get(2) == Some(&service)).then(|| parts.get(5).copied().unwrap_or_default().to_owned())
}

/// What a queue in `resources` is created with in an emulator.
fn declared(template: &Value, id: &str, region: &str) -> DeclaredQueue {
    let redrive = &properties(template, id)["RedrivePolicy"];
    let dead_letters = &redrive["deadLetterTargetArn"];
    let queue = name_of("sqs", dead_letters, template, region).map(|name| {
        // Dead letters of dead letters are not followed.
        let declared = |id: &str| DeclaredQueue { attributes: attributes(template, id), dead_letters: None };
        Box::new(Queue { name, declared: dead_letters["Fn::GetAtt"][0].as_str().map(declared) })
    });
    let dead_letters = queue.zip(redrive["maxReceiveCount"].as_u64());
    DeclaredQueue { attributes: attributes(template, id), dead_letters }
}

/// The attributes of a queue in `resources` that an emulator gets.
fn attributes(template: &Value, id: &str) -> Vec<(&'static str, String)> {
    let properties = properties(template, id);
    let names = ["VisibilityTimeout", "FifoQueue", "ContentBasedDeduplication"];
    let text = |value: &Value| match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    names.into_iter().filter_map(|name| Some((name, text(&properties[name])?))).collect()
}

/// The name of a resource in messages: its logical id, or what the template has.
fn resource_name(value: &Value) -> String {
    match (value.as_str(), value["Fn::GetAtt"][0].as_str(), value["Ref"].as_str()) {
        (Some(name), ..) | (_, Some(name), _) | (.., Some(name)) => name.to_owned(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_destination_is_a_queue_a_topic_or_something_that_is_only_named() {
        let template = json!({ "Resources": {
            "Function": { "Properties": { "FunctionName": "shop-dev" } },
            "Jobs": { "Type": "AWS::SQS::Queue", "Properties": {
                "VisibilityTimeout": 30,
                "RedrivePolicy": { "deadLetterTargetArn": { "Fn::GetAtt": ["Dead", "Arn"] }, "maxReceiveCount": 3 },
            } },
            "Dead": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "dead" } },
            "News": { "Type": "AWS::SNS::Topic" },
            "Bus": { "Type": "AWS::Events::EventBus" },
        } });
        let read = |value: Value| read(&value, &template, "eu-west-1");
        let dead = Queue {
            name: "dead".to_owned(),
            declared: Some(DeclaredQueue { attributes: Vec::new(), dead_letters: None }),
        };
        let jobs = Queue {
            name: "shop-dev-Jobs".to_owned(),
            declared: Some(DeclaredQueue {
                attributes: vec![("VisibilityTimeout", "30".to_owned())],
                dead_letters: Some((Box::new(dead), 3)),
            }),
        };
        assert_eq!(read(json!({ "Fn::GetAtt": ["Jobs", "Arn"] })), Destination::Queue(jobs));
        let other = Queue { name: "failed".to_owned(), declared: None };
        assert_eq!(read(json!("arn:aws:sqs:eu-west-1:123456789012:failed")), Destination::Queue(other));
        let topic = |name: &str, is_declared| Destination::Topic(Topic { name: name.to_owned(), is_declared });
        assert_eq!(read(json!({ "Ref": "News" })), topic("shop-dev-News", true));
        assert_eq!(read(json!("arn:aws:sns:eu-west-1:123456789012:alarms")), topic("alarms", false));
        assert_eq!(read(json!({ "Fn::GetAtt": ["Bus", "Arn"] })), Destination::Other("Bus".to_owned()));
    }
}
