//! The types of resources that `link` knows: how each is named, and the actions of reading and writing it.
//!
//! The actions are the service's data plane alone, by the pages of the service authorization reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use serde_json::{Value, json};

/// A type of resource that can be linked.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct LinkKind {
    /// The type in `resources`.
    pub(crate) resource_type: &'static str,
    /// With its article, as a sentence has it.
    pub(crate) noun: &'static str,
    /// The service in an ARN and before its actions.
    pub(crate) service: &'static str,
    /// What an ARN has before the name.
    pub(crate) prefix: &'static str,
    /// The characters that an ARN has behind the prefix beside letters, digits, `-` and `_`.
    others: &'static str,
    /// The attribute of the ARN; without one it is the resource's `Ref`.
    attribute: Option<&'static str>,
    /// What reading takes; empty if it cannot be read.
    pub(crate) read: &'static [&'static str],
    /// What writing takes: putting, sending, starting, invoking; empty if it cannot be written.
    pub(crate) write: &'static [&'static str],
}

/// A row of the table: type, noun, service, prefix, further characters, attribute of the ARN.
const fn kind(
    resource_type: &'static str,
    noun: &'static str,
    [service, prefix, others]: [&'static str; 3],
    attribute: Option<&'static str>,
    [read, write]: [&'static [&'static str]; 2],
) -> LinkKind {
    LinkKind { resource_type, noun, service, prefix, others, attribute, read, write }
}

const READ_TABLE: &[&str] = &[
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
];
const WRITE_TABLE: &[&str] = &[
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
const READ_QUEUE: &[&str] = &[
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
];
const WRITE_QUEUE: &[&str] = &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"];
const READ_STREAM: &[&str] =
    &["kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"];

/// Every type.
pub(crate) static KINDS: [LinkKind; 14] = [
    kind("AWS::DynamoDB::Table", "a table", ["dynamodb", "table/", "."], Some("Arn"), [READ_TABLE, WRITE_TABLE]),
    kind("AWS::DynamoDB::GlobalTable", "a table", ["dynamodb", "table/", "."], Some("Arn"), [READ_TABLE, WRITE_TABLE]),
    kind("AWS::SQS::Queue", "a queue", ["sqs", "", "."], Some("Arn"), [READ_QUEUE, WRITE_QUEUE]),
    kind("AWS::SNS::Topic", "a topic", ["sns", "", "."], None, [&[], &["sns:Publish"]]),
    kind(
        "AWS::S3::Bucket",
        "a bucket",
        ["s3", "", "."],
        Some("Arn"),
        [
            &["s3:GetObject", "s3:ListBucket"],
            &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        ],
    ),
    kind(
        "AWS::Events::EventBus",
        "an event bus",
        ["events", "event-bus/", "./"],
        Some("Arn"),
        [&[], &["events:PutEvents"]],
    ),
    kind(
        "AWS::Kinesis::Stream",
        "a stream",
        ["kinesis", "stream/", "."],
        Some("Arn"),
        [READ_STREAM, &["kinesis:PutRecord", "kinesis:PutRecords"]],
    ),
    kind(
        "AWS::KinesisFirehose::DeliveryStream",
        "a delivery stream",
        ["firehose", "deliverystream/", "."],
        Some("Arn"),
        [&[], &["firehose:PutRecord", "firehose:PutRecordBatch"]],
    ),
    kind(
        "AWS::StepFunctions::StateMachine",
        "a state machine",
        ["states", "stateMachine:", ":"],
        None,
        [&[], &["states:StartExecution", "states:StartSyncExecution"]],
    ),
    kind(
        "AWS::SecretsManager::Secret",
        "a secret",
        ["secretsmanager", "secret:", "/+=.@!"],
        None,
        [&["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], &["secretsmanager:PutSecretValue"]],
    ),
    kind(
        "AWS::SSM::Parameter",
        "a parameter",
        ["ssm", "parameter/", "./"],
        None,
        [&["ssm:GetParameter", "ssm:GetParameters"], &["ssm:PutParameter"]],
    ),
    kind(
        "AWS::Lambda::Function",
        "a function",
        ["lambda", "function:", ":$"],
        Some("Arn"),
        [&[], &["lambda:InvokeFunction"]],
    ),
    kind("AWS::Lambda::Alias", "an alias", ["lambda", "function:", ":"], None, [&[], &["lambda:InvokeFunction"]]),
    kind("AWS::Lambda::Version", "a version", ["lambda", "function:", ":"], None, [&[], &["lambda:InvokeFunction"]]),
];

impl LinkKind {
    /// The kind of a type in `resources`.
    pub(crate) fn of_type(resource_type: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.resource_type == resource_type)
    }

    /// The kind of a whole ARN. `arn` may have pseudo parameters, such as `${AWS::AccountId}`.
    pub(crate) fn of_arn(arn: &str) -> Option<&'static Self> {
        let parts = arn_parts(arn)?;
        KINDS.iter().find(|kind| kind.service == parts.service && kind.is_resource(&parts))
    }

    /// Whether the end of an ARN names one resource of this kind.
    fn is_resource(&self, parts: &ArnParts<'_>) -> bool {
        let has_place = !parts.region.is_empty() && !parts.account.is_empty();
        let is_letter =
            |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter) || self.others.contains(letter);
        let name = parts.resource.strip_prefix(self.prefix).unwrap_or_default();
        let letters = without_parameters(name);
        let is_whole = self.service != "secretsmanager" || has_suffix(name);
        has_place != (self.service == "s3") && !name.is_empty() && letters.chars().all(is_letter) && is_whole
    }

    /// The ARN of a resource of the stack.
    pub(crate) fn arn_of(&self, id: &str, resource: &Value) -> Value {
        match self.attribute {
            Some(attribute) => json!({ "Fn::GetAtt": [id, attribute] }),
            None if self.service == "ssm" => json!({ "Fn::Sub": parameter_arn(id, resource) }),
            None => json!({ "Ref": id }),
        }
    }

    /// The variable's text for a resource of the stack: the ARN, and what does not follow from it.
    pub(crate) fn value_of(&self, id: &str, resource: &Value) -> Value {
        match self.service {
            "sqs" => json!({ "Fn::Sub": format!("${{{id}.Arn}} ${{{id}}}") }),
            // An ARN does not say whether the name begins with a slash.
            "ssm" => json!({ "Fn::Sub": format!("{} ${{{id}}}", parameter_arn(id, resource)) }),
            _ => self.arn_of(id, resource),
        }
    }

    /// The variable's text for an ARN.
    pub(crate) fn value_of_arn(&self, arn: &str) -> Value {
        match arn_parts(arn) {
            Some(ArnParts { region, account, resource, .. }) if self.service == "sqs" => {
                json!({ "Fn::Sub": format!("{arn} https://sqs.{region}.${{AWS::URLSuffix}}/{account}/{resource}") })
            }
            _ => text(arn),
        }
    }
}

