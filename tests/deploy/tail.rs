//! The logs of a stage: real events of an emulator, every line once, whatever the calls meet.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::{
        client::Request,
        emulator::{self, REGION},
        process::Stream,
        proxy::{Fault, Proxy},
    },
};

const OTHER: &str = "us-east-1";

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Calls the Logs API.
fn logs(stage: &Stage, region: &str, operation: &str, body: &Value) -> Value {
    let request = Request::new("POST", "/")
        .with("x-amz-target", format!("Logs_20140328.{operation}"))
        .with_body("application/x-amz-json-1.1", body.to_string());
    stage.account.send(region, "logs", request).unwrap().json()
}

/// The stage's log group, with a log stream.
struct Group<'a> {
    stage: &'a Stage,
    region: &'static str,
    name: String,
}

impl<'a> Group<'a> {
    fn new(stage: &'a Stage, region: &'static str) -> Self {
        let groups = logs(stage, region, "DescribeLogGroups", &json!({}));
        let name = groups["logGroups"][0]["logGroupName"].as_str().unwrap().to_owned();
        let group = Self { stage, region, name };
        group.call("CreateLogStream", json!({ "logStreamName": "one" }));
        group
    }

    fn call(&self, operation: &str, mut body: Value) -> Value {
        body["logGroupName"] = json!(self.name);
        logs(self.stage, self.region, operation, &body)
    }

    /// Writes lines with these timestamps.
    fn put(&self, lines: &[(i64, &str)]) {
        let events: Vec<Value> =
            lines.iter().map(|(timestamp, message)| json!({ "timestamp": timestamp, "message": message })).collect();
        self.call("PutLogEvents", json!({ "logStreamName": "one", "logEvents": events }));
    }
}

/// The objects of `--json`.
fn objects(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn messages(stdout: &str) -> Vec<String> {
    objects(stdout).iter().map(|object| object["message"].as_str().unwrap().to_owned()).collect()
}

fn ended(stage: &Stage, args: &[&str]) -> Ended {
    let ended = stage.run(&[&["tail"], args].concat());
    assert_eq!(ended.code, Some(0), "{args:?}: {ended}");
    ended
}

#[test]
fn the_logs_of_all_regions_are_one_stream_by_time() {
    let stage = Stage::of(emulator::account(), &[REGION, OTHER], "");
    let urls = stage.ok_with(&["deploy"], "one");
    let (here, there) = (Group::new(&stage, REGION), Group::new(&stage, OTHER));
    let old = now() - 3_600_000;
    here.put(&[
        (old, "one"),
        (old + 20, "three"),
        (old + 20, "three again"),
        (old + 40, "{\"level\":\"ERROR\",\"message\":\"five\"}"),
    ]);
    there.put(&[(old + 10, "two"), (old + 30, "fo\u{1b}[1mur\u{7}")]);
    stage.visit(urls.lines().next().unwrap(), "/");

    let stdout = ended(&stage, &["--since", "2h", "--until", "30m", "--json"]).stdout;
    let expected =
        ["one", "two", "three", "three again", "fo\u{1b}[1mur\u{7}", "{\"level\":\"ERROR\",\"message\":\"five\"}"];
    assert_eq!(messages(&stdout), expected);
    let last = objects(&stdout).pop().unwrap();
    let keys: Vec<&String> = last.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["function", "level", "message", "region", "request_id", "stream", "timestamp"]);
    assert_eq!(
        (&last["region"], &last["function"], &last["level"]),
        (&json!(REGION), &json!("shop-dev"), &json!("error"))
    );

    // Text, of one region: a control character is shown and not sent.
    let text = ended(&stage, &["--since", "2h", "--until", "30m", "--region", OTHER]).stdout;
    let words: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(words, ["two", r"four\u{7}"]);

    // The newest lines, of both regions together; lines that bracket an invocation are not lines for people.
    let text = ended(&stage, &["-n", "2"]).stdout;
    let is_report = |line: &str| line.contains(" done in ") && line.contains(" memory ");
    assert!(text.lines().count() == 2 && text.lines().all(is_report), "{text}");

    // What is selected here: errors, and one request.
    let text = ended(&stage, &["--since", "2h", "--errors", "-n", "3"]).stdout;
    assert!(text.lines().count() == 1 && text.ends_with("ERROR five\n"), "{text}");
    let reports = ended(&stage, &["--since", "1h", "--json"]).stdout;
    let id = objects(&reports).into_iter().find_map(|object| Some(object["request_id"].as_str()?.to_owned())).unwrap();
    let text = ended(&stage, &["--since", "1h", "--json", "--request", &id[..8]]).stdout;
    assert!(
        objects(&text).len() >= 3 && objects(&text).iter().all(|object| object["request_id"] == id.as_str()),
        "{text}"
    );

    // The app writes no line that says what triggered its invocations.
    let http = ended(&stage, &["--since", "1h", "--http"]);
    assert!(http.stdout.is_empty() && http.stderr.contains("Found no such lines since "), "{}", http.stderr);
    assert!(http.stderr.contains("what triggered it") && http.stderr.contains("init_tracing"), "{}", http.stderr);
    let errors = ended(&stage, &["--since", "30m", "--errors"]);
    assert!(!errors.stderr.contains("triggered"), "{}", errors.stderr);

    // Counts in place of lines, for people and for programs.
    let counts = objects(&ended(&stage, &["--stats", "--json"]).stdout);
    let [first, second] = &counts[..] else { panic!("{counts:?}") };
    assert_eq!(
        (&first["region"], &first["function"], &first["errors"]),
        (&json!(REGION), &json!("shop-dev"), &json!(0))
    );
    assert!(first["invocations"].as_u64() >= Some(2) && second["invocations"].as_u64() >= Some(1), "{counts:?}");
    assert!(first["duration_ms"]["p50"].as_f64() <= first["duration_ms"]["max"].as_f64(), "{counts:?}");
    let table = ended(&stage, &["--stats"]).stdout;
    assert!(table.starts_with("region ") && table.lines().count() == 3 && table.contains(" MB"), "{table}");

    // What AWS filters is not read.
    let text = ended(&stage, &["--since", "2h", "--filter", "three", "--region", REGION, "--json"]).stdout;
    assert_eq!(messages(&text), ["three", "three again"]);

    assert_eq!(ended(&stage, &["--function", "shop-dev", "--since", "2h", "--until", "30m"]).stdout.lines().count(), 6);
    let wrong = stage.run(&["tail", "--function", "mail"]);
    assert_eq!(wrong.code, Some(2), "{wrong}");
    assert!(wrong.stderr.contains("hint: its functions are `shop-dev`"), "{wrong}");

    // A region that is denied, and a group that somebody deleted, stop no other and are no success.
    there.call("DeleteLogGroup", json!({}));
    let partial = stage.run(&["logs", "--since", "2h", "--until", "30m", "--json"]);
    assert_eq!((partial.code, messages(&partial.stdout).len()), (Some(1), 4), "{partial}");
    assert!(
        partial.stderr.contains("ResourceNotFoundException")
            && partial.stderr.contains("hint: the log group was deleted"),
        "{partial}"
    );
}

