//! A rollback shifts the traffic first, and the stack follows: whatever goes wrong in between, the good release serves.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    stage::{PATIENCE, Stage},
    state::{assert_complete, state},
    support::{
        call::{Call, counted},
        client::Request,
        emulator::{Account, REGION},
        poll::poll_until,
        proxy::{Fault, Proxy},
    },
    sweep::{calls_here, differences, nth_here, sweep},
};

/// Calls Lambda about the alias of an account's stage.
fn alias(account: &Account, change: Option<&Value>) -> Value {
    let request =
        Request::new(if change.is_some() { "PUT" } else { "GET" }, "/2015-03-31/functions/shop-dev/aliases/live");
    let request = match change {
        Some(change) => request.with_body("application/json", change.to_string()),
        None => request,
    };
    let response = account.send(REGION, "lambda", request).unwrap();
    assert!(response.status < 300, "{}", response.text());
    response.json()
}

fn version(stage: &Stage) -> String {
    alias(&stage.account, None)["FunctionVersion"].as_str().unwrap().to_owned()
}

/// A stage with two releases, of which the second is live; with the URL and the first one's name.
fn with_two_releases(settings: &str) -> (Stage, String, String) {
    let stage = Stage::new(settings);
    let url = stage.ok_with(&["deploy"], "one");
    let first = release(&stage);
    stage.ok_with(&["update"], "two");
    (stage, url, first)
}

/// The release that is live.
fn release(stage: &Stage) -> String {
    let status: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    status[0]["release"].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
}

fn position(calls: &[Call], operation: &str) -> Option<usize> {
    calls.iter().position(|call| call.operation == operation)
}

#[test]
fn the_traffic_is_shifted_before_the_stack_is_updated() {
    let (mut stage, url, first) = with_two_releases("");
    let is_held = Arc::new(AtomicBool::new(true));
    let held = Arc::clone(&is_held);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        if call.operation == "UpdateStack" {
            poll_until("the end of the hold", PATIENCE, || !held.load(Ordering::Relaxed));
        }
        None
    });
    stage.through(proxy.address());
    let rollback = stage.start(&["rollback", "--yes"]);
    poll_until("the stack update", PATIENCE, || position(&proxy.calls(), "UpdateStack").is_some());
    assert_eq!(stage.visit(&url, "/").text(), "one ", "the traffic waits for the stack");
    assert_eq!(version(&stage), "1");
    // Meanwhile the stack is behind, and that is no secret.
    stage.through(stage.account.address());
    let status = stage.ok(&["status"]);
    let behind = format!("the alias `live` points to version 1 of release {first}, the stack names version 2");
    assert!(status.contains(&behind), "{status}");
    is_held.store(false, Ordering::Relaxed);
    let (status, _, output) = rollback.wait(PATIENCE);
    assert!(status.success(), "{output}");
    assert!(output.contains("all traffic to version 1; the stack follows"), "{output}");
    assert!(!output.contains("changed by hand"), "{output}");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!((release(&stage), version(&stage)), (first, "3".to_owned()));

    let calls = proxy.take();
    let shift = position(&calls, "UpdateAlias").unwrap();
    // The release is found, then: what the stack is, the alias, the versions, the update.
    assert!(counted(&calls[..=shift]).len() <= 9, "{:#?}", calls[..=shift].iter().map(Call::name).collect::<Vec<_>>());
    let mutating: Vec<String> = calls.iter().filter(|call| call.is_mutating()).map(Call::name).collect();
    // The version that only served until the stack had followed is pruned; the release that was left stays.
    assert_eq!(mutating, ["lambda:UpdateAlias", "cloudformation:UpdateStack", "lambda:DeleteFunction"]);
    assert!(!stage.ok(&["status"]).contains("behind"));
    assert!(stage.ok_with(&["diff"], "one").contains("no difference"));
}

