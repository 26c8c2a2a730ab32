//! Fast updates: new code by calls on the function, in few of them, with the stack behind until the next deploy. Whatever
//! goes wrong, a good version serves, and the next deploy ends in the state that the settings say.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::{
    stage::{Ended, PATIENCE, Stage},
    state::{assert_complete, state},
    support::{
        call::{Call, counted},
        client::Request,
        emulator::{self, REGION},
        proxy::{Fault, Proxy},
    },
    sweep::{calls_here, differences, nth_here, sweep},
};

const FAST: [&str; 2] = ["update", "--fast"];

/// A stage whose first release is deployed, with its URL.
fn with_one(settings: &str) -> (Stage, String) {
    let stage = Stage::new(settings);
    let url = stage.ok_with(&["deploy"], "one");
    (stage, url)
}

fn status(stage: &Stage) -> Value {
    serde_json::from_str::<Value>(&stage.ok(&["status", "--json"])).unwrap()[0].clone()
}

fn version(stage: &Stage, function: &str) -> String {
    let request = Request::get(format!("/2015-03-31/functions/{function}/aliases/live"));
    stage.account.send(REGION, "lambda", request).unwrap().json()["FunctionVersion"].as_str().unwrap().to_owned()
}

/// The calls that change something. An invocation tries a version and changes nothing of the stage.
pub(crate) fn changes(calls: &[Call]) -> Vec<String> {
    calls.iter().filter(|call| call.is_mutating() && call.operation != "Invoke").map(Call::name).collect()
}

/// The part of a URL that is the same through a proxy.
pub(crate) fn path_of(url: &str) -> &str {
    url.trim().split_once("/_aws/").unwrap().1
}

/// Runs a command through a proxy; its end, and the calls.
fn recorded(stage: &mut Stage, command: &[&str], variant: &str) -> (Ended, Vec<Call>) {
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ended = stage.with(command, variant);
    stage.through(stage.account.address());
    (ended, proxy.take())
}

/// The stack is not behind, and a deploy of the variant changes nothing.
fn assert_settled(stage: &mut Stage, url: &str, variant: &str) {
    assert_eq!(stage.visit(url, "/").text(), format!("{variant} "));
    let status = stage.ok(&["status"]);
    assert!(!status.contains("behind") && !status.contains("changed by hand"), "{status}");
    let (ended, calls) = recorded(stage, &["deploy"], variant);
    assert_eq!((ended.code, changes(&calls)), (Some(0), Vec::new()), "{}", ended.stderr);
}

#[test]
fn a_fast_update_takes_twelve_calls_and_every_command_tells_what_serves() {
    let (mut stage, url) = with_one("");
    let first = status(&stage)["release"].clone();
    let (ended, calls) = recorded(&mut stage, &FAST, "two");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(path_of(&ended.stdout), path_of(&url));
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    let names: Vec<String> = counted(&calls).iter().map(|call| call.name()).collect();
    assert!(names.len() <= 12, "{} {names:#?}", names.len());
    let expected = ["s3:PutObject", "lambda:UpdateFunctionCode", "s3:PutObject", "lambda:UpdateAlias"];
    assert_eq!(changes(&calls), expected);
    assert!(names.contains(&"lambda:Invoke".to_owned()), "it was tried: {names:?}");

    let found = status(&stage);
    assert_ne!(found["release"], first);
    assert_eq!((&found["version"], &found["tried"]), (&"2".into(), &true.into()), "{found}");
    let behind = &found["behind"][0];
    assert_eq!(behind["release"], found["release"], "{found}");
    assert_eq!((&behind["stack_version"], &behind["stack_release"]), (&"1".into(), &first), "{found}");
    assert_eq!(found["changed_by_hand"].as_array().map(Vec::len), Some(0), "{found}");
    let releases: Value = serde_json::from_str(&stage.ok(&["releases", "--json"])).unwrap();
    let live: Vec<&Value> =
        releases.as_array().unwrap().iter().filter(|one| one["live"] == true).map(|one| &one["release"]).collect();
    assert_eq!((releases.as_array().unwrap().len(), live), (2, vec![&found["release"]]), "{releases}");
    assert!(stage.ok(&["list"]).contains("behind: version 2 serves"));
    assert!(
        stage.ok_with(&["diff"], "two").contains("reconcile the stack, which is behind: the alias `live` points to")
    );

    let (again, calls) = recorded(&mut stage, &FAST, "two");
    assert_eq!((again.code, changes(&calls)), (Some(0), Vec::new()), "{}", again.stderr);
    // Back to the release that the stack still names: without the stack.
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok(&["rollback", "--yes"]);
    stage.through(stage.account.address());
    assert_eq!(changes(&proxy.take()), ["lambda:UpdateAlias", "lambda:UpdateFunctionCode"]);
    assert_settled(&mut stage, &url, "one");
}

