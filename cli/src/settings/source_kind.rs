//! The kinds of event sources, with what the kind alone decides.

use serde_json::Value;

use super::{KafkaCluster, ReceiptRule};

/// The kind of an event source with its resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SourceKind<'a> {
    Sqs(&'a str),
    Kinesis(&'a str),
    DynamoDb(&'a str),
    Msk(&'a str),
    Kafka(&'a KafkaCluster),
    Mq(&'a str),
    Sns(&'a str),
    S3(&'a str),
    /// With its statement.
    Iot(&'a str),
    Ses(&'a ReceiptRule),
    Logs(&'a str),
    Cognito(&'a str),
    Pattern,
}

impl<'a> SourceKind<'a> {
    /// The resource: a logical id, an ARN or a name.
    pub(crate) fn resource(self) -> Option<&'a str> {
        match self {
            Self::Sqs(resource)
            | Self::Kinesis(resource)
            | Self::DynamoDb(resource)
            | Self::Msk(resource)
            | Self::Mq(resource)
            | Self::Sns(resource)
            | Self::S3(resource)
            | Self::Logs(resource)
            | Self::Cognito(resource) => Some(resource),
            Self::Kafka(_) | Self::Iot(_) | Self::Ses(_) | Self::Pattern => None,
        }
    }

    /// The setting's name.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Sqs(_) => "sqs",
            Self::Kinesis(_) => "kinesis",
            Self::DynamoDb(_) => "dynamodb",
            Self::Msk(_) => "msk",
            Self::Kafka(_) => "kafka",
            Self::Mq(_) => "mq",
            Self::Sns(_) => "sns",
            Self::S3(_) => "s3",
            Self::Iot(_) => "iot",
            Self::Ses(_) => "ses",
            Self::Logs(_) => "logs",
            Self::Cognito(_) => "cognito",
            Self::Pattern => "pattern",
        }
    }

    /// The kind of its handlers, one of the contract's `HANDLER_KINDS`.
    pub(crate) fn handler_kind(self) -> &'static str {
        match self {
            Self::Msk(_) => "kafka",
            kind => kind.key(),
        }
    }

    /// Whether Lambda polls the source by an event source mapping.
    pub(crate) fn is_polled(self) -> bool {
        self.is_stream() || self.is_kafka() || matches!(self, Self::Sqs(_) | Self::Mq(_))
    }

    /// Whether the source invokes the function asynchronously, so that Lambda repeats what fails.
    pub(crate) fn is_asynchronous(self) -> bool {
        matches!(self, Self::Sns(_) | Self::S3(_) | Self::Iot(_) | Self::Ses(_) | Self::Logs(_) | Self::Pattern)
    }

    /// Whether the source is a stream, whose order matters.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Kinesis(_) | Self::DynamoDb(_))
    }

    /// Whether the source is a topic of Kafka.
    pub(crate) fn is_kafka(self) -> bool {
        matches!(self, Self::Msk(_) | Self::Kafka(_))
    }

    /// Whether a resource of this type is such a source.
    pub(crate) fn takes(self, resource_type: &Value) -> bool {
        *resource_type == self.resource_type()
            || (matches!(self, Self::Msk(_)) && *resource_type == "AWS::MSK::ServerlessCluster")
    }

    /// The type of the resource in `resources`.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::Sqs(_) => "AWS::SQS::Queue",
            Self::Kinesis(_) => "AWS::Kinesis::Stream",
            Self::DynamoDb(_) => "AWS::DynamoDB::Table",
            Self::Msk(_) | Self::Kafka(_) => "AWS::MSK::Cluster",
            Self::Mq(_) => "AWS::AmazonMQ::Broker",
            Self::Sns(_) => "AWS::SNS::Topic",
            Self::S3(_) => "AWS::S3::Bucket",
            Self::Iot(_) => "AWS::IoT::TopicRule",
            Self::Ses(_) => "AWS::SES::ReceiptRule",
            Self::Logs(_) => "AWS::Logs::LogGroup",
            Self::Cognito(_) => "AWS::Cognito::UserPool",
            Self::Pattern => "AWS::Events::Rule",
        }
    }

    /// The ARN of the resource: of one of the stack's by its attribute, of another by its name. `has` tells whether a
    /// logical id is in the stack.
    pub(crate) fn arn(self, has: impl Fn(&str) -> bool) -> Value {
        let Some(resource) = self.resource() else { return Value::Null };
        if resource.starts_with("arn:") {
            return match self {
                // The ARN of a group's streams, as `Arn` of a resource has it.
                Self::Logs(_) if !resource.ends_with(":*") => format!("{resource}:*").into(),
                _ => resource.into(),
            };
        }
        if has(resource) {
            let attribute = match self {
                Self::Sns(_) => return serde_json::json!({ "Ref": resource }),
                Self::DynamoDb(_) => "StreamArn",
                _ => "Arn",
            };
            return serde_json::json!({ "Fn::GetAtt": [resource, attribute] });
        }
        let rest = match self {
            Self::Sqs(name) => format!("sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"),
            Self::Sns(name) => format!("sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}"),
            Self::Kinesis(name) => format!("kinesis:${{AWS::Region}}:${{AWS::AccountId}}:stream/{name}"),
            Self::S3(name) => format!("s3:::{name}"),
            Self::Logs(name) => format!("logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{name}:*"),
            Self::Cognito(id) => format!("cognito-idp:${{AWS::Region}}:${{AWS::AccountId}}:userpool/{id}"),
            // What a stream, a cluster or a broker is called has a part that AWS makes up; rules are made here.
            Self::DynamoDb(_)
            | Self::Msk(_)
            | Self::Kafka(_)
            | Self::Mq(_)
            | Self::Iot(_)
            | Self::Ses(_)
            | Self::Pattern => return Value::Null,
        };
        serde_json::json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:{rest}") })
    }
}
