//! Messages under failing handlers, dying processes and updates: each is done at last, and none is deleted before.
//!
//! `ZAPPA_RS_MESSAGES` and `ZAPPA_RS_CRASHES` set the numbers for a measurement.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    stage::Stage,
    support::{client::Request, emulator::REGION, poll::poll_until},
};

const DELIVERY_TIMEOUT: Duration = Duration::from_secs(300);

const SETTINGS: &str = r#"
timeout_seconds = 5
[stage.dev.resources.Dead]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Jobs.Properties]
VisibilityTimeout = 5
RedrivePolicy = { deadLetterTargetArn = { "Fn::GetAtt" = ["Dead", "Arn"] }, maxReceiveCount = 20 }
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
"#;

/// How many batches a message of a dying process may take with it.
const BATCH: u32 = 10;

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{variable}={value}")))
}

/// A queue of the stage by a part of its name.
struct Queue<'a> {
    stage: &'a Stage,
    url: String,
}

impl<'a> Queue<'a> {
    fn find(stage: &'a Stage, name: &str) -> Self {
        let queues = stage.account.aws(&["sqs", "list-queues"]);
        let mut urls = queues["QueueUrls"].as_array().unwrap().iter().map(|url| url.as_str().unwrap());
        let url = urls.find(|url| url.contains(name)).unwrap_or_else(|| panic!("{name}: {queues}")).to_owned();
        Self { stage, url }
    }

    fn call(&self, operation: &str, mut input: Value) -> Value {
        input["QueueUrl"] = json!(self.url);
        let request = Request::new("POST", "/")
            .with_body("application/x-amz-json-1.0", input.to_string())
            .with("x-amz-target", format!("AmazonSQS.{operation}"));
        let response = self.stage.account.send(REGION, "sqs", request).unwrap();
        assert_eq!(response.status, 200, "{operation}: {}", response.text());
        response.json()
    }

    fn send(&self, jobs: &[Value]) {
        for jobs in jobs.chunks(10) {
            let entry = |(id, job): (usize, &Value)| json!({ "Id": id.to_string(), "MessageBody": job.to_string() });
            let sent =
                self.call("SendMessageBatch", json!({ "Entries": Vec::from_iter(jobs.iter().enumerate().map(entry)) }));
            assert_eq!(sent["Successful"].as_array().map(Vec::len), Some(jobs.len()), "{sent}");
        }
    }

    /// The messages that wait and those that are being handled.
    fn len(&self) -> u32 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let attributes = self.call("GetQueueAttributes", json!({ "AttributeNames": names }))["Attributes"].take();
        names.iter().map(|name| attributes[*name].as_str().unwrap().parse::<u32>().unwrap()).sum()
    }
}

/// How often each job is done by the log.
fn done(stage: &Stage) -> BTreeMap<u32, u32> {
    let mut done = BTreeMap::new();
    for line in crate::sources::log(stage).lines() {
        if let Some(number) = line.strip_prefix("job ").and_then(|rest| rest.trim_end().strip_suffix(" is done")) {
            *done.entry(number.parse().unwrap()).or_default() += 1;
        }
    }
    done
}

#[test]
fn no_message_is_lost_when_handlers_fail_and_processes_die_during_updates() {
    let (messages, crashes) = (number("ZAPPA_RS_MESSAGES", 200), number("ZAPPA_RS_CRASHES", 2));
    let stage = Stage::new(SETTINGS);
    stage.ok_with(&["deploy"], "one");
    let (jobs, dead) = (Queue::find(&stage, "Jobs"), Queue::find(&stage, "Dead"));

    // One of a hundred fails once; others end their process, spread over all.
    let job = |number: u32| {
        let is_crash = number % (messages / crashes) == messages / crashes / 2;
        json!({ "number": number, "failures": u32::from(number % 100 == 1), "crashes": u32::from(is_crash) })
    };
    let (before, after): (Vec<_>, Vec<_>) =
        (0..messages).map(job).partition(|job| job["number"].as_u64() < Some(u64::from(messages / 2)));
    jobs.send(&before);
    stage.ok_with(&["update"], "two");
    jobs.send(&after);
    poll_until("the empty queue", DELIVERY_TIMEOUT, || jobs.len() == 0);

    poll_until("every job in the log", Duration::from_secs(20), || done(&stage).len() == messages as usize);
    let done = done(&stage);
    assert_eq!(dead.len(), 0);
    let repeated = done.values().map(|times| times - 1).sum::<u32>();
    // A process that ends takes the batch with it; what was done of it is done again.
    assert!(repeated <= crashes * BATCH, "{repeated} were done again: {done:?}");
    println!("{messages} messages, {crashes} processes ended, {repeated} messages done again");
}
