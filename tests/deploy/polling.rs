//! `zappa-rs local` on the queues of an emulator: real messages reach the real binary, and only those that it handled are
//! deleted.

use std::time::Duration;

use serde_json::json;

use crate::{
    stage::Stage,
    support::{
        emulator::REGION,
        examples,
        poll::{poll, poll_until},
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
    assert!(log.contains("hint: create it: `aws sqs create-queue --endpoint-url http://"), "{log}");
}

#[test]
fn an_account_of_aws_is_not_polled() {
    let stage = Stage::new(SETTINGS);
    let binary = examples::binary("release").to_str().unwrap();
    let url = "https://sqs.eu-central-1.amazonaws.com";
    let ended = stage.run(&["local", "--port", "0", "--binary", binary, "--endpoint-url", url]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(url) && ended.stderr.contains("queues are polled in an emulator only"),
        "{}",
        ended.stderr
    );
}