#[test]
fn a_rollback_of_more_than_functions_is_tried_and_moved_by_the_stack() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set("permissions = [{ actions = [\"s3:ListAllMyBuckets\"], resources = [\"*\"] }]");
    let mut stage = stage;
    stage.ok_with(&["update"], "two");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let calls = proxy.take();
    assert_eq!(position(&calls, "UpdateAlias"), None, "{}", ended.stderr);
    assert!(position(&calls, "Invoke").is_some(), "{}", ended.stderr);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_version_that_was_pruned_comes_back_through_the_stack() {
    let (mut stage, url, _) = with_two_releases("");
    stage.account.aws(&["lambda", "delete-function", "--function-name", "shop-dev", "--qualifier", "1"]);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(position(&proxy.take(), "UpdateAlias"), None);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_shift_that_lambda_refuses_leaves_the_move_to_the_stack() {
    for settings in ["", "[[stage.dev.functions]]\nname = \"mail\""] {
        assert_left_to_the_stack(settings);
    }
}

fn assert_left_to_the_stack(settings: &str) {
    let (mut stage, url, _) = with_two_releases(settings);
    let denied = Fault::Refuse(403, "AccessDeniedException", "not authorized to perform: lambda:UpdateAlias");
    let rule = move |call: &Call| (call.operation == "UpdateAlias").then_some(denied);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, rule);
    stage.through(proxy.address());
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("the traffic cannot be shifted at once: "), "{}", ended.stderr);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_stack_that_cannot_follow_leaves_the_good_release_serving() {
    let (mut stage, url, first) = with_two_releases("");
    let account = stage.account.clone();
    let is_sent = AtomicBool::new(false);
    // CloudFormation's own rollback moves the alias back to the release that was left.
    let is_undone = AtomicBool::new(false);
    let proxy = Proxy::editing(stage.account.address(), move |call, response| match call.operation.as_str() {
        "UpdateStack" => is_sent.store(true, Ordering::Relaxed),
        "DescribeStacks" | "DescribeStackEvents" if is_sent.load(Ordering::Relaxed) => {
            let text = response.text();
            if !text.contains("UPDATE_COMPLETE") {
                return;
            }
            if !is_undone.swap(true, Ordering::Relaxed) {
                alias(&account, Some(&json!({ "FunctionVersion": "2" })));
            }
            response.body = text.replace("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE").into_bytes();
        }
        _ => {}
    });
    stage.through(proxy.address());
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the earlier release has the traffic; the stack is behind"), "{}", ended.stderr);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    stage.through(stage.account.address());
    stage.ok(&["rollback", "--yes", "--to", &first]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(release(&stage), first);
}

#[test]
fn whatever_is_deployed_after_a_shift_that_was_cut_off_serves() {
    for (variant, command) in [("two", "deploy"), ("three", "update"), ("one", "deploy")] {
        let (mut stage, url, _) = with_two_releases("");
        let rule = |call: &Call| (call.operation == "UpdateAlias").then_some(Fault::Kill);
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, rule);
        stage.through(proxy.address());
        let rollback = stage.start(&["rollback", "--yes"]);
        proxy.aim_at(rollback.id());
        assert!(!rollback.wait(PATIENCE).0.success());
        stage.through(stage.account.address());
        assert_eq!(stage.visit(&url, "/").text(), "one ");
        stage.ok_with(&[command], variant);
        assert_eq!(stage.visit(&url, "/").text(), format!("{variant} "));
        assert!(!stage.ok(&["status"]).contains("behind"));
        assert!(stage.ok_with(&["diff"], variant).contains("no difference"));
    }
}

/// The calls of a rollback, the state after it, and the state after one more release.
fn undisturbed() -> (Vec<Call>, Vec<String>, Vec<String>) {
    let (mut stage, _, first) = with_two_releases("");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok(&["rollback", "--yes", "--to", &first]);
    let (calls, lines) = (calls_here(&proxy), state(&stage, REGION));
    assert_complete(&lines, 2);
    stage.ok_with(&["update"], "three");
    (calls, lines, state(&stage, REGION))
}

/// What a visitor is told after a rollback that was killed and another one, and the state after one more release: the version
/// that served until the stack had followed may stay until then.
fn finish(stage: &Stage, url: &str, first: &str, wanted: &[String]) -> Result<(), String> {
    let next = stage.run(&["rollback", "--yes", "--wait", "--to", first]);
    let (answer, live) = (stage.visit(url, "/").text(), release(stage));
    stage.ok_with(&["update"], "three");
    match differences(wanted, &state(stage, REGION)) {
        None if next.code == Some(0) && answer == "one " && live == first => Ok(()),
        found => Err(format!("{answer} of {live}: {}\n{}", found.unwrap_or_default(), next.stderr)),
    }
}

#[test]
fn a_rollback_that_is_killed_after_any_call_serves_and_is_finished_by_the_next() {
    let (calls, _, wanted) = undisturbed();
    let shift = position(&calls, "UpdateAlias").unwrap();
    let shifted = Mutex::new(0);
    sweep(calls.len(), |number| {
        // Nothing was changed before the shift: some of those calls say enough.
        if number < shift && number % 3 > 0 {
            return Ok(());
        }
        let (mut stage, url, first) = with_two_releases("");
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, Fault::Kill));
        stage.through(proxy.address());
        let process = stage.start(&["rollback", "--yes", "--to", &first]);
        proxy.aim_at(process.id());
        let (status, _, output) = process.wait(PATIENCE);
        let calls = calls_here(&proxy);
        let call = calls.get(number).map(Call::name);
        if status.success() {
            return Err(format!("{call:?}: it was not killed: {output}"));
        }
        stage.through(stage.account.address());
        // From the shift on there is no moment at which the release that was left serves.
        if position(&calls, "UpdateAlias").is_some() {
            *shifted.lock().unwrap() += 1;
            let answer = stage.visit(&url, "/").text();
            if answer != "one " {
                return Err(format!("killed after {call:?}: {answer} serves"));
            }
        }
        finish(&stage, &url, &first, &wanted).map_err(|found| format!("killed after {call:?}: {found}"))
    });
    assert!(*shifted.lock().unwrap() > 3, "it was never killed after the shift");
}

#[test]
fn a_rollback_survives_a_fault_of_every_call() {
    let (calls, wanted, _) = undisturbed();
    let faults = [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::Lost];
    sweep(calls.len(), |number| {
        let fault = faults[number % faults.len()];
        let (mut stage, url, first) = with_two_releases("");
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, fault));
        stage.through(proxy.address());
        let end = stage.run(&["rollback", "--yes", "--to", &first]);
        let call = calls_here(&proxy).get(number).map(Call::name);
        let answer = stage.visit(&url, "/").text();
        match differences(&wanted, &state(&stage, REGION)) {
            None if end.code == Some(0) && answer == "one " => Ok(()),
            found => Err(format!("{fault:?} of {call:?}: {answer}: {}\n{}", found.unwrap_or_default(), end.stderr)),
        }
    });
}
