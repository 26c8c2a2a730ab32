//! Gradual traffic: what is sent, refused and shown; CodeDeploy itself is a stand-in.

use serde_json::{Value, json};

use crate::{
    codedeploy::{CodeDeploy, STOPPED},
    stage::{PATIENCE, Stage},
    support::{client::Request, emulator::REGION, poll::poll_until},
};

const SETTINGS: &str = "api = \"http\"\nalarms = true\ntraffic = \"canary 10% 5m\"";

fn stage() -> (Stage, CodeDeploy, String) {
    let mut stage = Stage::new(SETTINGS);
    let codedeploy = CodeDeploy::start(stage.account.address());
    stage.through(codedeploy.proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(codedeploy.take_policies(), [true], "the first deploy");
    (stage, codedeploy, url)
}

fn set_alarm(stage: &Stage, state: &str) {
    let set = ["cloudwatch", "set-alarm-state", "--alarm-name", "shop-dev-errors", "--state-reason", "3 datapoints"];
    stage.account.aws(&[&set[..], &["--state-value", state]].concat());
}

#[test]
fn a_release_is_shifted_in_steps_and_at_once_where_that_is_asked_for() {
    let (stage, codedeploy, url) = stage();
    let ended = stage.with(&["update"], "two");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("10% of the traffic for 5 minutes, then all of it"), "{}", ended.stderr);
    assert_eq!(codedeploy.take_policies(), [true, true]);
    // At once, and the next deploy has nothing to change.
    let ended = stage.with(&["update", "--now"], "three");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("of the traffic"), "{}", ended.stderr);
    assert_eq!(codedeploy.take_policies(), [false, false]);
    assert_eq!(stage.ok_with(&["deploy"], "three"), url);
    assert_eq!(codedeploy.take_policies(), [false; 0]);
    assert_eq!(stage.visit(&url, "/").text(), "three ");
    let diff = stage.ok_with(&["diff"], "three");
    assert!(!diff.contains("Live"), "{diff}");
    // A rollback is in a hurry, and the deploy after it is not.
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(codedeploy.take_policies(), [false]);
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    stage.ok_with(&["update"], "three");
    assert_eq!(codedeploy.take_policies(), [true, true]);
    assert_eq!(stage.visit(&url, "/").text(), "three ");
    // What moves no traffic is no shift.
    stage.set(&format!("{SETTINGS}\ntags = {{ team = \"shop\" }}"));
    set_alarm(&stage, "ALARM");
    stage.ok_with(&["deploy"], "three");
    stage.ok(&["undeploy", "--yes"]);
}

#[test]
fn an_alarm_and_a_changed_role_refuse_a_shift_before_anything_is_sent() {
    let (stage, codedeploy, url) = stage();
    set_alarm(&stage, "ALARM");
    let ended = stage.with(&["update"], "two");
    assert_ne!(ended.code, Some(0));
    assert!(ended.stderr.contains("alarm `shop-dev-errors` is in alarm"), "{}", ended.stderr);
    assert!(ended.stderr.contains("3 datapoints") && ended.stderr.contains("`--now`"), "{}", ended.stderr);
    assert_eq!(codedeploy.take_policies(), [false; 0]);
    stage.ok_with(&["update", "--now"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    codedeploy.take_policies();
    set_alarm(&stage, "OK");
    stage.set(&format!("{SETTINGS}\nrole_arn = \"arn:aws:iam::123456789012:role/shop\""));
    let ended = stage.with(&["update"], "three");
    assert_ne!(ended.code, Some(0));
    assert!(ended.stderr.contains("the role changes") && ended.stderr.contains("`--now`"), "{}", ended.stderr);
    assert_eq!(codedeploy.take_policies(), [false; 0]);
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}

#[test]
fn a_shift_that_an_alarm_rolls_back_fails_with_the_deployment() {
    let (stage, codedeploy, url) = stage();
    codedeploy.stop(true);
    let ended = stage.with(&["update"], "two");
    assert_ne!(ended.code, Some(0), "{}", ended.stderr);
    for part in [
        STOPPED,
        "deployment d-0A1B2C3D4 of CodeDeploy",
        "the previous release is still live",
        "`zappa-rs status` shows the alarms",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    // The next update resumes with the candidate that is there.
    codedeploy.stop(false);
    stage.ok_with(&["update"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}

/// Whether the update that moves the alias has reached CloudFormation.
fn is_held(codedeploy: &CodeDeploy) -> bool {
    codedeploy.proxy.calls().iter().filter(|call| call.operation == "UpdateStack").count() >= 2
}

#[test]
fn an_interrupt_leaves_the_shift_to_aws_which_is_shown_while_it_lasts() {
    let (stage, codedeploy, url) = stage();
    codedeploy.hold(true);
    let zip = stage.zip("two");
    let mut update = stage.start(&["update", "--yes", "--zip", &zip]);
    poll_until("the shift", PATIENCE, || is_held(&codedeploy));
    // As CodeDeploy does it.
    let body = json!({ "RoutingConfig": { "AdditionalVersionWeights": { "2": 0.1 } } });
    let request = Request::new("PUT", "/2015-03-31/functions/shop-dev/aliases/live");
    let response =
        stage.account.send(REGION, "lambda", request.with_body("application/json", body.to_string())).unwrap();
    assert_eq!(response.json()["FunctionVersion"], Value::from("1"), "{}", response.text());
    update
        .wait_for(PATIENCE, "the shares", |_, line| line.contains("10% to version 2, 90% to version 1").then_some(()));
    update.signal("INT");
    let (status, _, stderr) = update.wait(PATIENCE);
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("AWS goes on to shift traffic to the new release in steps"), "{stderr}");
    codedeploy.hold(false);
    // The same command waits for it and finishes.
    stage.ok_with(&["update", "--wait"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}
