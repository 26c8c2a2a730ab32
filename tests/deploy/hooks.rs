//! Hooks over the life of a stage: their order, what they get, what they hold back, and what they make of the template.

use std::fs;

use serde_json::Value;

use crate::{
    stage::{Ended, Stage},
    support::{emulator::REGION, proxy::Proxy},
};

/// A script that writes the hook's name and keeps its document.
const LOG: &str = "#!/bin/sh\necho \"$ZAPPA_COMMAND:$ZAPPA_HOOK\" >> log\ncat > \"$ZAPPA_HOOK.json\"\necho noise\n";
/// A script that adds a topic to the template.
const ADD: &str = "#!/usr/bin/env python3\nimport json, sys\ntemplate = json.load(sys.stdin)['template']\n\
    template['Resources']['Notes'] = {'Type': 'AWS::SNS::Topic'}\n\
    template['Resources']['Function']['Properties']['MemorySize'] = 512\njson.dump(template, sys.stdout)\n";

/// All hooks, each of which is logged.
const ALL: [&str; 6] = ["pre_deploy", "post_deploy", "post_rollback", "post_undeploy", "on_error", "pre_build"];

fn with_hooks(hooks: &str) -> Stage {
    let stage = Stage::new("");
    fs::write(stage.folder.path().join("log.sh"), LOG).unwrap();
    fs::write(stage.folder.path().join("add.py"), ADD).unwrap();
    stage.set(&settings("", hooks));
    stage
}

fn settings(lines: &str, hooks: &str) -> String {
    format!("{lines}\n[stage.dev.hooks]\n{hooks}")
}

fn logged() -> String {
    ALL.map(|hook| format!("{hook} = \"sh log.sh\"\n")).concat()
}

/// What was logged since it was last asked for.
fn log(stage: &Stage) -> Vec<String> {
    let path = stage.folder.path().join("log");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text.lines().map(str::to_owned).collect()
}

