//! `zappa-rs local` on the queues of an emulator: real messages reach the real binary, and only those that it handled are
//! deleted.

use std::{cell::Cell, time::Duration};

use serde_json::{Value, json};

use crate::{
    stage::Stage,
    support::{
        emulator::REGION,
        examples,
        poll::{poll, poll_until},
        process::Process,
    },
};

const TIMEOUT: Duration = Duration::from_secs(60);

const SETTINGS: &str = r#"
timeout_seconds = 1
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
Properties = { VisibilityTimeout = 1 }
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
[[stage.dev.events]]
name = "orders"
sqs = "orders-of-others"
"#;

/// The messages that a queue has, also those that are in flight.
fn count(stage: &Stage, url: &str) -> u32 {
    let attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let args = ["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names"];
    let found = stage.account.aws(&[&args[..], &attributes].concat());
    attributes.map(|name| found["Attributes"][name].as_str().unwrap().parse::<u32>().unwrap()).iter().sum()
}

#[test]
fn messages_of_an_emulator_reach_the_local_function_and_a_failed_one_comes_again_alone() {
    let stage = Stage::new(SETTINGS);
    let binary = examples::binary("release").to_str().unwrap();
    let mut local = stage.start(&["local", "--port", "0", "--binary", binary]);
    local.wait_for(TIMEOUT, "the queue of `resources`", |_, line| {
        line.contains("Creating queue `shop-dev-Jobs`, which the stage declares").then_some(())
    });
    let url = poll("the queue `shop-dev-Jobs`", TIMEOUT, || {
        let args = ["sqs", "get-queue-url", "--queue-name", "shop-dev-Jobs"];
        stage.account.try_aws(REGION, &args).ok()?["QueueUrl"].as_str().map(str::to_owned)
    });
    for number in 1..=3 {
        let body = json!({ "number": number, "failures": u32::from(number == 2) }).to_string();
        stage.account.aws(&["sqs", "send-message", "--queue-url", &url, "--message-body", &body]);
    }
    poll_until("the end of all jobs", TIMEOUT, || count(&stage, &url) == 0);
    local.signal("INT");
    let (status, _, log) = local.wait(TIMEOUT);
    assert!(status.success(), "{log}");
    for line in ["job 1 is done", "job 2 is done", "job 3 is done"] {
        assert_eq!(log.matches(line).count(), 1, "{line}: {log}");
    }
    assert!(log.contains("failed: attempt 1 of job 2") && log.contains(" handled"), "{log}");
    let absent = "queue `orders-of-others` cannot be polled: the emulator has no queue of that name";
    assert_eq!(log.matches(absent).count(), 1, "{log}");
    assert!(
        log.contains("hint: create it: `aws sqs create-queue --queue-name orders-of-others --endpoint-url http://"),
        "{log}"
    );
}