#[test]
fn a_rollback_between_fast_releases_shifts_at_once_and_the_stack_follows() {
    let (mut stage, url) = with_one("");
    stage.ok_with(&FAST, "two");
    stage.ok_with(&FAST, "three");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok(&["rollback", "--yes"]);
    stage.through(stage.account.address());
    let first: Vec<String> = changes(&proxy.take()).into_iter().take(2).collect();
    assert_eq!(first, ["lambda:UpdateAlias", "cloudformation:UpdateStack"]);
    assert_settled(&mut stage, &url, "two");
    stage.ok(&["rollback", "--yes"]);
    assert_settled(&mut stage, &url, "one");
}

#[test]
fn a_rollback_goes_past_the_release_of_the_very_code_that_it_leaves() {
    let (mut stage, url) = with_one("");
    stage.ok_with(&FAST, "two");
    // The stack gets the code that serves already, as a release with another id.
    stage.ok_with(&["update", "--code-only"], "two");
    assert_settled(&mut stage, &url, "two");
    stage.ok(&["rollback", "--yes"]);
    assert_settled(&mut stage, &url, "one");
}

#[test]
fn what_is_not_code_alone_is_refused_by_name() {
    let (mut stage, url) = with_one("environment = { VERSION = \"1\" }");
    for (settings, code, sentence) in [
        ("environment = { VERSION = \"2\" }", 1, "more than code changed since its last update: `environment.VERSION`"),
        ("environment = { VERSION = \"1\" }\nmemory_size = 512", 1, "`memory_size`"),
        ("environment = { VERSION = \"1\" }\ntags = { team = \"web\" }", 1, "`tags`"),
        ("environment = { VERSION = \"1\" }\nkeep_warm = true", 1, "`KeepWarmRule`"),
        ("protected = true", 2, "stage `dev` is protected"),
    ] {
        stage.set(settings);
        let (ended, calls) = recorded(&mut stage, &FAST, "two");
        assert_eq!(ended.code, Some(code), "{settings}: {}", ended.stderr);
        assert!(ended.stderr.contains(sentence), "{settings}: {}", ended.stderr);
        assert_eq!(changes(&calls), Vec::<String>::new(), "{settings}");
    }
    assert_eq!(stage.visit(&url, "/").text(), "one 1");
    let never = Stage::new("");
    let ended = never.with(&FAST, "one");
    assert!(ended.code == Some(1) && ended.stderr.contains("`zappa-rs deploy` creates it"), "{}", ended.stderr);
}

#[test]
fn a_deploy_after_it_ends_in_the_state_of_the_settings_and_can_be_rolled_back() {
    for variant in ["two", "three", "one"] {
        let (mut stage, url) = with_one("");
        stage.ok_with(&FAST, "two");
        stage.ok_with(&["deploy"], variant);
        assert_settled(&mut stage, &url, variant);
        stage.ok(&["rollback", "--yes"]);
        let before = if variant == "two" { "one" } else { "two" };
        assert_settled(&mut stage, &url, before);
    }
    // Other settings, and the code that the stack has.
    let (stage, url) = with_one("environment = { VERSION = \"1\" }");
    stage.ok_with(&FAST, "two");
    stage.set("environment = { VERSION = \"2\" }");
    stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one 2");
    stage.ok_with(&FAST, "two");
    assert_eq!(stage.visit(&url, "/").text(), "two 2");
    stage.ok_with(&["update", "--code-only"], "three");
    assert_eq!(stage.visit(&url, "/").text(), "three 2");
    assert!(!stage.ok(&["status"]).contains("behind"));
}

#[test]
fn a_version_that_fails_its_trial_gets_no_traffic_and_is_no_release() {
    let (mut stage, url) = with_one("health_check = \"/health\"");
    for variant in ["crash", "ill"] {
        let ended = stage.with(&FAST, variant);
        assert_eq!(ended.code, Some(1), "{variant}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("no traffic was shifted; the previous release is still live"),
            "{}",
            ended.stderr
        );
        assert_eq!(stage.visit(&url, "/").text(), "one ");
    }
    assert!(stage.ok(&["status"]).contains("its latest code is of an update that did not finish"));
    let releases: Value = serde_json::from_str(&stage.ok(&["releases", "--json"])).unwrap();
    assert_eq!(releases.as_array().unwrap().len(), 1, "{releases}");
    stage.ok_with(&["deploy"], "one");
    assert_settled(&mut stage, &url, "one");
}