fn document(stage: &Stage, hook: &str) -> Value {
    let text = fs::read(stage.folder.path().join(format!("{hook}.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn assert_failed(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for words in words {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
}

#[test]
fn hooks_run_in_order_over_the_life_of_a_stage() {
    let stage = with_hooks(&logged());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(url.lines().count(), 1, "{url}");
    assert_eq!(log(&stage), ["deploy:pre_deploy", "deploy:post_deploy"]);
    let first = document(&stage, "post_deploy");
    let result = &first["results"][0];
    assert_eq!((&first["changed"], &first["dry_run"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(result["region"], REGION);
    assert_eq!((result["url"].as_str(), result["outcome"].as_str()), (Some(url.trim()), Some("deployed")));
    assert_eq!(result["release"], first["release"]);
    assert!(result["previous_release"].is_null() && result["error"].is_null(), "{first}");
    let before = document(&stage, "pre_deploy");
    assert_eq!(before["release"], first["release"]);
    assert_eq!(before["artifact"]["path"], stage.zip("one").as_str());
    assert_eq!(before["results"], Value::Array(Vec::new()));

    // A deploy that changes nothing says so.
    stage.ok_with(&["deploy"], "one");
    assert_eq!(log(&stage), ["deploy:pre_deploy", "deploy:post_deploy"]);
    let again = document(&stage, "post_deploy");
    assert_eq!((&again["changed"], again["results"][0]["outcome"].as_str()), (&Value::Bool(false), Some("unchanged")));

    stage.ok_with(&["update"], "two");
    assert_eq!(log(&stage), ["update:pre_deploy", "update:post_deploy"]);
    let second = document(&stage, "post_deploy");
    assert_eq!(second["results"][0]["previous_release"], first["release"]);

    stage.ok_with(&["deploy", "--dry-run"], "one");
    assert_eq!(log(&stage), Vec::<String>::new());

    stage.ok(&["rollback", "--yes"]);
    assert_eq!(log(&stage), ["rollback:post_rollback"]);
    let back = document(&stage, "post_rollback");
    assert_eq!((&back["release"], &back["results"][0]["previous_release"]), (&first["release"], &second["release"]));

    let answer: Value = serde_json::from_str(&stage.ok(&["undeploy", "--yes", "--json"])).unwrap();
    assert_eq!(answer[0]["region"], REGION);
    assert_eq!(log(&stage), ["undeploy:post_undeploy"]);
    assert_eq!(document(&stage, "post_undeploy")["results"][0]["outcome"], "removed");
}

#[test]
fn on_error_gets_the_error_of_a_failed_trial() {
    let stage = with_hooks(&logged());
    stage.ok_with(&["deploy"], "one");
    log(&stage);
    let ended = stage.with(&["update"], "crash");
    assert_failed(&ended, &["failed its trial", "the previous release is still live"]);
    assert_eq!(log(&stage), ["update:pre_deploy", "update:on_error"]);
    let document = document(&stage, "on_error");
    let error = &document["error"];
    assert_eq!(error["region"], REGION);
    assert!(error["message"].as_str().unwrap().contains("failed its trial"), "{error}");
    assert!(error["hints"].as_array().is_some_and(|hints| !hints.is_empty()), "{error}");
    assert_eq!(document["results"][0]["outcome"], "failed");
}

#[test]
fn a_pre_deploy_that_fails_changes_nothing() {
    let mut stage = with_hooks("pre_deploy = \"echo the freeze is on >&2; exit 1\"\non_error = [\"sh\", \"log.sh\"]");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ended = stage.with(&["deploy"], "one");
    assert_failed(&ended, &["error: hook `pre_deploy` failed", "last lines of the hook:\n  the freeze is on\n"]);
    assert_eq!(ended.stdout, "");
    assert_eq!(log(&stage), ["deploy:on_error"]);
    let calls = proxy.take();
    assert!(calls.iter().all(|call| !call.is_mutating() && !call.is_upload()), "{calls:?}");
}

#[test]
fn a_post_deploy_that_fails_leaves_the_release_live() {
    let stage = with_hooks("post_deploy = \"test -e well\"");
    let ended = stage.with(&["deploy"], "one");
    assert_failed(
        &ended,
        &[
            "error: hook `post_deploy` failed: `test -e well`: exit status: 1",
            "the release is live in every region, and nothing was rolled back",
            "hint: run the same command again: it changes nothing and runs the hook",
        ],
    );
    assert_eq!(stage.visit(&ended.stdout, "/").text(), "one ");
    fs::write(stage.folder.path().join("well"), "").unwrap();
    assert_eq!(stage.ok_with(&["deploy"], "one"), ended.stdout);
}

#[test]
fn a_rewritten_template_is_deployed_compared_and_rolled_back_to() {
    let mut stage = with_hooks("post_template = \"python3 add.py\"");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    let topics = |stage: &Stage| stage.account.aws(&["sns", "list-topics"])["Topics"].as_array().unwrap().len();
    assert_eq!(topics(&stage), 1);
    let function = &["lambda", "get-function-configuration", "--function-name", "shop-dev", "--qualifier", "live"];
    assert_eq!(stage.account.aws(function)["MemorySize"], 512);

    proxy.take();
    assert_eq!(stage.ok_with(&["deploy"], "one"), url);
    let calls = proxy.take();
    assert!(calls.iter().all(|call| !call.is_mutating() && !call.is_upload()), "{calls:?}");
    assert!(calls.len() <= 12, "{calls:?}");
    assert_eq!(stage.ok_with(&["diff"], "one"), format!("{REGION}: no difference\n"));
    assert_eq!(stage.ok_with(&["deploy", "--dry-run"], "one"), format!("{REGION}: nothing to change\n"));

    // Code alone keeps what the hook made.
    stage.set(&settings("", "post_template = \"exit 1\""));
    stage.ok_with(&["update", "--code-only"], "two");
    assert_eq!(stage.account.aws(function)["MemorySize"], 512);
    // A rollback sends the recorded template, and a hook that fails now is not asked.
    stage.ok(&["rollback", "--yes"]);
    assert_eq!((stage.visit(&url, "/").text(), topics(&stage)), ("one ".to_owned(), 1));
    assert_failed(&stage.with(&["diff"], "one"), &["hook `post_template` failed"]);
    stage.set("");
    stage.ok_with(&["deploy"], "one");
    assert_eq!(topics(&stage), 0);
}