/// A text of the settings with pseudo parameters, as an expression where it has any.
pub(crate) fn text(text: &str) -> Value {
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { text.into() }
}

/// Whether the name in the ARN of a secret ends as Secrets Manager ends it: with a hyphen and six characters.
fn has_suffix(name: &str) -> bool {
    let end = name.rsplit_once('-').map_or("", |(_, end)| end);
    end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A text without its pseudo parameters.
fn without_parameters(text: &str) -> String {
    let mut parts = text.split("${AWS::");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + part.split_once('}').map_or(part, |(_, rest)| rest))
}

/// The text of the ARN of a parameter: the name of one that is a path begins with the slash that an ARN has anyway.
fn parameter_arn(id: &str, resource: &Value) -> String {
    let name = &resource["Properties"]["Name"];
    let text =
        [name, &name["Fn::Sub"], &name["Fn::Sub"][0], &name["Fn::Join"][1][0]].into_iter().find_map(Value::as_str);
    let slash = if text.is_some_and(|text| text.starts_with('/')) { "" } else { "/" };
    format!("arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{slash}${{{id}}}")
}

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ArnParts<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

/// Splits an ARN at its colons; those of `${AWS::Region}` are none of them.
pub(crate) fn arn_parts(arn: &str) -> Option<ArnParts<'_>> {
    let mut rest = arn.strip_prefix("arn:")?;
    let mut next = || {
        let mut is_inside = false;
        let end = rest.find(|letter| {
            is_inside = (is_inside || letter == '{') && letter != '}';
            letter == ':' && !is_inside
        })?;
        let part = &rest[..end];
        rest = &rest[end + 1..];
        Some(part)
    };
    let (partition, service, region, account) = (next()?, next()?, next()?, next()?);
    Some(ArnParts { partition, service, region, account, resource: rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_of_the_kind_whose_resource_it_names_whole() {
        for (arn, expected) in [
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders-1.x", Some("a table")),
            ("arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders", Some("a table")),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders/index/by-day", None),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2027", None),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/*", None),
            ("arn:aws:dynamodb::123456789012:table/orders", None),
            ("arn:aws:sqs:eu-west-1:123456789012:jobs.fifo", Some("a queue")),
            ("arn:aws:sns:eu-west-1:123456789012:news:0f7a", None),
            ("arn:aws:s3:::pictures.example", Some("a bucket")),
            ("arn:aws:s3:::pictures-${AWS::AccountId}-${AWS::Region}", Some("a bucket")),
            ("arn:aws:s3:::pictures-${Other}", None),
            ("arn:aws:s3:::pictures/folder", None),
            ("arn:aws:s3:eu-west-1:123456789012:accesspoint/x", None),
            ("arn:aws:events:eu-west-1:123456789012:event-bus/aws.partner/x/y", Some("an event bus")),
            ("arn:aws:kinesis:eu-west-1:123456789012:stream/clicks", Some("a stream")),
            ("arn:aws:states:eu-west-1:123456789012:stateMachine:order", Some("a state machine")),
            ("arn:aws:states:eu-west-1:123456789012:execution:order:1", None),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf", Some("a secret")),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db", None),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db", Some("a parameter")),
            ("arn:aws:lambda:eu-west-1:123456789012:function:mail:live", Some("a function")),
            ("arn:aws:rds:eu-west-1:123456789012:cluster:db", None),
            ("arn:aws:sqs:eu-west-1", None),
            ("jobs", None),
        ] {
            assert_eq!(LinkKind::of_arn(arn).map(|kind| kind.noun), expected, "{arn}");
        }
    }

    #[test]
    fn a_queue_has_its_url_and_a_parameter_its_name_beside_the_arn() {
        let kind = |name: &str| LinkKind::of_type(name).unwrap();
        let queue = kind("AWS::SQS::Queue");
        assert_eq!(queue.value_of("Jobs", &Value::Null), json!({ "Fn::Sub": "${Jobs.Arn} ${Jobs}" }));
        assert_eq!(
            queue.value_of_arn("arn:aws:sqs:eu-west-1:123456789012:jobs"),
            json!({ "Fn::Sub": "arn:aws:sqs:eu-west-1:123456789012:jobs https://sqs.eu-west-1.${AWS::URLSuffix}/123456789012/jobs" })
        );
        let own = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter";
        for (name, slash) in [
            (Value::Null, "/"),
            (json!("limit"), "/"),
            (json!("/shop/limit"), ""),
            (json!({ "Fn::Sub": "/shop/${AWS::Region}" }), ""),
            (json!({ "Fn::Join": ["/", ["/shop", "x"]] }), ""),
        ] {
            let resource = json!({ "Properties": { "Name": name } });
            let expected = json!({ "Fn::Sub": format!("{own}{slash}${{Limit}} ${{Limit}}") });
            assert_eq!(kind("AWS::SSM::Parameter").value_of("Limit", &resource), expected);
        }
        assert_eq!(kind("AWS::SNS::Topic").value_of("News", &Value::Null), json!({ "Ref": "News" }));
        assert_eq!(kind("AWS::DynamoDB::Table").value_of("T", &Value::Null), json!({ "Fn::GetAtt": ["T", "Arn"] }));
    }

    #[test]
    fn actions_are_of_their_service_in_order_and_without_wildcards() {
        for kind in &KINDS {
            assert!(!kind.write.is_empty(), "{}", kind.resource_type);
            for actions in [kind.read, kind.write] {
                assert!(actions.is_sorted(), "{actions:?}");
                let is_own = |action: &&str| {
                    action.split_once(':').is_some_and(|(service, name)| service == kind.service && !name.contains('*'))
                };
                assert!(actions.iter().all(is_own), "{actions:?}");
            }
        }
    }
}