/// The next message of a queue.
fn receive(stage: &Stage, url: &str) -> Value {
    let body = poll("a message", TIMEOUT, || {
        let args = ["sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "1"];
        let received = stage.account.try_aws(REGION, &args).ok()?;
        received["Messages"][0]["Body"].as_str().map(str::to_owned)
    });
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn queue_url(stage: &Stage, name: &str) -> String {
    poll(name, TIMEOUT, || {
        let args = ["sqs", "get-queue-url", "--queue-name", name];
        stage.account.try_aws(REGION, &args).ok()?["QueueUrl"].as_str().map(str::to_owned)
    })
}

const FAILING: &str = r#"
timeout_seconds = 1
async_retries = 1
async_failure_destination = "Failed"
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Jobs.Properties]
VisibilityTimeout = 1
RedrivePolicy = { deadLetterTargetArn = { "Fn::GetAtt" = ["Dead", "Arn"] }, maxReceiveCount = 2 }
[stage.dev.resources.Dead]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
filters = [{ body = { number = [{ numeric = [">", 0] }] } }]
[[stage.dev.schedules]]
name = "tick"
expression = "rate(1 day)"
payload = { fails = true }
"#;

#[test]
fn what_fails_for_good_goes_to_its_destination_and_what_no_filter_matches_is_deleted() {
    let stage = Stage::new(FAILING);
    let binary = examples::binary("release").to_str().unwrap();
    let local = stage.start(&["local", "--port", "0", "--binary", binary, "--async-retry-delay", "0.1"]);
    let url = queue_url(&stage, "shop-dev-Jobs");
    for body in [
        json!({ "number": 1, "failures": 9 }).to_string(),
        json!({ "number": 2, "failures": 0 }).to_string(),
        json!({ "number": 0, "failures": 0 }).to_string(),
        "no JSON".to_owned(),
    ] {
        stage.account.aws(&["sqs", "send-message", "--queue-url", &url, "--message-body", &body]);
    }
    let dead = receive(&stage, &queue_url(&stage, "shop-dev-Dead"));
    assert_eq!(dead["number"], 1);
    poll_until("the end of all jobs", TIMEOUT, || count(&stage, &url) == 0);

    let mut record = receive(&stage, &queue_url(&stage, "shop-dev-Failed"));
    assert!(record["timestamp"].as_str().unwrap().ends_with('Z'), "{record}");
    assert_eq!(record["requestContext"]["requestId"].as_str().unwrap().len(), 36, "{record}");
    assert_eq!(record["responsePayload"]["errorMessage"], "schedule `tick` failed: this tick fails", "{record}");
    for (at, key) in [("", "timestamp"), ("/requestContext", "requestId"), ("", "responsePayload")] {
        record.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(key);
    }
    let expected = json!({
        "version": "1.0",
        "requestContext": {
            "functionArn": format!("arn:aws:lambda:{REGION}:123456789012:function:shop-dev:live"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": { "zappa_rs": "schedule", "name": "tick", "payload": { "fails": true } },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
    });
    assert_eq!(record, expected);

    local.signal("INT");
    let (status, _, log) = local.wait(TIMEOUT);
    assert!(status.success(), "{log}");
    assert!(
        log.contains("schedule `tick` failed (attempt 2 of 2) for the last time and goes to queue `shop-dev-Failed`")
    );
    assert!(log.contains("Deleting queue `shop-dev-Jobs`: ") && log.contains("job 2 is done"), "{log}");
    assert!(!log.contains("job 0") && !log.contains("unfinished"), "{log}");
}

#[test]
fn a_topic_gets_what_fails_for_good() {
    let settings = FAILING.replace("\"Failed\"\n", &format!("\"arn:aws:sns:{REGION}:123456789012:alarms\"\n"));
    let stage = Stage::new(&settings);
    let topic = stage.account.aws(&["sns", "create-topic", "--name", "alarms"]);
    let url = stage.account.aws(&["sqs", "create-queue", "--queue-name", "alarmed"]);
    let url = url["QueueUrl"].as_str().unwrap().to_owned();
    let args = ["sqs", "get-queue-attributes", "--queue-url", &url, "--attribute-names", "QueueArn"];
    let queue = stage.account.aws(&args)["Attributes"]["QueueArn"].as_str().unwrap().to_owned();
    let topic = topic["TopicArn"].as_str().unwrap();
    let args = ["sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", &queue];
    stage.account.aws(&args);
    let binary = examples::binary("release").to_str().unwrap();
    let local = stage.start(&["local", "--port", "0", "--binary", binary, "--async-retry-delay", "0.1"]);
    let notification = receive(&stage, &url);
    let record: Value = serde_json::from_str(notification["Message"].as_str().unwrap()).unwrap();
    assert_eq!(record["requestPayload"]["name"], "tick", "{record}");
    local.signal("INT");
    let (status, _, log) = local.wait(TIMEOUT);
    assert!(status.success(), "{log}");
    assert!(log.contains("for the last time and goes to topic `alarms`"), "{log}");
}

/// Waits for two lines in either order.
fn wait_for_all(local: &mut Process, parts: [&str; 2]) {
    let seen = Cell::new([false; 2]);
    local.wait_for(TIMEOUT, &parts.join(" and "), |_, line| {
        let [first, second] = seen.get();
        seen.set([first || line.contains(parts[0]), second || line.contains(parts[1])]);
        (seen.get() == [true, true]).then_some(())
    });
}

const STREAMS: &str = r#"
[stage.dev.resources.Clicks]
Type = "AWS::Kinesis::Stream"
Properties = { ShardCount = 1 }
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[[stage.dev.events]]
name = "clicks"
kinesis = "Clicks"
retries = 1
failure_destination = "Failed"
filters = [{ data = { number = [{ numeric = [">", 0] }] } }]
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
"#;

#[test]
fn records_of_an_emulators_streams_arrive_in_order_and_one_that_always_fails_goes_to_its_destination() {
    let stage = Stage::new(STREAMS);
    let binary = examples::binary("release").to_str().unwrap();
    let mut local = stage.start(&["local", "--port", "0", "--binary", binary]);
    let created = "Creating stream `shop-dev-Clicks`, which the stage declares";
    let absent = "table `shop-dev-Orders` cannot be read: the emulator has no table of that name";
    wait_for_all(&mut local, [created, absent]);
    poll_until("the stream", TIMEOUT, || {
        let args = ["kinesis", "describe-stream-summary", "--stream-name", "shop-dev-Clicks"];
        let found = stage.account.try_aws(REGION, &args);
        found.is_ok_and(|found| found["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")
    });
    let record = |number: u32| {
        let failures = match number {
            2 => 1,
            4 => 99,
            _ => 0,
        };
        json!({ "Data": json!({ "number": number, "failures": failures }).to_string(), "PartitionKey": "one" })
    };
    let records = json!((0..=5).map(record).collect::<Vec<_>>()).to_string();
    stage.account.aws(&["kinesis", "put-records", "--stream-name", "shop-dev-Clicks", "--records", &records]);

    let attributes = ["--attribute-definitions", "AttributeName=id,AttributeType=S"];
    let key = ["--key-schema", "AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST"];
    let events = ["--stream-specification", "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"];
    let table = ["dynamodb", "create-table", "--table-name", "shop-dev-Orders"];
    stage.account.aws(&[&table[..], &attributes, &key, &events].concat());
    let item = r#"{"id":{"S":"o-1"}}"#;
    stage.account.aws(&["dynamodb", "put-item", "--table-name", "shop-dev-Orders", "--item", item]);

    wait_for_all(&mut local, ["click 5 is done", "order o-1 is Insert"]);
    let failed = receive(&stage, &queue_url(&stage, "shop-dev-Failed"));
    assert_eq!(failed["requestContext"]["condition"], "RetryAttemptsExhausted", "{failed}");
    assert_eq!(failed["KinesisBatchInfo"]["batchSize"], 1, "{failed}");
    let stream = format!("arn:aws:kinesis:{REGION}:123456789012:stream/shop-dev-Clicks");
    assert_eq!(failed["KinesisBatchInfo"]["streamArn"], stream.as_str(), "{failed}");

    local.signal("INT");
    let (status, _, log) = local.wait(TIMEOUT);
    assert!(status.success(), "{log}");
    let done: Vec<&str> = log.lines().filter(|line| line.contains(" is done")).collect();
    assert_eq!(done.len(), 4, "{log}");
    for (line, number) in done.iter().zip([1, 2, 3, 5]) {
        assert!(line.contains(&format!("click {number} is done")), "{log}");
    }
    assert!(log.contains("a batch of 1 failed for the last time and goes to queue `shop-dev-Failed`"), "{log}");
}

#[test]
fn an_account_of_aws_is_not_polled() {
    let stage = Stage::new(SETTINGS);
    let binary = examples::binary("release").to_str().unwrap();
    let url = "https://sqs.eu-central-1.amazonaws.com";
    let ended = stage.run(&["local", "--port", "0", "--binary", binary, "--endpoint-url", url]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(url) && ended.stderr.contains("queues and streams are polled in an emulator only"),
        "{}",
        ended.stderr
    );
}
