//! Schedules by the clock, and what becomes of asynchronous invocations that fail.

use serde_json::{Value, json};

use crate::{
    stage::{project, served},
    tool::{Tool, command, raw},
};

/// A schedule that fires at the start, since a rate without a start counts from its creation.
fn at_once(wish: &str) -> String {
    format!(
        "[[stage.dev.schedules]]\nname = \"often\"\nexpression = \"rate(1 day)\"\npayload = {{ do = \"!{wish}!\" }}\n"
    )
}

#[test]
fn a_schedule_fires_in_its_time_zone_with_the_event_that_aws_delivers() {
    let folder = project(
        "[[stage.dev.schedules]]\nname = \"nightly\"\nexpression = \"cron(0 3 * * ? *)\"\ntimezone = \"Europe/Berlin\"\n\
         payload = { do = \"!echo!\", at = \"<aws.scheduler.scheduled-time>\", of = \"<aws.scheduler.schedule-arn>\" }\n",
    );
    // The night in which 3 o'clock comes an hour earlier.
    let mut tool = served(folder.path(), &["--time", "2027-03-28T00:59:59.5Z"]);
    tool.wait_for_line("Scheduling `nightly` next at 2027-03-28T03:00:00 in Europe/Berlin, 2027-03-28T01:00:00Z");
    tool.wait_for_line("Firing schedule `nightly` of 2027-03-28T01:00:00Z");
    let line = tool.wait_for_line("raw: {");
    let event: Value = serde_json::from_str(line.strip_prefix("raw: ").unwrap()).unwrap();
    let arn = "arn:aws:scheduler:eu-west-1:123456789012:schedule/shop-dev/nightly";
    let payload = json!({ "do": "!echo!", "at": "2027-03-28T01:00:00Z", "of": arn });
    assert_eq!(event, json!({ "zappa_rs": "schedule", "name": "nightly", "payload": payload }));
    let line = tool.wait_for_line("Completed schedule `nightly` in ");
    assert!(line.ends_with(r#" ms: {"statusCode":200,"body":"echoed"}"#), "{line}");
}

#[test]
fn a_failed_schedule_runs_twice_more_and_is_dropped() {
    let folder = project(&at_once("error"));
    let mut tool = served(folder.path(), &["--async-retry-delay", "0.1"]);
    for expected in [
        "failed (attempt 1 of 3) and runs again in 0.1 s: {\"errorType\":\"Raw.Error\"",
        "failed (attempt 2 of 3) and runs again in 0.2 s: ",
        "failed (attempt 3 of 3) for the last time and is dropped, since it has no failure destination: ",
    ] {
        tool.wait_for_line(&format!("schedule `often` {expected}"));
    }
    // The request of the gateway is the fourth event: nothing else ran.
    assert!(tool.get("/").text().ends_with(" 4"), "another attempt");
}

#[test]
fn the_asynchronous_configuration_of_the_stage_is_followed() {
    let folder = project(&format!(
        "async_retries = 0\nasync_failure_destination = \"Failed\"\n{}\
         [stage.dev.resources.Failed]\nType = \"AWS::SQS::Queue\"\n",
        at_once("error")
    ));
    let mut tool = served(folder.path(), &[]);
    tool.wait_for_line(
        "schedule `often` failed (attempt 1 of 1) for the last time and would go to queue `shop-dev-Failed`: ",
    );
}

#[test]
fn what_is_unfinished_at_the_end_is_named() {
    let folder = project(&at_once("error"));
    let mut tool = served(folder.path(), &[]);
    tool.wait_for_line("schedule `often` failed (attempt 1 of 3)");
    let path = "/2015-03-31/functions/shop-dev/invocations";
    let reply = tool.send("POST", path, &[("x-amz-invocation-type", "Event")], r#"{"do":"!hang!"}"#);
    let id = reply.header("x-amzn-requestid").unwrap();
    tool.wait_for_line("raw: hangs");
    tool.signal("INT");
    let rest = tool.rest();
    let line = rest.iter().find(|line| line.contains("unfinished asynchronous invocations are given up: ")).unwrap();
    assert!(line.contains("schedule `often` (attempt 2 was due in "), "{line}");
    assert!(line.ends_with(&format!(", asynchronous invocation {id} (attempt 1 was running)")), "{line}");
    assert_eq!(tool.wait().code(), Some(0));
}

#[test]
fn schedules_are_described_and_can_be_left_alone() {
    let folder = project(&at_once("echo"));
    let start = |flags: &[&str]| {
        let mut command = command(folder.path());
        command.args(["local", "--json", "--port", "0", "--binary"]).arg(raw()).args(flags);
        let mut tool = Tool::spawn(&mut command);
        let described: Value = serde_json::from_str(&tool.wait_for_result()).unwrap();
        (tool, described["schedules"].clone())
    };
    let (_tool, schedules) = start(&["--time", "2027-01-31T03:00:00Z"]);
    assert_eq!(schedules, json!([{ "name": "often", "next": "2027-01-31T03:00:00Z" }]));
    let (mut tool, schedules) = start(&["--no-schedules"]);
    assert_eq!(schedules, json!([]));
    tool.signal("INT");
    assert!(!tool.rest().iter().any(|line| line.contains("Firing")));
}
