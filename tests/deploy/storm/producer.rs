//! The producer: numbered tasks for every source, all the time, some of them twice.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::Run;
use crate::support::{
    client::Request,
    emulator::{Account, REGION},
    response::Response,
};

/// The pause between two rounds; in each, every source gets a task.
const INTERVAL: Duration = Duration::from_millis(150);
const GROUPS: u32 = 5;

/// What was sent: the tasks of each source, by number, with their groups.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) tasks: BTreeMap<&'static str, BTreeMap<u32, String>>,
    /// How many of them were sent twice.
    pub(super) doubled: u32,
}

impl Sent {
    pub(super) fn len(&self) -> usize {
        self.tasks.values().map(BTreeMap::len).sum()
    }
}

/// Sends tasks to these sources until the run is over. One of a hundred fails once, where failures are allowed.
pub(super) fn produce(run: &Run, account: &Account, sources: &[&'static str], fails: impl Fn(&str) -> bool) -> Sent {
    let mut random = run.random(1);
    let mut sent = Sent::default();
    let mut again: Vec<(Instant, &'static str, u32, Value)> = Vec::new();
    for number in 0.. {
        if run.is_over() {
            break;
        }
        let round = Instant::now();
        for &source in sources {
            let group = if source == "steps" { format!("g{}", number % GROUPS) } else { "all".to_owned() };
            let task = json!({
                "group": group,
                "number": number,
                "fails": random.u32(..100) == 0 && fails(source),
                "milliseconds": random.u32(..20),
            });
            send(account, source, number, &task);
            sent.tasks.entry(source).or_default().insert(number, group);
            // A sender that got no answer sends again: at once, while the first is being handled, or later. A FIFO queue and
            // a stream of changes do not take the second.
            if matches!(source, "jobs" | "payments" | "audits") && random.u32(..10) == 0 {
                let delay = Duration::from_millis(random.u64(..3000) * random.u64(..2));
                again.push((Instant::now() + delay, source, number, task));
                sent.doubled += 1;
            }
        }
        let (due, waiting): (Vec<_>, Vec<_>) = again.into_iter().partition(|(time, ..)| *time <= Instant::now());
        again = waiting;
        due.iter().for_each(|(_, source, number, task)| send(account, source, *number, task));
        thread::sleep(INTERVAL.saturating_sub(round.elapsed()));
    }
    again.iter().for_each(|(_, source, number, task)| send(account, source, *number, task));
    sent
}

/// Calls an operation of a service that speaks JSON.
pub(super) fn call(account: &Account, service: &str, target: &str, input: &Value) -> Response {
    let version = if service == "sqs" { "1.0" } else { "1.1" };
    let request = Request::new("POST", "/")
        .with_body(&format!("application/x-amz-json-{version}"), input.to_string())
        .with("x-amz-target", target);
    account.send(REGION, service, request).unwrap()
}

/// The URL of a queue.
pub(super) fn queue_url(account: &Account, name: &str) -> Option<String> {
    let response = call(account, "sqs", "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name }));
    (response.status == 200).then(|| response.json()["QueueUrl"].as_str().unwrap().to_owned())
}

/// How many messages a queue has, also those that are being handled.
pub(super) fn queue_len(account: &Account, name: &str) -> u32 {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let input = json!({ "QueueUrl": queue_url(account, name).unwrap(), "AttributeNames": names });
    let response = call(account, "sqs", "AmazonSQS.GetQueueAttributes", &input);
    assert_eq!(response.status, 200, "{name}: {}", response.text());
    let attributes = response.json()["Attributes"].take();
    names.iter().map(|name| attributes[*name].as_str().unwrap().parse::<u32>().unwrap()).sum()
}

fn send(account: &Account, source: &str, number: u32, task: &Value) {
    let text = task.to_string();
    let response = match source {
        "clicks" => {
            let data = base64_simd::STANDARD.encode_to_string(&text);
            let input = json!({ "StreamName": "clicks", "PartitionKey": "all", "Data": data });
            call(account, "kinesis", "Kinesis_20131202.PutRecord", &input)
        }
        "orders" => call(account, "dynamodb", "DynamoDB_20120810.PutItem", &order(number, task)),
        "news" => {
            let topic = format!("arn:aws:sns:{REGION}:{}:news", account.key);
            let form = format!("Action=Publish&Version=2010-03-31&TopicArn={topic}&Message={}", encode(&text));
            let request = Request::new("POST", "/").with_body("application/x-www-form-urlencoded", form);
            account.send(REGION, "sns", request).unwrap()
        }
        "placed" => {
            let entry = json!({ "Source": "com.example.shop", "DetailType": "Order Placed", "Detail": text });
            call(account, "events", "AWSEvents.PutEvents", &json!({ "Entries": [entry] }))
        }
        _ => send_message(account, source, number, task),
    };
    assert_eq!(response.status, 200, "{source} {number}: {}", response.text());
}

fn send_message(account: &Account, source: &str, number: u32, task: &Value) -> Response {
    let name = if source == "steps" { "steps.fifo" } else { source };
    let mut input = json!({ "QueueUrl": queue_url(account, name).unwrap(), "MessageBody": task.to_string() });
    if source == "steps" {
        input["MessageGroupId"] = task["group"].clone();
        input["MessageDeduplicationId"] = json!(number.to_string());
    }
    call(account, "sqs", "AmazonSQS.SendMessage", &input)
}

fn order(number: u32, task: &Value) -> Value {
    json!({ "TableName": "orders", "Item": {
        "id": { "S": number.to_string() },
        "group": { "S": task["group"] },
        "number": { "N": number.to_string() },
        "fails": { "BOOL": task["fails"] },
        "milliseconds": { "N": task["milliseconds"].to_string() },
    } })
}

/// Escapes a text for a form.
fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
