//! Topics of Kafka and queues of Amazon MQ, which `local` does not poll: it says so, and their events can be sent.

use crate::stage::{project, served};

const SETTINGS: &str = r#"
[[stage.dev.events]]
name = "placed"
kafka = { servers = ["kafka.example.com:9092"] }
topic = "orders"
secret = "Login"
[[stage.dev.events]]
name = "letters"
mq = "Broker"
queue = "letters"
secret = "Login"
[[stage.dev.events]]
name = "off"
mq = "Broker"
queue = "off"
secret = "Login"
enabled = false
[stage.dev.resources.Login]
Type = "AWS::SecretsManager::Secret"
[stage.dev.resources.Broker]
Type = "AWS::AmazonMQ::Broker"
"#;

#[test]
fn topics_and_queues_of_brokers_are_named_once_as_not_polled() {
    let folder = project(SETTINGS);
    let mut tool = served(folder.path(), &[]);
    let reply = tool.send("POST", "/2015-03-31/functions/shop-dev/invocations", &[], r#"{"do":"!env!"}"#);
    let variables = reply.json()["body"].as_str().unwrap().to_owned();
    // The broker's ARN is only known in the cloud.
    assert!(
        variables.split('|').any(|pair| pair == "ZAPPA_SOURCES=placed=orders,letters=letters,off=off"),
        "{variables}"
    );
    tool.signal("TERM");
    let lines = tool.rest();
    let said: Vec<&String> = lines.iter().filter(|line| line.contains("does not poll")).collect();
    assert_eq!(said.len(), 1, "{lines:?}");
    assert!(said[0].contains("queue `letters` of Amazon MQ, topic `orders` of Kafka, which"), "{said:?}");
}
