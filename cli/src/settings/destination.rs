//! The destination of failures: its kind, from the type of a resource of the stack or from an ARN.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::SourceKind;

/// The kind of a destination. A name that is neither a logical id nor an ARN is a queue's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DestinationKind {
    Queue,
    Topic,
    Bucket,
    EventBus,
    Function,
}

impl DestinationKind {
    /// Every kind, as an asynchronous invocation takes it.
    pub(crate) const ASYNCHRONOUS: &'static [Self] =
        &[Self::Queue, Self::Topic, Self::Bucket, Self::EventBus, Self::Function];
    /// The kinds that a mapping takes.
    pub(crate) const MAPPING: &'static [Self] = &[Self::Queue, Self::Topic, Self::Bucket];

    /// The kinds that take the events of a function as dead letters.
    pub(crate) const DEAD_LETTER: &'static [Self] = &[Self::Queue, Self::Topic];

    /// The kind of a destination; `None` if it is a resource or an ARN of something else.
    pub(crate) fn of(destination: &str, resources: &BTreeMap<String, Value>) -> Option<Self> {
        if let Some(resource) = resources.get(destination) {
            let kind = resource["Type"].as_str()?;
            return Self::ASYNCHRONOUS.iter().copied().find(|known| known.resource_type() == kind);
        }
        let Some(arn) = destination.strip_prefix("arn:") else { return Some(Self::Queue) };
        match arn.split(':').nth(1)? {
            "sqs" => Some(Self::Queue),
            "sns" => Some(Self::Topic),
            "s3" => Some(Self::Bucket),
            "events" => Some(Self::EventBus),
            "lambda" => Some(Self::Function),
            _ => None,
        }
    }

    /// The type of the resource in `resources`.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::Queue => "AWS::SQS::Queue",
            Self::Topic => "AWS::SNS::Topic",
            Self::Bucket => "AWS::S3::Bucket",
            Self::EventBus => "AWS::Events::EventBus",
            Self::Function => "AWS::Lambda::Function",
        }
    }

    /// What it takes of the role to send there.
    pub(crate) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Queue => &["sqs:SendMessage"],
            Self::Topic => &["sns:Publish"],
            Self::Bucket => &["s3:ListBucket", "s3:PutObject"],
            Self::EventBus => &["events:PutEvents"],
            Self::Function => &["lambda:InvokeFunction"],
        }
    }

    /// The ARN of a destination of this kind. `has` tells whether a logical id is in the stack.
    pub(crate) fn arn(self, destination: &str, has: impl Fn(&str) -> bool) -> Value {
        match self {
            Self::Topic => SourceKind::Sns(destination).arn(has),
            Self::Queue => SourceKind::Sqs(destination).arn(has),
            _ if destination.starts_with("arn:") => destination.into(),
            _ => json!({ "Fn::GetAtt": [destination, "Arn"] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_known_by_its_resource_its_arn_or_as_the_name_of_a_queue() {
        let resource = |kind: &str| json!({ "Type": kind });
        let resources = BTreeMap::from([
            ("Failed".to_owned(), resource("AWS::SQS::Queue")),
            ("Alarms".to_owned(), resource("AWS::SNS::Topic")),
            ("Table".to_owned(), resource("AWS::DynamoDB::Table")),
        ]);
        for (destination, expected) in [
            ("Failed", Some(DestinationKind::Queue)),
            ("Alarms", Some(DestinationKind::Topic)),
            ("Table", None),
            ("failed", Some(DestinationKind::Queue)),
            ("arn:aws:sns:eu-west-1:123456789012:alarms", Some(DestinationKind::Topic)),
            ("arn:aws-cn:s3:::failed", Some(DestinationKind::Bucket)),
            ("arn:aws:events:eu-west-1:123456789012:event-bus/failed", Some(DestinationKind::EventBus)),
            ("arn:aws:lambda:eu-west-1:123456789012:function:failed", Some(DestinationKind::Function)),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/failed", None),
            ("arn:", None),
        ] {
            assert_eq!(DestinationKind::of(destination, &resources), expected, "{destination}");
        }
    }
}
