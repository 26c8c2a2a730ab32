//! ARNs in a template as this machine knows them: a resource without a name gets one of the stack and its logical id.

use serde_json::Value;

use super::stack::{ACCOUNT, properties};
use crate::{logical_id, regions};

/// The end of the ARN of a table's stream, which has the time at which it was enabled: here always the same.
const STREAM_LABEL: &str = "/stream/2027-01-01T00:00:00.000";

/// Resolves an ARN: a text, a substitution of the stack's account and region, or an attribute of a queue, a topic, a stream, a
/// bucket or a log group. `None` for another, such as a cluster or a broker, whose ARN has a part that AWS makes up.
pub(super) fn resolve(value: &Value, template: &Value, region: &str) -> Option<String> {
    let partition = regions::partition(region).name;
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    if value["Fn::Sub"].is_string() {
        return substitute(value, region);
    }
    let id = value["Fn::GetAtt"][0].as_str().or_else(|| value["Ref"].as_str())?;
    let resource = &template["Resources"][id];
    let (service, prefix, key, suffix) = match resource["Type"].as_str()? {
        "AWS::SQS::Queue" => ("sqs", "", "QueueName", ""),
        "AWS::SNS::Topic" => ("sns", "", "TopicName", ""),
        "AWS::S3::Bucket" => ("s3", "", "BucketName", ""),
        "AWS::Logs::LogGroup" => ("logs", "log-group:", "LogGroupName", ":*"),
        "AWS::Kinesis::Stream" => ("kinesis", "stream/", "Name", ""),
        "AWS::DynamoDB::Table" if value["Fn::GetAtt"][1] == "StreamArn" => {
            ("dynamodb", "table/", "TableName", STREAM_LABEL)
        }
        _ => return None,
    };
    let given = &resource["Properties"][key];
    let name = match given.as_str().map(str::to_owned).or_else(|| substitute(given, region)) {
        Some(name) => name,
        None => {
            let stack = properties(template, logical_id::FUNCTION)["FunctionName"].as_str()?;
            let end = if resource["Properties"]["FifoQueue"] == true { ".fifo" } else { "" };
            let name = format!("{stack}-{id}{end}");
            // The name of a bucket has no capitals.
            if service == "s3" { name.to_lowercase() } else { name }
        }
    };
    // A bucket's name is its own in the whole partition.
    let place = if service == "s3" { ":".to_owned() } else { format!("{region}:{ACCOUNT}") };
    Some(format!("arn:{partition}:{service}:{place}:{prefix}{name}{suffix}"))
}

/// Substitutes account, region, partition and DNS suffix in an `Fn::Sub` that refers to nothing else; `None` for any other value. The
/// ARNs of the stage's functions are such texts.
pub(super) fn substitute(value: &Value, region: &str) -> Option<String> {
    let text = value.as_object().filter(|fields| fields.len() == 1)?.get("Fn::Sub")?.as_str()?;
    let partition = regions::partition(region);
    let known = text
        .replace("${AWS::Partition}", partition.name)
        .replace("${AWS::URLSuffix}", partition.dns_suffix)
        .replace("${AWS::Region}", region)
        .replace("${AWS::AccountId}", ACCOUNT);
    let is_literal = |rest: &str| rest.starts_with('!');
    known.split("${").skip(1).all(is_literal).then(|| known.replace("${!", "${"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_arn_is_resolved_as_far_as_this_machine_knows_it() {
        let template = json!({ "Resources": {
            "Function": { "Properties": { "FunctionName": "shop-dev" } },
            "Jobs": { "Type": "AWS::SQS::Queue", "Properties": {} },
            "Bare": { "Type": "AWS::SQS::Queue" },
            "Named": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "jobs" } },
            "Ordered": { "Type": "AWS::SQS::Queue", "Properties": { "FifoQueue": true } },
            "News": { "Type": "AWS::SNS::Topic" },
            "Clicks": { "Type": "AWS::Kinesis::Stream" },
            "Orders": { "Type": "AWS::DynamoDB::Table" },
            "Files": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": "shop-files" } },
            "Films": { "Type": "AWS::S3::Bucket" },
            "Log": { "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": "/shop/log" } },
            "OfPlace": {
                "Type": "AWS::SQS::Queue",
                "Properties": { "QueueName": { "Fn::Sub": "jobs-${AWS::AccountId}" } },
            },
            "Cluster": { "Type": "AWS::MSK::Cluster" },
        } });
        let attribute = |id: &str| json!({ "Fn::GetAtt": [id, "Arn"] });
        for (value, expected) in [
            (json!("arn:aws:sqs:eu-west-1:1:jobs"), Some("arn:aws:sqs:eu-west-1:1:jobs")),
            (
                json!({ "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:jobs" }),
                Some("arn:aws-cn:sqs:cn-north-1:123456789012:jobs"),
            ),
            (attribute("Jobs"), Some("arn:aws-cn:sqs:cn-north-1:123456789012:shop-dev-Jobs")),
            (attribute("Bare"), Some("arn:aws-cn:sqs:cn-north-1:123456789012:shop-dev-Bare")),
            (attribute("Named"), Some("arn:aws-cn:sqs:cn-north-1:123456789012:jobs")),
            (attribute("Ordered"), Some("arn:aws-cn:sqs:cn-north-1:123456789012:shop-dev-Ordered.fifo")),
            (json!({ "Ref": "News" }), Some("arn:aws-cn:sns:cn-north-1:123456789012:shop-dev-News")),
            (attribute("Clicks"), Some("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/shop-dev-Clicks")),
            (
                json!({ "Fn::GetAtt": ["Orders", "StreamArn"] }),
                Some(
                    "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/shop-dev-Orders/stream/2027-01-01T00:00:00.000",
                ),
            ),
            (attribute("Orders"), None),
            (attribute("Files"), Some("arn:aws-cn:s3:::shop-files")),
            (attribute("Films"), Some("arn:aws-cn:s3:::shop-dev-films")),
            (attribute("Log"), Some("arn:aws-cn:logs:cn-north-1:123456789012:log-group:/shop/log:*")),
            (attribute("OfPlace"), Some("arn:aws-cn:sqs:cn-north-1:123456789012:jobs-123456789012")),
            (attribute("Cluster"), None),
            (json!({ "Fn::Sub": "arn:aws:sqs:eu-west-1:1:${Name}" }), None),
            (json!({ "Fn::Sub": "${!Name} of ${AWS::Region}" }), Some("${Name} of cn-north-1")),
            (
                json!({ "Fn::Sub": "https://sqs.${AWS::Region}.${AWS::URLSuffix}" }),
                Some("https://sqs.cn-north-1.amazonaws.com.cn"),
            ),
            (attribute("Missing"), None),
        ] {
            assert_eq!(resolve(&value, &template, "cn-north-1").as_deref(), expected, "{value}");
        }
    }
}
