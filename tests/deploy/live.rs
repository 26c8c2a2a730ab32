//! `tail --live`: sessions of Live Tail, of several functions and regions, and what they meet.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    live_tail::{Answer, Function, LiveTail, Session, Step},
    stage::{Ended, PATIENCE},
    support::{
        emulator,
        poll::poll_until,
        process::{self, Process, Stream},
    },
};

const ONE: &[Function] = &[("shop-dev", Some("one"))];

/// The stage `dev` in these regions, whose AWS is a server.
struct Stage {
    folder: TempDir,
    server: LiveTail,
}

impl Stage {
    fn new(regions: &[&str], server: LiveTail) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!("[project]\nname = \"shop\"\n\n[stage.dev]\nregions = {regions:?}\n");
        fs::write(folder.path().join("zappa_settings.toml"), settings).unwrap();
        Self { folder, server }
    }

    fn tail(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        emulator::clear(&mut command);
        command
            .args(["tail", "--live"])
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.server.address))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn start(&self, args: &[&str]) -> Process {
        Process::start(&mut self.tail(args))
    }

    fn run(&self, args: &[&str]) -> Ended {
        process::run(&mut self.tail(args), PATIENCE)
    }
}

/// Lines of the session's first group.
fn lines(session: &Session, messages: &[&'static str]) -> Step {
    Step::Lines(false, messages.iter().map(|message| (session.groups[0].clone(), *message)).collect())
}

fn held(session: &Session, messages: &[&'static str]) -> Answer {
    Answer::Stream(vec![lines(session, messages), Step::Hold])
}

fn wait_for(tail: &mut Process, text: &str) {
    tail.wait_for(PATIENCE, text, |_, line| line.contains(text).then_some(()));
}

/// Ends it with Ctrl-C: its stdout and stderr.
fn interrupt(tail: Process) -> (String, String) {
    tail.signal("INT");
    let (status, stdout, stderr) = tail.wait(PATIENCE);
    assert_eq!(status.code(), Some(130), "{stdout}{stderr}");
    (stdout, stderr)
}

fn messages(stdout: &str) -> Vec<String> {
    let message = |line: &str| serde_json::from_str::<Value>(line).unwrap()["message"].as_str().unwrap().to_owned();
    stdout.lines().map(message).collect()
}

#[test]
fn sessions_of_all_functions_and_regions_are_one_stream() {
    const FUNCTIONS: [Function; 11] = [
        ("shop-dev", Some("g0")),
        ("shop-dev-a", Some("g1")),
        ("shop-dev-b", Some("g2")),
        ("shop-dev-c", Some("g3")),
        ("shop-dev-d", Some("g4")),
        ("shop-dev-e", Some("g5")),
        ("shop-dev-f", Some("g6")),
        ("shop-dev-g", Some("g7")),
        ("shop-dev-h", Some("g8")),
        ("shop-dev-i", Some("g9")),
        ("shop-dev-j", None),
    ];
    let server = LiveTail::start(&FUNCTIONS, &[], |session| {
        let line = |group: &String| {
            // AWS names a group by account and name.
            let name = group.rsplit(':').next().unwrap();
            (format!("123456789012:{name}"), "tea is ready")
        };
        let other = (session.groups[0].clone(), "no match");
        let lines: Vec<_> = session.groups.iter().map(line).chain([other]).collect();
        Answer::Stream(vec![Step::Lines(false, lines), Step::Hold])
    });
    let stage = Stage::new(&["eu-west-1", "us-east-1"], server);
    let mut tail = stage.start(&["--json", "--filter", "tea"]);
    for _ in 0..22 {
        tail.wait_for(PATIENCE, "a line", |stream, _| (stream == Stream::Stdout).then_some(()));
    }
    let (stdout, stderr) = interrupt(tail);
    let origin = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["message"], &line["stream"]), (&"tea is ready".into(), &"2026/11/29/[7]01".into()));
        (line["region"].to_string(), line["function"].to_string())
    };
    assert_eq!(stdout.lines().map(origin).collect::<BTreeSet<_>>().len(), 22);
    assert_eq!(stdout.lines().count(), 22);
    assert!(stderr.contains("Following 4 live sessions, each with a sample where there are more than 500"), "{stderr}");
    let sessions = stage.server.sessions();
    assert_eq!(sessions.len(), 4);
    assert!(sessions.iter().all(|session| session.pattern.as_deref() == Some("tea")));
    let arn = |region: &str| format!("arn:aws:logs:{region}:123456789012:log-group:/aws/lambda/shop-dev-j");
    for region in ["eu-west-1", "us-east-1"] {
        assert!(sessions.iter().any(|session| session.groups.contains(&arn(region))), "{sessions:?}");
    }
    // No session is left open, since it costs money.
    poll_until("the end of the sessions", PATIENCE, || stage.server.closed() == 4);
}

