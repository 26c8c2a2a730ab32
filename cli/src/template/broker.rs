//! Sources that Lambda signs in to: topics of Kafka, of MSK and elsewhere, and queues of Amazon MQ.
//!
//! Their mappings have an access configuration, and the function's role must allow what Lambda does to reach them.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html>
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>

use serde_json::{Value, json};

use super::{Input, arn::arn};
use crate::settings::{Authentication, EventSource, SourceKind};

/// Network interfaces in the VPC of the brokers. Some of these actions know no resource.
const NETWORK: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];
/// Reading a topic of MSK as the role itself.
const READ_BY_IAM: &[&str] = &[
    "kafka-cluster:AlterGroup",
    "kafka-cluster:Connect",
    "kafka-cluster:DescribeClusterDynamicConfiguration",
    "kafka-cluster:DescribeGroup",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:ReadData",
];

/// Sets what a mapping of a topic or a queue of Amazon MQ has beside those of other sources.
pub(super) fn set(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>, properties: &mut Value) {
    let group = source.consumer_group.as_ref().map(|group| json!({ "ConsumerGroupId": group }));
    match kind {
        SourceKind::Msk(_) => {
            properties["Topics"] = json!([source.topic]);
            if let Some(group) = group {
                properties["AmazonManagedKafkaEventSourceConfig"] = group;
            }
        }
        SourceKind::Kafka(cluster) => {
            properties["Topics"] = json!([source.topic]);
            properties["SelfManagedEventSource"] = json!({ "Endpoints": { "KafkaBootstrapServers": cluster.servers } });
            if let Some(group) = group {
                properties["SelfManagedKafkaEventSourceConfig"] = group;
            }
        }
        SourceKind::Mq(_) => properties["Queues"] = json!([source.queue]),
        _ => return,
    }
    let access = access(input, source, kind);
    if !access.is_empty() {
        properties["SourceAccessConfigurations"] = json!(access);
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_SourceAccessConfiguration.html>
fn access(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Vec<Value> {
    let entry = |kind: &str, uri: Value| json!({ "Type": kind, "URI": uri });
    let mut access = Vec::new();
    if let Some(secret) = &source.secret {
        let kind = match kind {
            SourceKind::Mq(_) => Authentication::SaslPlain.access_type(),
            _ => source.authentication.unwrap_or_default().access_type(),
        };
        access.push(entry(kind, reference(input, secret)));
    }
    access.extend(source.virtual_host.iter().map(|host| entry("VIRTUAL_HOST", json!(host))));
    if let SourceKind::Kafka(cluster) = kind {
        let parts = [
            ("VPC_SUBNET", cluster.subnets.as_slice(), Part::Id),
            ("VPC_SECURITY_GROUP", &cluster.security_groups, Part::Group),
            ("SERVER_ROOT_CA_CERTIFICATE", cluster.root_certificate.as_slice(), Part::Id),
        ];
        for (kind, names, part) in parts {
            access.extend(names.iter().map(|name| entry(kind, part.of(input, name))));
        }
    }
    access
}

/// What identifies a resource of the stack: what `Ref` returns, or the attribute of a security group.
#[derive(Clone, Copy)]
enum Part {
    Id,
    Group,
}

impl Part {
    fn of(self, input: &Input<'_>, name: &str) -> Value {
        match self {
            Self::Group if input.stage.resources.contains_key(name) => json!({ "Fn::GetAtt": [name, "GroupId"] }),
            _ => reference(input, name),
        }
    }
}

/// A resource of the stack by `Ref`, which of a secret is its ARN; another by its id or ARN.
fn reference(input: &Input<'_>, name: &str) -> Value {
    match input.stage.resources.contains_key(name) {
        true => json!({ "Ref": name }),
        false => json!(name),
    }
}

/// What the function's role may do, so that Lambda reaches the source.
pub(super) fn statements(input: &Input<'_>, source: &EventSource, kind: SourceKind<'_>) -> Vec<Value> {
    let allow =
        |actions: &[&str], resource: Value| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let mut statements = Vec::new();
    let mut needs_network = true;
    match kind {
        SourceKind::Msk(_) => {
            let cluster = arn(input, kind);
            let is_scram =
                source.secret.is_some() && source.authentication.unwrap_or_default() != Authentication::MutualTls;
            let actions: &[&str] = match is_scram {
                true => &["kafka:DescribeClusterV2", "kafka:ListScramSecrets"],
                false => &["kafka:DescribeClusterV2"],
            };
            statements.push(allow(actions, cluster.clone()));
            // This action knows no resource.
            statements.push(allow(&["kafka:GetBootstrapBrokers"], json!("*")));
            if source.secret.is_none() {
                let topic = of_cluster(&cluster, "topic", source.topic.as_deref());
                let group = of_cluster(&cluster, "group", source.consumer_group.as_deref());
                statements.push(allow(READ_BY_IAM, json!([cluster, topic, group])));
            }
        }
        SourceKind::Mq(_) => statements.push(allow(&["mq:DescribeBroker"], arn(input, kind))),
        SourceKind::Kafka(cluster) => {
            needs_network = !cluster.subnets.is_empty();
            let root = cluster.root_certificate.iter().map(|secret| reference(input, secret));
            statements.extend(root.map(|secret| allow(&["secretsmanager:GetSecretValue"], secret)));
        }
        _ => return statements,
    }
    let secret = source.secret.iter().map(|secret| reference(input, secret));
    statements.extend(secret.map(|secret| allow(&["secretsmanager:GetSecretValue"], secret)));
    if needs_network {
        statements.push(allow(NETWORK, json!("*")));
    }
    statements
}

/// The ARN of a topic or group of a cluster; without a name all of them.
/// <https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html>
fn of_cluster(cluster: &Value, noun: &str, name: Option<&str>) -> Value {
    const CLUSTER: &str = ":cluster/";
    let name = name.unwrap_or("*");
    match cluster.as_str() {
        Some(arn) => json!(format!("{}/{name}", arn.replacen(CLUSTER, &format!(":{noun}/"), 1))),
        None => {
            let part = |index: u8| json!({ "Fn::Select": [index, { "Fn::Split": [CLUSTER, cluster] }] });
            json!({ "Fn::Join": ["", [part(0), format!(":{noun}/"), part(1), format!("/{name}")]] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_has_the_name_and_the_id_of_its_cluster() {
        let arn = json!("arn:aws:kafka:eu-west-1:123456789012:cluster/shop/0123-2");
        assert_eq!(
            of_cluster(&arn, "topic", Some("orders")),
            "arn:aws:kafka:eu-west-1:123456789012:topic/shop/0123-2/orders"
        );
        assert_eq!(of_cluster(&arn, "group", None), "arn:aws:kafka:eu-west-1:123456789012:group/shop/0123-2/*");
    }
}
