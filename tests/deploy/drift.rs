//! Drift: functions and aliases that were changed by hand. `status` and `diff` show it, and the next deploy, whatever else it
//! changes, restores them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    stage::{PATIENCE, Stage},
    support::{
        client::Request,
        emulator::REGION,
        proxy::{Fault, Proxy},
    },
};

/// Asks Lambda about the stage's function.
fn lambda(stage: &Stage, method: &'static str, path: &str, body: &Value) -> Value {
    let request = Request::new(method, format!("/2015-03-31/functions/shop-dev{path}"));
    let request = if body.is_null() { request } else { request.with_body("application/json", body.to_string()) };
    let response = stage.account.send(REGION, "lambda", request).unwrap();
    assert!(response.status < 300, "{method} {path}: {}", response.text());
    if response.body.is_empty() { Value::Null } else { response.json() }
}

fn point(stage: &Stage, version: &str, weights: &Value) {
    let routing = json!({ "AdditionalVersionWeights": weights });
    lambda(stage, "PUT", "/aliases/live", &json!({ "FunctionVersion": version, "RoutingConfig": routing }));
}

fn version(stage: &Stage) -> String {
    lambda(stage, "GET", "/aliases/live", &Value::Null)["FunctionVersion"].as_str().unwrap().to_owned()
}

fn delete(stage: &Stage, path: &str) {
    lambda(stage, "DELETE", path, &Value::Null);
}

/// Uploads a variant's code to the function by hand.
fn push_code(stage: &Stage, variant: &str) {
    let zip = format!("fileb://{}", stage.zip(variant));
    stage.account.aws(&["lambda", "update-function-code", "--function-name", "shop-dev", "--zip-file", &zip]);
}

fn assert_seen(stage: &Stage, variant: &str, sentence: &str) {
    let status = stage.ok(&["status"]);
    assert!(status.contains("changed by hand") && status.contains(sentence), "{status}");
    for command in [&["diff"][..], &["deploy", "--dry-run"]] {
        let output = stage.ok_with(command, variant);
        assert!(output.contains(&format!("restore, as changed by hand: {sentence}")), "{command:?}: {output}");
    }
}

/// The stack is behind the alias: what both name, and that a deploy reconciles them.
fn assert_behind(stage: &Stage, variant: &str, sentence: &str) {
    let status = stage.ok(&["status"]);
    assert!(status.contains("behind") && status.contains(sentence), "{status}");
    for command in [&["diff"][..], &["deploy", "--dry-run"]] {
        let output = stage.ok_with(command, variant);
        assert!(output.contains(&format!("reconcile the stack, which is behind: {sentence}")), "{command:?}: {output}");
    }
}

/// The releases, the newest first.
fn releases(stage: &Stage) -> Vec<String> {
    let releases: Value = serde_json::from_str(&stage.ok(&["releases", "--json"])).unwrap();
    releases.as_array().unwrap().iter().map(|one| one["release"].as_str().unwrap().to_owned()).collect()
}

/// Nothing is left to restore: neither command says so, and a deploy changes nothing.
fn assert_whole(stage: &mut Stage, variant: &str) {
    let status = stage.ok(&["status"]);
    assert!(!status.contains("changed by hand") && !status.contains("behind"), "{status}");
    let output = stage.ok_with(&["diff"], variant);
    assert!(output.contains("no difference"), "{output}");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], variant);
    stage.through(stage.account.address());
    let calls = proxy.take();
    let changing: Vec<String> = calls.iter().filter(|call| call.is_mutating()).map(|call| call.name()).collect();
    assert_eq!(changing, Vec::<String>::new());
    assert!(calls.len() <= 12, "{}", calls.len());
}

