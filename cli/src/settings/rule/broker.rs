//! Rules of topics of Kafka and queues of Amazon MQ: what AWS refuses of how Lambda reaches and reads them.

use super::{
    super::{EventSource, KafkaCluster, SourceKind},
    Rules,
};

/// A fault: the setting and the sentence.
type Found = (&'static str, String);

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Endpoints.html>
const MAX_SERVERS: usize = 10;
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
const MAX_TOPIC: usize = 249;
const MAX_QUEUE: usize = 1000;
/// The longest consumer group and virtual host, and what they have beside letters and digits.
const MAX_NAME: usize = 200;
const NAME_SIGNS: &[u8] = b"-/*:_+=.@";

impl Rules<'_> {
    /// Faults of a topic of Kafka or a queue of Amazon MQ; none of another source.
    pub(super) fn broker_faults(&self, source: &EventSource, kind: SourceKind<'_>) -> Vec<Found> {
        let mut faults = Vec::new();
        match kind {
            SourceKind::Msk(_) | SourceKind::Kafka(_) => faults.extend(topic_faults(source)),
            SourceKind::Mq(_) => faults.extend(queue_faults(source)),
            _ => return faults,
        }
        let secrets = source.secret.iter().filter_map(|secret| self.secret_fault(secret));
        faults.extend(secrets.map(|sentence| ("secret", sentence)));
        match kind {
            SourceKind::Msk(_) if source.authentication.is_some_and(|authentication| !authentication.is_of_msk()) => {
                let sentence = "a cluster of MSK takes `sasl_scram512` and `mutual_tls`, or IAM without a `secret`";
                faults.push(("authentication", sentence.to_owned()));
            }
            SourceKind::Kafka(cluster) => {
                let sentences = server_faults(cluster).into_iter().chain(self.network_faults(source, cluster));
                faults.extend(sentences.map(|sentence| ("kafka", sentence)));
                faults.extend(self.shared_topic_fault(source));
            }
            _ => {}
        }
        faults
    }

    /// The fault of a secret.
    fn secret_fault(&self, secret: &str) -> Option<String> {
        const KIND: &str = "AWS::SecretsManager::Secret";
        const EXAMPLE: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-a1B2c3";
        if let Some(resource) = self.stage.resources.get(secret) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            return (found != KIND).then(|| format!("resource `{secret}` is `{found}`, and a secret is `{KIND}`"));
        }
        let parts: Vec<&str> = secret.splitn(7, ':').collect();
        match parts[..] {
            ["arn", _, "secretsmanager", region, _, "secret", _] if region == self.region => None,
            ["arn", _, "secretsmanager", region, _, "secret", _] => {
                Some(format!("`{secret}` is in `{region}`, and the function in `{}`", self.region))
            }
            _ => Some(format!("`{secret}` is neither one of `resources` nor the ARN of a secret, such as `{EXAMPLE}`")),
        }
    }

    /// The faults of the way to a cluster outside of MSK.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-cluster-network.html>
    fn network_faults(&self, source: &EventSource, cluster: &KafkaCluster) -> Vec<String> {
        let mut faults = Vec::new();
        if cluster.subnets.is_empty() != cluster.security_groups.is_empty() {
            faults.push("`subnets` and `security_groups` belong together".to_owned());
        }
        if cluster.subnets.is_empty() && source.secret.is_none() {
            let sentence = "Lambda reaches a cluster through the internet with a `secret` only; one within a VPC needs `subnets` \
                        and `security_groups`";
            faults.push(sentence.to_owned());
        }
        let parts = [
            (&cluster.subnets, "subnet-", "AWS::EC2::Subnet"),
            (&cluster.security_groups, "sg-", "AWS::EC2::SecurityGroup"),
        ];
        for (names, prefix, kind) in parts {
            let is_unknown = |name: &&String| match self.stage.resources.get(*name) {
                Some(resource) => resource["Type"] != kind,
                None => !name.starts_with(prefix),
            };
            let unknown = names.iter().filter(is_unknown);
            faults.extend(
                unknown.map(|name| format!("`{name}` is neither an id `{prefix}…` nor an `{kind}` of `resources`")),
            );
        }
        faults.extend(cluster.root_certificate.iter().filter_map(|secret| self.secret_fault(secret)));
        faults
    }

    /// The fault of a topic that two clusters have: a batch names its cluster only if it is of MSK.
    fn shared_topic_fault(&self, source: &EventSource) -> Option<Found> {
        let topic = source.topic.as_deref()?;
        let is_same = |other: &&EventSource| {
            other.topic.as_deref() == Some(topic)
                && other.further() == source.further()
                && other.identity() != source.identity()
        };
        let other = self.stage.events.iter().find(is_same)?;
        let name = &other.name;
        Some((
            "topic",
            format!(
                "event `{name}` has a topic `{topic}` too, and a batch does not tell the clusters apart; \
                     give one of them a `function` of its own"
            ),
        ))
    }
}

