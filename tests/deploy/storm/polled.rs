//! `zappa-rs local` in trouble: it polls the emulator's queues and streams itself, is stopped in the middle, and started again.

use std::{collections::BTreeSet, fs, thread, time::Duration};

use serde_json::json;

use crate::{
    stage::Stage,
    support::{
        emulator::{self, Account},
        poll::poll_until,
        process::Process,
        proxy::Proxy,
    },
};

use super::{
    Run, SETTINGS, binary,
    producer::{self, call, queue_url},
    trouble::{self, Faults},
    verdict,
};

const SOURCES: [&str; 6] = ["jobs", "payments", "steps", "audits", "clicks", "orders"];

/// The timeout of the start and of the end.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Starts `local` and waits until it serves.
fn start(stage: &Stage) -> Process {
    let mut local = stage.start(&["local", "--port", "0", "--binary", binary().to_str().unwrap()]);
    local.wait_for(TIMEOUT, "the URL", |_, line| line.starts_with("http://").then_some(()));
    local
}

/// Ends `local`; what it said.
fn stop(local: Process, signal: &str) -> String {
    local.signal(signal);
    let (status, _, log) = local.wait(TIMEOUT);
    assert!(status.success(), "{log}");
    log
}

fn create_table(account: &Account, name: &str, has_stream: bool) {
    let mut input = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    if has_stream {
        input["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
    }
    let response = call(account, "dynamodb", "DynamoDB_20120810.CreateTable", &input);
    assert_eq!(response.status, 200, "{}", response.text());
}

/// Waits until `local` has created what the stage declares.
fn wait_for_sources(account: &Account) {
    for name in ["jobs", "payments", "steps.fifo", "audits"] {
        poll_until(&format!("queue {name}"), TIMEOUT, || queue_url(account, name).is_some());
    }
    poll_until("stream clicks", TIMEOUT, || {
        let input = json!({ "StreamName": "clicks" });
        let response = call(account, "kinesis", "Kinesis_20131202.DescribeStreamSummary", &input);
        response.status == 200 && response.json()["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    });
}

/// A stage whose app records in a folder and keeps its payments in a table of the emulator.
fn stage(folder: &std::path::Path, store: impl Fn(&Account) -> Proxy) -> (Stage, Proxy) {
    let account = emulator::account();
    create_table(&account, "orders", true);
    create_table(&account, "paid", false);
    let stage = Stage::of(account, &[emulator::REGION], SETTINGS);
    let store = store(&stage.account);
    let variables = [
        ("STORM_FOLDER", folder.display().to_string()),
        ("STORM_TABLE", "paid".to_owned()),
        ("AWS_ENDPOINT_URL", format!("http://{}", store.address())),
        ("AWS_ACCESS_KEY_ID", stage.account.key.clone()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
    ];
    let lines: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    fs::write(stage.folder.path().join(".env.dev"), lines).unwrap();
    (stage, store)
}

#[test]
fn local_loses_nothing_in_a_storm_and_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    println!("local: {}", run.variables());
    let faults = Faults::new(&run, 4, 10, 40);
    let (mut stage, store) = stage(folder.path(), |account| faults.start(account.address()));
    let poll_faults = Faults::new(&run, 5, 10, 40);
    let polls = poll_faults.start(stage.account.address());
    stage.through(polls.address());

    let first = start(&stage);
    wait_for_sources(&stage.account);
    run.begin();
    let (sent, killed, second) = thread::scope(|scope| {
        let producer = scope.spawn(|| producer::produce(&run, &stage.account, &SOURCES, |_| true));
        let killer = scope.spawn(|| trouble::kill_processes(&run));
        thread::sleep(run.duration / 2);
        stop(first, "TERM");
        let second = start(&stage);
        (producer.join().unwrap(), killer.join().unwrap(), second)
    });
    let journal = verdict::settle(&run, &stage.account, &sent, BTreeSet::new);
    stop(second, "INT");
    println!(
        "{}",
        verdict::report(
            &run,
            &sent,
            &journal,
            killed,
            &[("the app", &store, &*faults), ("local", &polls, &*poll_faults)]
        )
    );
}