#[test]
fn a_region_that_is_denied_stops_no_other() {
    let mut stage = Stage::of(emulator::account(), &[REGION, OTHER], "");
    stage.ok_with(&["deploy"], "one");
    let old = now() - 60_000;
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        let message = "User: u is not authorized to perform: logs:FilterLogEvents on resource: arn:g";
        (call.region == OTHER && call.operation == "FilterLogEvents").then_some(Fault::Refuse(
            400,
            "AccessDeniedException",
            message,
        ))
    });
    Group::new(&stage, REGION).put(&[(old, "one")]);
    stage.through(proxy.address());
    let ended = stage.run(&["tail", "--json", "--filter", "one"]);
    assert_eq!((ended.code, messages(&ended.stdout)), (Some(1), vec!["one".to_owned()]), "{ended}");
    for part in ["warning: logs:FilterLogEvents", "error: us-east-1: ", "`logs:FilterLogEvents` on `arn:g`"] {
        assert!(ended.stderr.contains(part), "{part}: {ended}");
    }
}

#[test]
fn following_shows_every_line_once_and_ends_with_the_interrupt_or_the_reader() {
    let mut stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let proxy =
        Proxy::with(stage.account.address(), Duration::ZERO, |call| match (&*call.operation, call.number % 4) {
            ("FilterLogEvents", 1) => Some(Fault::Throttle),
            ("FilterLogEvents", 2) => Some(Fault::Internal),
            _ => None,
        });
    stage.through(proxy.address());
    let begun = now() - 5_000;
    let group = Group::new(&stage, REGION);
    group.put(&[(begun, "first")]);
    let mut tail = stage.start(&["tail", "--json", "--follow", "--since", "1m"]);
    let wait_for = |tail: &mut crate::support::process::Process, message: &str| {
        let wanted = format!("\"message\":\"{message}\"");
        tail.wait_for(PATIENCE, message, |stream, line| {
            (stream == Stream::Stdout && line.contains(&wanted)).then_some(())
        });
    };
    wait_for(&mut tail, "first");
    // Lines that are late, of the same time as others, of a clock that is ahead, and then some of now.
    group.put(&[(begun - 1_000, "late"), (begun, "same"), (begun + 120_000, "ahead")]);
    wait_for(&mut tail, "ahead");
    group.put(&[(begun - 1_000, "later"), (begun, "same again"), (begun + 120_000, "ahead again"), (now(), "last")]);
    wait_for(&mut tail, "ahead again");
    tail.signal("INT");
    let (status, stdout, stderr) = tail.wait(PATIENCE);
    assert_eq!((status.code(), stderr.as_str()), (Some(130), ""), "{stdout}");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    // The trial of the deploy has lines too.
    let own = messages(&stdout).into_iter().filter(|message| !message.contains("RequestId: "));
    own.for_each(|message| *counts.entry(message).or_default() += 1);
    let expected = ["ahead", "ahead again", "first", "last", "late", "later", "same", "same again"];
    assert_eq!(counts, expected.into_iter().map(|message| (message.to_owned(), 1)).collect());

    // `tail | head -n 1`
    let mut tail = stage
        .tool(&["tail", "--follow", "--since", "1h"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let head = Command::new("head").args(["-n", "1"]).stdin(tail.stdout.take().unwrap()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&head.stdout).lines().count(), 1);
    // No line comes any more.
    let output = tail.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));

    // The stack goes with its logs.
    let mut tail = stage.start(&["tail", "--json", "--follow", "--since", "1m"]);
    wait_for(&mut tail, "last");
    group.call("DeleteLogGroup", json!({}));
    let (status, _, stderr) = tail.wait(PATIENCE);
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("Ended shop-dev in eu-central-1: its log group was deleted"), "{stderr}");
}

#[test]
fn a_stage_that_is_not_deployed_has_no_logs() {
    let ended = Stage::new("").run(&["tail"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended}");
    assert!(ended.stderr.starts_with("error: stack `shop-dev` does not exist in eu-central-1\n"), "{ended}");
}
