//! A deployed stage in trouble: the emulator's mappings, rules and schedules deliver to the binary, and releases replace each
//! other meanwhile.
//!
//! The mappings of streams of the emulator (ministack 1.5.33) ignore which records failed, and go on behind the batch: their
//! handlers do not fail here.

use std::{cell::RefCell, collections::BTreeSet, thread, time::Duration};

use serde_json::{Value, json};
use zip::CompressionMethod;

use crate::{
    app,
    stage::Stage,
    support::{
        emulator::{Account, REGION},
        poll::poll_until,
    },
};

use super::{
    Run, SETTINGS, binary,
    producer::{self, call, queue_url},
    trouble::{self, Faults},
    verdict,
};

const SOURCES: [&str; 8] = ["jobs", "payments", "steps", "audits", "clicks", "orders", "news", "placed"];

/// How long the stage may take to answer after a process was killed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// What became of the releases.
#[derive(Debug, Default)]
struct Releases {
    succeeded: u32,
    /// What those said that did not.
    failed: Vec<String>,
}

/// The zip of a variant of the application.
fn zip(variant: u32) -> String {
    let path = app::zip_of(binary(), &format!("storm-{variant}"), CompressionMethod::Stored);
    path.into_os_string().into_string().unwrap()
}

/// Updates the stage and rolls it back until the run is over. Each command succeeds, or says why not, and the stage serves.
fn release(run: &Run, stage: &Stage, url: &str) -> Releases {
    let mut random = run.random(3);
    let mut releases = Releases::default();
    for variant in 0.. {
        if run.is_over() {
            break;
        }
        let zip = zip(variant % 3);
        let args = match random.u32(..4) {
            0 => vec!["rollback", "--yes"],
            1 => vec!["deploy", "--yes", "--zip", &zip],
            _ => vec!["update", "--yes", "--zip", &zip],
        };
        let ended = stage.run(&args);
        let said = ended.stderr.trim_end();
        match ended.code {
            Some(0) => releases.succeeded += 1,
            Some(1 | 2) => {
                assert!(said.contains("error: ") && !said.contains("panicked"), "{args:?}: {said}");
                releases.failed.push(format!("{}: {}", args[0], said.split("error: ").last().unwrap()));
            }
            code => panic!("{args:?} ended with {code:?}: {said}"),
        }
        serves(stage, url);
    }
    releases
}

/// Waits until the stage answers; a request whose process is killed gets none.
fn serves(stage: &Stage, url: &str) {
    let answers = || {
        stage
            .account
            .visit(REGION, url.trim(), "/")
            .is_ok_and(|response| response.status == 200 && response.text().starts_with("storm-"))
    };
    poll_until("an answer of the stage", ANSWER_TIMEOUT, answers);
}

/// The asynchronous events at the destination of those that failed three times.
fn failed(account: &Account) -> BTreeSet<(String, u32)> {
    let url = queue_url(account, "failed").unwrap();
    let input = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1 });
    let mut received = call(account, "sqs", "AmazonSQS.ReceiveMessage", &input).json();
    let messages = received["Messages"].take();
    let event = |message: &Value| -> Value {
        serde_json::from_str::<Value>(message["Body"].as_str().unwrap()).unwrap()["requestPayload"].take()
    };
    let task = |event: Value| match event["Records"][0]["Sns"]["Message"].as_str() {
        Some(task) => ("news".to_owned(), serde_json::from_str::<Value>(task).unwrap()["number"].take()),
        None => ("placed".to_owned(), event["detail"]["number"].clone()),
    };
    let tasks = messages.as_array().into_iter().flatten().map(event).map(task);
    tasks.filter_map(|(source, number)| Some((source, u32::try_from(number.as_u64()?).ok()?))).collect()
}

#[test]
fn a_deployed_stage_loses_nothing_in_a_storm() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new("");
    let zip = zip(0);
    let run = Run::new(folder.path());
    println!("deployed: {}", run.variables());
    let faults = Faults::new(&run, 4, 10, 40);
    let store = faults.start(stage.account.address());
    let variables =
        format!("STORM_FOLDER = {:?}, AWS_ENDPOINT_URL_DYNAMODB = \"http://{}\"", folder.path(), store.address());
    stage.set(&format!("environment = {{ {variables} }}\n{SETTINGS}"));
    let url = stage.ok(&["deploy", "--yes", "--zip", &zip]);

    let tool_faults = Faults::new(&run, 5, 5, 40);
    let direct = stage.account.address();
    let calls = tool_faults.start(direct);
    stage.through(calls.address());
    run.begin();
    let (sent, killed, releases) = thread::scope(|scope| {
        let producer = scope.spawn(|| {
            producer::produce(&run, &stage.account, &SOURCES, |source| !matches!(source, "clicks" | "orders"))
        });
        let killer = scope.spawn(|| trouble::kill_processes(&run));
        let releases = release(&run, &stage, &url);
        (producer.join().unwrap(), killer.join().unwrap(), releases)
    });
    stage.through(direct);
    stage.ok(&["deploy", "--yes", "--zip", &zip]);
    serves(&stage, &url);

    let given_up = RefCell::new(BTreeSet::new());
    let failed = || {
        given_up.borrow_mut().extend(failed(&stage.account));
        given_up.borrow().clone()
    };
    let journal = verdict::settle(&run, &stage.account, &sent, failed);
    let proxies = [("the app", &store, &*faults), ("the tool", &calls, &*tool_faults)];
    println!("{}", verdict::report(&run, &sent, &journal, killed, &proxies));
    let given_up = given_up.borrow().len();
    println!(
        "{given_up} asynchronous events are at their destination; the schedule fired {} times",
        journal.deliveries("ticks")
    );
    println!("{} releases succeeded, {} failed:", releases.succeeded, releases.failed.len());
    releases.failed.iter().for_each(|said| println!("  {said}"));
}