#[test]
fn a_version_that_any_alias_names_or_weights_outlives_every_deploy() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    stage.ok_with(&["update"], "three");
    let routing = json!({ "AdditionalVersionWeights": { "3": 0.1 } });
    let canary = json!({ "Name": "canary", "FunctionVersion": "2", "RoutingConfig": routing });
    lambda(&stage, "POST", "/aliases", &canary);
    for variant in ["four", "one", "two"] {
        let zip = stage.zip(variant);
        let ended = stage.run(&["update", "--yes", "--zip", &zip]);
        assert!(ended.code == Some(0) && !ended.stderr.contains("pruning failed"), "{}", ended.stderr);
    }
    let listed = lambda(&stage, "GET", "/versions", &Value::Null);
    let numbers: Vec<&str> =
        listed["Versions"].as_array().unwrap().iter().filter_map(|one| one["Version"].as_str()).collect();
    assert_eq!(numbers, ["$LATEST", "2", "3", "5", "6"]);
}

/// What was deleted is seen by `status` and `diff`, and a deploy creates it again with all that calls it.
fn assert_restored_behind_each_gateway(deleted: &str, sentence: &str) {
    for api in ["rest", "http", "function_url"] {
        let settings = format!("api = \"{api}\"\nkeep_warm = true");
        let mut stage = Stage::new(&settings);
        let before = stage.ok_with(&["deploy"], "one");
        delete(&stage, deleted);
        assert_seen(&stage, "one", sentence);
        let url = stage.ok_with(&["deploy"], "one");
        assert!(api == "function_url" || url == before, "{url}, {before}");
        assert_eq!(stage.visit(&url, "/").text(), "one ", "{api}");
        assert_whole(&mut stage, "one");
    }
}

#[test]
fn an_alias_that_was_moved_is_pointed_back_by_one_call() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    let good = version(&stage);
    let [two, one] = releases(&stage).try_into().unwrap();
    let stack = format!("the stack names version {good} of release {two}");
    for (version_by_hand, weights, alias) in [
        ("1", json!({}), format!("points to version 1 of release {one}")),
        ("$LATEST", json!({}), "points to `$LATEST`, which is no version".to_owned()),
        (
            &good,
            json!({ "1": 0.5 }),
            format!("points to version {good} of release {two} and gives a share of the traffic to 1"),
        ),
    ] {
        point(&stage, version_by_hand, &weights);
        assert_behind(&stage, "two", &format!("the alias `live` {alias}, {stack}"));
        let proxy = Proxy::start(stage.account.address());
        stage.through(proxy.address());
        stage.ok_with(&["deploy"], "two");
        stage.through(stage.account.address());
        let changing: Vec<String> =
            proxy.take().iter().filter(|call| call.is_mutating()).map(|call| call.name()).collect();
        assert_eq!(changing, ["lambda:UpdateAlias"], "{version_by_hand}");
        assert_eq!(version(&stage), good);
        assert_eq!(stage.visit(&url, "/").text(), "two ");
        assert_whole(&mut stage, "two");
    }
    // A deploy of tags alone restores it too, and so does one of other code.
    point(&stage, "1", &json!({}));
    stage.set("tags = { team = \"web\" }");
    stage.ok_with(&["deploy"], "two");
    assert_eq!(version(&stage), good);
    point(&stage, "1", &json!({ good: 0.5 }));
    stage.ok_with(&["update"], "three");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
    assert_whole(&mut stage, "three");
}

#[test]
fn code_that_was_changed_by_hand_stands_in_no_deploys_way() {
    let settings = |value: &str| format!("environment = {{ VERSION = \"{value}\" }}");
    let mut stage = Stage::new(&settings("1"));
    let url = stage.ok_with(&["deploy"], "one");
    push_code(&stage, "bad");
    assert_seen(&stage, "one", "the function has other code than was deployed");
    stage.ok_with(&["deploy"], "one");
    assert_whole(&mut stage, "one");
    // A settings-only deploy publishes the code of the release and not that of the hand, and so does a rollback.
    push_code(&stage, "bad");
    stage.set(&settings("2"));
    stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one 2");
    push_code(&stage, "bad");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one 1");
    // Published and served by hand, it is still not the release.
    push_code(&stage, "bad");
    let published = lambda(&stage, "POST", "/versions", &json!({}))["Version"].as_str().unwrap().to_owned();
    point(&stage, &published, &json!({}));
    assert_eq!(stage.visit(&url, "/").text(), "bad 1");
    stage.set(&settings("1"));
    stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one 1");
    assert_whole(&mut stage, "one");
}