#[test]
fn nothing_moves_while_the_stack_is_being_changed() {
    let (mut stage, url) = with_one("");
    let is_tried = AtomicBool::new(false);
    // Another deploy begins right after the trial.
    let proxy = Proxy::editing(stage.account.address(), move |call, response| match call.operation.as_str() {
        "Invoke" => is_tried.store(true, Ordering::Relaxed),
        "DescribeStacks" if is_tried.load(Ordering::Relaxed) => {
            response.body = response.text().replace("CREATE_COMPLETE", "UPDATE_IN_PROGRESS").into_bytes();
        }
        _ => {}
    });
    stage.through(proxy.address());
    let ended = stage.with(&FAST, "two");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("was changed in the meantime"), "{}", ended.stderr);
    assert!(ended.stderr.contains("the new code has no traffic"), "{}", ended.stderr);
    assert!(!changes(&proxy.take()).contains(&"lambda:UpdateAlias".to_owned()));
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    stage.through(stage.account.address());
    stage.ok_with(&FAST, "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}

#[test]
fn every_function_of_every_region_gets_the_code() {
    let regions = [REGION, "us-east-1"];
    let stage = Stage::of(emulator::account(), &regions, "[[stage.dev.functions]]\nname = \"mail\"");
    let urls = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.ok_with(&FAST, "two"), urls);
    for (region, url) in regions.iter().zip(urls.lines()) {
        assert_eq!(stage.account.visit(region, url, "/").unwrap().text(), "two ", "{region}");
    }
    assert_eq!([version(&stage, "shop-dev"), version(&stage, "shop-dev-mail")], ["2", "2"]);
    let status = stage.ok(&["status"]);
    assert!(status.contains("function `mail`: the alias `live` points to version 2 of release"), "{status}");
    stage.ok_with(&["deploy"], "two");
    assert!(!stage.ok(&["status"]).contains("behind"));
}

#[test]
fn of_two_at_once_one_serves_and_the_next_deploy_leaves_nothing_of_the_other() {
    let (stage, url) = with_one("");
    let [two, three] = ["two", "three"].map(|variant| {
        let zip = stage.zip(variant);
        stage.start(&["update", "--fast", "--yes", "--zip", &zip])
    });
    let ended = [two.wait(PATIENCE), three.wait(PATIENCE)];
    let well = ended.iter().filter(|(status, ..)| status.success()).count();
    assert!(well > 0, "{ended:#?}");
    let answer = stage.visit(&url, "/").text();
    assert!(["two ", "three "].contains(&answer.as_str()), "{answer}");
    let live = status(&stage)["release"].clone();
    stage.ok_with(&["deploy"], "four");
    assert_eq!(stage.visit(&url, "/").text(), "four ");
    let lines = state(&stage, REGION);
    let versions = lines.iter().filter(|line| line.starts_with("version with")).count();
    assert_eq!(versions, 3, "the latest, the live and the previous one: {lines:#?}");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!((stage.visit(&url, "/").text(), &status(&stage)["release"]), (answer, &live));
}

/// The calls of a fast update, and the state after one more release.
fn undisturbed() -> (Vec<Call>, Vec<String>) {
    let (mut stage, _) = with_one("");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&FAST, "two");
    let calls = calls_here(&proxy);
    stage.through(stage.account.address());
    stage.ok_with(&["update"], "three");
    let lines = state(&stage, REGION);
    // Of the first release, whose version no alias names any more, artifact and record stay.
    assert_complete(&lines.iter().cloned().chain(["version with \"pruned\"".to_owned()]).collect::<Vec<_>>(), 3);
    (calls, lines)
}

#[test]
fn a_fast_update_survives_a_fault_of_every_call() {
    let (calls, wanted) = undisturbed();
    let faults = [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::Lost];
    sweep(calls.len(), |number| {
        let fault = faults[number % faults.len()];
        let (mut stage, url) = with_one("");
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, fault));
        stage.through(proxy.address());
        let end = stage.with(&FAST, "two");
        let call = calls_here(&proxy).get(number).map(Call::name);
        let answer = stage.visit(&url, "/").text();
        stage.through(stage.account.address());
        stage.ok_with(&["update"], "three");
        match differences(&wanted, &state(&stage, REGION)) {
            None if end.code == Some(0) && answer == "two " => Ok(()),
            found => Err(format!("{fault:?} of {call:?}: {answer}: {}\n{}", found.unwrap_or_default(), end.stderr)),
        }
    });
}

#[test]
fn a_fast_update_that_is_killed_after_any_change_leaves_a_good_version_and_is_finished_by_the_next() {
    let (calls, wanted) = undisturbed();
    sweep(calls.len(), |number| {
        // Until the first change nothing can be left.
        if !calls[number].is_mutating() {
            return Ok(());
        }
        let (mut stage, url) = with_one("");
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, Fault::Kill));
        stage.through(proxy.address());
        let zip = stage.zip("two");
        let process = stage.start(&["update", "--fast", "--yes", "--zip", &zip]);
        proxy.aim_at(process.id());
        let (ended, _, output) = process.wait(PATIENCE);
        stage.through(stage.account.address());
        let call = calls[number].name();
        let (answer, is_moved) = (stage.visit(&url, "/").text(), call == "lambda:UpdateAlias");
        if ended.success() || answer != (if is_moved { "two " } else { "one " }) {
            return Err(format!("killed after {call}: {answer} serves: {output}"));
        }
        let next = stage.with(&FAST, "two");
        let answer = stage.visit(&url, "/").text();
        stage.ok_with(&["update"], "three");
        match differences(&wanted, &state(&stage, REGION)) {
            None if next.code == Some(0) && answer == "two " => Ok(()),
            found => Err(format!("killed after {call}: {answer}: {}\n{}", found.unwrap_or_default(), next.stderr)),
        }
    });
}
