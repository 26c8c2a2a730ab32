//! What these tests lean on, held against the real `aws` command.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{
    emulator::{REGION, account, unique},
    process::run,
    proxy::{Fault, Proxy},
};

/// A question to a service of each protocol.
const SERVICES: [(&str, &str); 5] = [
    ("cloudformation", "list-stacks"),
    ("lambda", "list-functions"),
    ("logs", "describe-log-groups"),
    ("s3api", "list-buckets"),
    ("sts", "get-caller-identity"),
];

#[test]
fn accounts_of_one_emulator_do_not_see_each_other() {
    let (mine, other) = (account(), account());
    let bucket = unique("bucket");
    mine.aws(&[
        "s3api",
        "create-bucket",
        "--bucket",
        &bucket,
        "--create-bucket-configuration",
        "LocationConstraint=eu-central-1",
    ]);
    assert_eq!(mine.aws(&["sts", "get-caller-identity"])["Account"], mine.key.as_str());
    assert_eq!(mine.aws(&["s3api", "list-buckets"])["Buckets"][0]["Name"], bucket.as_str());
    assert_eq!(other.aws(&["s3api", "list-buckets"])["Buckets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn calls_of_every_protocol_are_named() {
    let account = account();
    let proxy = Proxy::start(account.address());
    let seen = account.through(proxy.address());
    let bucket = unique("named");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let location = format!("LocationConstraint={REGION}");
    seen.aws(&["s3api", "create-bucket", "--bucket", &bucket, "--create-bucket-configuration", &location]);
    seen.aws(&["s3api", "put-object", "--bucket", &bucket, "--key", "a/b", "--body", file]);
    seen.aws(&["s3api", "list-object-versions", "--bucket", &bucket]);
    seen.aws(&["s3api", "head-object", "--bucket", &bucket, "--key", "a/b"]);
    seen.aws(&["lambda", "list-functions"]);
    seen.aws(&["logs", "describe-log-groups"]);
    seen.try_aws("us-east-1", &["cloudformation", "describe-stacks", "--stack-name", "none"]).unwrap_err();
    let calls = proxy.calls();
    let named: Vec<String> =
        calls.iter().map(|call| format!("{} {} {}", call.name(), call.region, call.subject)).collect();
    assert_eq!(
        named,
        [
            format!("s3:CreateBucket {REGION} /{bucket}"),
            format!("s3:PutObject {REGION} /{bucket}/a/b"),
            format!("s3:ListObjectVersions {REGION} /{bucket}"),
            format!("s3:HeadObject {REGION} /{bucket}/a/b"),
            format!("lambda:ListFunctions {REGION} /2015-03-31/functions"),
            format!("logs:DescribeLogGroups {REGION} /"),
            "cloudformation:DescribeStacks us-east-1 none".to_owned(),
        ]
    );
    assert!(calls.iter().all(|call| call.key == account.key && call.status.is_some()), "{calls:?}");
    let mutating: Vec<bool> = calls.iter().map(super::support::call::Call::is_mutating).collect();
    assert_eq!(mutating, [true, true, false, false, false, false, false]);
}

#[test]
fn every_fault_is_survived_by_the_aws_command_as_one_of_aws() {
    let account = account();
    std::thread::scope(|scope| {
        for (fault, asked) in [
            (Fault::Throttle, &SERVICES[..]),
            (Fault::Internal, &SERVICES[..]),
            (Fault::Reset, &SERVICES[..1]),
            (Fault::Lost, &SERVICES[..1]),
        ] {
            for (service, operation) in asked {
                let account = &account;
                scope.spawn(move || {
                    let proxy =
                        Proxy::with(account.address(), Duration::ZERO, move |call| (call.number == 0).then_some(fault));
                    account.through(proxy.address()).aws(&[service, operation]);
                    let calls = proxy.calls();
                    assert_eq!(calls.len(), 2, "{fault:?} {service}: {calls:?}");
                    assert_eq!(calls[1].status, Some(200));
                });
            }
        }
    });
}

#[test]
fn latency_is_added_to_each_call() {
    let account = account();
    let proxy = Proxy::with(account.address(), Duration::from_secs(2), |_| None);
    let begun = Instant::now();
    account.through(proxy.address()).aws(&["sts", "get-caller-identity"]);
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

#[test]
fn a_command_that_does_not_end_is_killed_and_named_with_its_output() {
    let script = "echo begun; exec sleep 600";
    let endless = || run(Command::new("sh").args(["-c", script]), Duration::from_millis(500));
    let panic = std::panic::catch_unwind(endless).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains(script) && message.contains("still running after 500ms"), "{message}");
    assert!(message.contains("begun"), "{message}");
}