fn topic_faults(source: &EventSource) -> Vec<Found> {
    let mut faults = Vec::new();
    match source.topic.as_deref() {
        None | Some("") => faults.push(("topic", "`topic` is missing here".to_owned())),
        Some(topic) if !is_topic(topic) => {
            let sentence = format!(
                "`{topic}` is not a name of a topic: 2 to {MAX_TOPIC} letters, digits and `-_.`, not beginning \
                     with a dot"
            );
            faults.push(("topic", sentence));
        }
        Some(_) => {}
    }
    if let Some(group) = source.consumer_group.as_deref().filter(|group| !is_name(group)) {
        let sentence = format!("`{group}` is not a consumer group: 1 to {MAX_NAME} letters, digits and `-/*:_+=.@`");
        faults.push(("consumer_group", sentence));
    }
    if source.authentication.is_some() && source.secret.is_none() {
        faults.push(("authentication", "`authentication` says how a `secret` is used, and there is none".to_owned()));
    }
    faults
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>
fn queue_faults(source: &EventSource) -> Vec<Found> {
    let mut faults = Vec::new();
    match source.queue.as_deref() {
        None | Some("") => faults.push(("queue", "`queue` is missing here".to_owned())),
        // The function's environment has a list of the queues.
        Some(queue) if queue.len() > MAX_QUEUE || queue.contains([',', '$']) => {
            let sentence = format!(
                "`{queue}` is not a name that a queue can have here: 1 to {MAX_QUEUE} characters without `,` and `$`"
            );
            faults.push(("queue", sentence));
        }
        Some(_) => {}
    }
    if source.secret.is_none() {
        let sentence = "Lambda signs in to a broker with a `secret` only, whose `username` and `password` are those of a \
                        user of the broker";
        faults.push(("mq", sentence.to_owned()));
    }
    if let Some(host) = source.virtual_host.as_deref().filter(|host| !is_name(host)) {
        let sentence = format!(
            "`{host}` is not a virtual host that Lambda takes: 1 to {MAX_NAME} letters, digits and `-/*:_+=.@`"
        );
        faults.push(("virtual_host", sentence));
    }
    faults
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_SelfManagedEventSource.html>
fn server_faults(cluster: &KafkaCluster) -> Vec<String> {
    let servers = &cluster.servers;
    if servers.is_empty() || servers.len() > MAX_SERVERS {
        return vec![format!("`servers` has 1 to {MAX_SERVERS} addresses, not {}", servers.len())];
    }
    let wrong = servers.iter().filter(|server| !is_server(server));
    wrong.map(|server| format!("`{server}` is not a server, such as `kafka.example.com:9092`")).collect()
}

fn is_server(server: &str) -> bool {
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    server.len() <= 300
        && server
            .rsplit_once(':')
            .is_some_and(|(host, port)| host.split('.').all(is_label) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// `^[^.]([a-zA-Z0-9\-_.]+)`
fn is_topic(topic: &str) -> bool {
    (2..=MAX_TOPIC).contains(&topic.len())
        && !topic.starts_with('.')
        && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || NAME_SIGNS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_with_a_port() {
        for (server, expected) in [
            ("kafka.example.com:9092", true),
            ("10.0.0.1:9092", true),
            ("kafka:1", true),
            ("kafka.example.com", false),
            ("kafka.example.com:", false),
            ("kafka.example.com:99999", false),
            ("kafka:0", false),
            ("-kafka:9092", false),
            ("kafka..com:9092", false),
            ("kafka://x:9092", false),
        ] {
            assert_eq!(is_server(server), expected, "{server}");
        }
    }
}
