//! The customer managed keys of KMS with which linked resources of the stack are encrypted.
//!
//! A service decrypts on behalf of its caller, whose role needs the key, too. What the settings do not show needs no
//! statement or cannot have one: the keys of AWS, and a key that is named by an alias from elsewhere.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::settings::{Link, Target};

/// How many references lead from the setting to the key: an alias, and the key behind it.
const MAX_REFERENCES: usize = 3;

/// The permission to use the key of a link's resource through its service.
pub(super) fn statement(link: &Link<'_>, resources: &BTreeMap<String, Value>) -> Option<Value> {
    let Target::Resource(_, resource) = link.target else { return None };
    let key = key_arn(key_of(link.kind.service, &resource["Properties"])?, resources, MAX_REFERENCES)?;
    Some(json!({
        "Effect": "Allow",
        "Action": actions(link),
        "Resource": key,
        "Condition": { "StringLike": { "kms:ViaService": format!("{}.*.amazonaws.com*", link.kind.service) } },
    }))
}

/// What the service does with the key on behalf of the app.
fn actions(link: &Link<'_>) -> Vec<&'static str> {
    let mut actions = vec!["kms:Decrypt"];
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    if link.kind.service == "dynamodb" {
        actions.push("kms:DescribeKey");
        if link.writes() {
            actions.extend(["kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]);
        }
    } else if link.writes() {
        // A sender needs both: the service verifies the data key that it has made.
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        actions.push("kms:GenerateDataKey");
    }
    actions
}

/// The property that names the key.
fn key_of<'a>(service: &str, properties: &'a Value) -> Option<&'a Value> {
    let key = match service {
        "dynamodb" => &properties["SSESpecification"]["KMSMasterKeyId"],
        "kinesis" => &properties["StreamEncryption"]["KeyId"],
        "s3" => {
            let rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"].as_array()?;
            rules
                .iter()
                .map(|rule| &rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
                .find(|key| !key.is_null())?
        }
        "secretsmanager" => &properties["KmsKeyId"],
        "sns" | "sqs" => &properties["KmsMasterKeyId"],
        _ => return None,
    };
    (!key.is_null()).then_some(key)
}

/// The ARN of a key that is named by ARN, id or reference; `None` where only the cloud knows it.
fn key_arn(key: &Value, resources: &BTreeMap<String, Value>, references: usize) -> Option<Value> {
    if let Some(text) = key.as_str() {
        let own = |id: &str| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{id}") });
        return match text {
            _ if text.starts_with("arn:") => text.contains(":key/").then(|| json!(text)),
            _ if text.starts_with("alias/") => alias(text, resources, references),
            id => Some(own(id)),
        };
    }
    if let Some(id) = key["Ref"].as_str() {
        let resource = resources.get(id)?;
        return match resource["Type"].as_str()? {
            "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => Some(json!({ "Fn::GetAtt": [id, "Arn"] })),
            "AWS::KMS::Alias" if references > 0 => {
                key_arn(&resource["Properties"]["TargetKeyId"], resources, references - 1)
            }
            _ => None,
        };
    }
    let attribute = &key["Fn::GetAtt"];
    let is_arn = attribute[1] == "Arn" || attribute.as_str().is_some_and(|path| path.ends_with(".Arn"));
    is_arn.then(|| key.clone())
}

/// The key of an alias that is a resource of the stack.
fn alias(name: &str, resources: &BTreeMap<String, Value>, references: usize) -> Option<Value> {
    let is_meant = |resource: &&Value| {
        resource["Type"] == "AWS::KMS::Alias" && resource["Properties"]["AliasName"].as_str() == Some(name)
    };
    let alias = resources.values().find(is_meant).filter(|_| references > 0)?;
    key_arn(&alias["Properties"]["TargetKeyId"], resources, references - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_arn_its_id_and_each_reference() {
        let resources: BTreeMap<String, Value> = serde_json::from_value(json!({
            "Key": { "Type": "AWS::KMS::Key" },
            "Alias": { "Type": "AWS::KMS::Alias", "Properties": { "AliasName": "alias/shop", "TargetKeyId": { "Ref": "Key" } } },
            "Table": { "Type": "AWS::DynamoDB::Table" },
        }))
        .unwrap();
        let arn = json!("arn:aws:kms:eu-west-1:123456789012:key/1");
        let attribute = json!({ "Fn::GetAtt": ["Key", "Arn"] });
        for (key, expected) in [
            (arn.clone(), Some(arn)),
            (
                json!("1234"),
                Some(json!({ "Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/1234" })),
            ),
            (json!({ "Ref": "Key" }), Some(attribute.clone())),
            (attribute.clone(), Some(attribute.clone())),
            (json!({ "Fn::GetAtt": "Key.Arn" }), Some(json!({ "Fn::GetAtt": "Key.Arn" }))),
            (json!({ "Ref": "Alias" }), Some(attribute.clone())),
            (json!("alias/shop"), Some(attribute)),
            (json!("alias/aws/sqs"), None),
            (json!("arn:aws:kms:eu-west-1:123456789012:alias/shop"), None),
            (json!({ "Ref": "Table" }), None),
        ] {
            assert_eq!(key_arn(&key, &resources, MAX_REFERENCES), expected, "{key}");
        }
    }
}