#[test]
fn an_alias_that_was_deleted_is_created_again_with_all_that_calls_it() {
    assert_restored_behind_each_gateway("/aliases/live", "the alias `live` does not exist");
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    delete(&stage, "/aliases/live");
    stage.ok_with(&["update", "--code-only"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    delete(&stage, "/aliases/live");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_function_that_was_deleted_is_created_again_under_the_same_url() {
    assert_restored_behind_each_gateway("", "the function does not exist");
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    delete(&stage, "");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    delete(&stage, "");
    stage.ok_with(&["update", "--code-only"], "three");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
}

#[test]
fn a_version_that_was_lost_is_published_anew_and_once() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    let lost = version(&stage);
    point(&stage, "1", &json!({}));
    delete(&stage, &format!("?Qualifier={lost}"));
    stage.ok_with(&["deploy"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    assert_ne!(version(&stage), lost);
    assert_whole(&mut stage, "two");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_restore_that_is_killed_after_any_change_is_finished_by_the_next() {
    for kill_at in 0.. {
        let mut stage = Stage::new("");
        let url = stage.ok_with(&["deploy"], "one");
        delete(&stage, "");
        let changes = AtomicUsize::new(0);
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
            (call.is_mutating() && changes.fetch_add(1, Ordering::Relaxed) == kill_at).then_some(Fault::Kill)
        });
        stage.through(proxy.address());
        let zip = stage.zip("one");
        let process = stage.start(&["deploy", "--yes", "--zip", &zip]);
        proxy.aim_at(process.id());
        let (status, _, output) = process.wait(PATIENCE);
        stage.through(stage.account.address());
        stage.ok_with(&["deploy", "--wait"], "one");
        assert_eq!(stage.visit(&url, "/").text(), "one ", "killed after change {kill_at}: {output}");
        if status.success() {
            assert!(kill_at >= 3, "{output}");
            break;
        }
    }
}

#[test]
fn a_first_release_that_failed_its_trial_is_not_called_well() {
    let stage = Stage::new("");
    assert_eq!(stage.with(&["deploy"], "crash").code, Some(1));
    let status = stage.ok(&["status"]);
    assert!(status.contains("which has not passed its trial"), "{status}");
    let output = stage.ok_with(&["diff"], "crash");
    assert!(output.contains("try the live release, which has not passed its trial"), "{output}");
    // A deploy of tags alone does not record it as one that works.
    stage.set("tags = { team = \"web\" }");
    let ended = stage.with(&["deploy"], "crash");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(stage.ok(&["releases"]).lines().count(), 1);
    // Settings that make it work are enough.
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_changed_trial_alone_is_a_difference_and_is_tried() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set("health_check = \"/health\"");
    for command in [&["diff"][..], &["deploy", "--dry-run"]] {
        let output = stage.ok_with(command, "one");
        assert!(output.contains("try the live release, as `health_check` changed"), "{command:?}: {output}");
    }
    let ended = stage.with(&["deploy"], "one");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("GET /health"), "{}", ended.stderr);
    assert_whole(&mut stage, "one");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 2);
    // A trial that fails is reported, changes nothing, and is repeated by the next deploy.
    stage.set("health_check = \"/health\"\nbefore_traffic = \"missing\"");
    for _ in 0..2 {
        let ended = stage.with(&["deploy"], "one");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("function missing"), "{}", ended.stderr);
    }
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn outputs_that_lag_behind_decide_nothing() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.operation == "DescribeStacks").then_some(Fault::Stale)
    });
    stage.through(proxy.address());
    for variant in ["two", "three", "four"] {
        stage.ok_with(&["update"], variant);
        assert_eq!(stage.visit(&url, "/").text(), format!("{variant} "));
    }
    // The versions of the last two releases are kept, also where the outputs are stale.
    let listed = lambda(&stage, "GET", "/versions", &Value::Null);
    let numbers: Vec<&str> =
        listed["Versions"].as_array().unwrap().iter().filter_map(|one| one["Version"].as_str()).collect();
    assert_eq!(numbers, ["$LATEST", "3", "4"]);
    assert_eq!(version(&stage), "4");
}