#[test]
fn a_sample_is_mentioned_once_and_lines_are_selected_here() {
    let server = LiveTail::start(ONE, &[], |session| {
        let group = |message| (session.groups[0].clone(), message);
        let panic =
            ["START RequestId: 1234 Version: 7", "thread 'main' panicked at src/main.rs:5:9:", "out of tea", "ok"];
        Answer::Stream(vec![
            Step::Lines(true, panic.map(group).to_vec()),
            Step::Lines(true, vec![group(r#"{"level":"ERROR","message":"last"}"#)]),
            Step::Hold,
        ])
    });
    let stage = Stage::new(&["eu-west-1"], server);
    let mut tail = stage.start(&["--errors", "--filter", "tea"]);
    wait_for(&mut tail, "out of tea");
    let (stdout, stderr) = interrupt(tail);
    assert_eq!(stdout.trim(), "out of tea");
    assert_eq!(stderr.matches("AWS leaves lines out").count(), 1, "{stderr}");
    assert!(stderr.contains("hint: every line is shown without `--live`"), "{stderr}");
    // What is selected here needs the lines that do not match.
    assert_eq!(stage.server.sessions()[0].pattern, None);

    // Counts are printed at the end, and a reader that leaves ends it.
    let mut tail = stage.start(&["--stats", "--json"]);
    wait_for(&mut tail, "AWS leaves lines out");
    poll_until("the sessions", PATIENCE, || stage.server.sessions().len() == 2);
    let (stdout, _) = interrupt(tail);
    let row: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&row["function"], row["lines"].as_u64() >= Some(4)), (&"shop-dev".into(), true), "{row}");
    let mut tail = stage.tail(&[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let head = Command::new("head").args(["-n", "1"]).stdin(tail.stdout.take().unwrap()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&head.stdout).lines().count(), 1);
    assert_eq!(tail.wait().unwrap().code(), Some(0));
}

#[test]
fn a_session_that_ends_is_followed_by_another() {
    let server = LiveTail::start(ONE, &[], |session| match session.number {
        0 => Answer::Stream(vec![lines(session, &["one"]), Step::Exception("SessionTimeoutException")]),
        1 => Answer::Stream(vec![lines(session, &["two"]), Step::Exception("SessionStreamingException")]),
        2 => Answer::Refuse("LimitExceededException"),
        3 => Answer::Stream(vec![lines(session, &["three"])]),
        _ => held(session, &["four"]),
    });
    let stage = Stage::new(&["eu-west-1"], server);
    let mut tail = stage.start(&["--json"]);
    wait_for(&mut tail, "\"four\"");
    let (stdout, stderr) = interrupt(tail);
    assert_eq!(messages(&stdout), ["one", "two", "three", "four"]);
    for part in [
        "Renewing the live session in eu-west-1: AWS ends a session after three hours\n",
        "warning: logs:StartLiveTail of `one` in eu-west-1: the stream was interrupted: ",
        ": the connection was closed; trying again, and lines until then are not shown\n",
        "Following the live session in eu-west-1 again\n",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
}

#[test]
fn a_region_that_starts_no_session_stops_no_other() {
    let server = LiveTail::start(ONE, &[], |session| match &*session.region {
        "us-east-1" => Answer::Refuse("AccessDeniedException"),
        _ => held(session, &["one"]),
    });
    let stage = Stage::new(&["eu-west-1", "us-east-1"], server);
    let mut tail = stage.start(&["--json"]);
    // They come in any order.
    let mut awaited = BTreeSet::from(["\"one\"", "`logs:StartLiveTail` on"]);
    while !awaited.is_empty() {
        let found = tail.wait_for(PATIENCE, "line and warning", |_, line| {
            awaited.iter().find(|text| line.contains(**text)).copied()
        });
        awaited.remove(found);
    }
    let (stdout, stderr) = interrupt(tail);
    assert_eq!(messages(&stdout), ["one"]);
    assert!(stderr.contains("AccessDeniedException"), "{stderr}");

    let server = LiveTail::start(ONE, &[], |_| Answer::Refuse("LimitExceededException"));
    let ended = Stage::new(&["eu-west-1"], server).run(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended}");
    for part in
        ["error: logs:StartLiveTail of `one` in eu-west-1: LimitExceededException", "run the command without `--live`"]
    {
        assert!(ended.stderr.contains(part), "{part}: {ended}");
    }
}

#[test]
fn log_groups_that_do_not_exist_are_left_out() {
    const FUNCTIONS: &[Function] =
        &[("shop-dev", Some("one")), ("shop-dev-mail", Some("deleted")), ("shop-dev-new", None)];
    let missing = ["deleted", "/aws/lambda/shop-dev-new"];
    let server = LiveTail::start(FUNCTIONS, &missing, |session| held(session, &["one"]));
    let stage = Stage::new(&["eu-west-1"], server);
    let mut tail = stage.start(&["--json"]);
    wait_for(&mut tail, "\"one\"");
    let (_, stderr) = interrupt(tail);
    assert!(stderr.contains("warning: shop-dev-new in eu-west-1 has not logged yet"), "{stderr}");
    assert!(stderr.contains("ResourceNotFoundException") && stderr.contains("the log group was deleted"), "{stderr}");
    assert_eq!(stage.server.sessions().len(), 2);

    let ended = stage.run(&["--function", "mail"]);
    assert_eq!(ended.code, Some(1), "{ended}");
    let ended = stage.run(&["--function", "new"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended}");
}
