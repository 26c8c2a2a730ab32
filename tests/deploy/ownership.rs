//! Ownership of a stack: one of another owner or another stage is refused, and tags that were changed by hand are restored.

use std::process::Command;

use crate::{
    stack::{QUEUE, TOPIC, create, review},
    stage::{Ended, PATIENCE, Stage},
    support::{emulator, poll::poll_until, proxy::Proxy, python},
};

const OWN: &str = "Key=zappa-rs:project,Value=shop";
const FOREIGN: &str = "Key=cost-center,Value=7";

fn describe(stage: &Stage) -> serde_json::Value {
    stage.account.aws(&["cloudformation", "describe-stacks", "--stack-name", "shop-dev"])["Stacks"][0].take()
}

/// The tags of the stack, in order.
fn tags(stage: &Stage) -> Vec<String> {
    let stack = describe(stage);
    let tag = |tag: &serde_json::Value| format!("{}={}", tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap());
    let mut tags: Vec<String> = stack["Tags"].as_array().unwrap().iter().map(tag).collect();
    tags.sort();
    tags
}

/// Updates the stack by the `aws` command, and waits until CloudFormation is done with it.
fn update(stage: &Stage, args: &[&str]) {
    let update =
        ["cloudformation", "update-stack", "--stack-name", "shop-dev", "--capabilities", "CAPABILITY_NAMED_IAM"];
    stage.account.aws(&[&update[..], args].concat());
    wait_until_settled(stage);
}

fn wait_until_settled(stage: &Stage) {
    poll_until("a stack that CloudFormation is done with", PATIENCE, || {
        !describe(stage)["StackStatus"].as_str().unwrap().ends_with("_IN_PROGRESS")
    });
}

/// Replaces the tags of the stack by the `aws` command.
pub(crate) fn retag(stage: &Stage, tags: &[&str]) {
    update(stage, &[&["--use-previous-template", "--tags"], tags].concat());
}

fn assert_refused(ended: &Ended, reason: &str) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not this stage's") && ended.stderr.contains(reason), "{}", ended.stderr);
}

#[test]
fn a_stack_whose_tags_were_replaced_by_hand_is_known_by_its_template() {
    let mut stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let url = stage.ok_with(&["deploy"], "two");
    retag(&stage, &[FOREIGN]);
    assert_eq!(tags(&stage), ["cost-center=7"]);
    assert!(stage.ok(&["status"]).contains("shop-dev"));
    assert_eq!(stage.ok(&["url"]), url);
    let output = stage.ok_with(&["diff"], "two");
    assert!(output.contains("set the tags `zappa-rs:project` and `zappa-rs:stage`"), "{output}");
    assert!(output.contains("remove the tag `cost-center`"), "{output}");
    let ended = stage.with(&["deploy"], "two");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: stack `shop-dev` loses the tag `cost-center`"), "{}", ended.stderr);
    assert_eq!(tags(&stage), ["zappa-rs:project=shop", "zappa-rs:stage=dev"]);
    // One of the two tags alone proves nothing, and is no other stage's either.
    retag(&stage, &[OWN]);
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(tags(&stage), ["zappa-rs:project=shop", "zappa-rs:stage=dev"]);
    // Where the tags say it, no call is made for it.
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok(&["url"]);
    stage.through(stage.account.address());
    assert!(proxy.take().iter().all(|call| call.operation != "GetTemplate"));
    retag(&stage, &[FOREIGN]);
    stage.ok(&["undeploy", "--yes"]);
    assert!(stage.ok(&["status"]).contains("none"));
}

#[test]
fn a_tag_of_another_stage_counts_more_than_the_template() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    retag(&stage, &[OWN, "Key=zappa-rs:stage,Value=prod"]);
    let commands = [&["status"][..], &["rollback", "--yes"], &["undeploy", "--yes"]];
    for ended in commands.map(|command| stage.run(command)).iter().chain([&stage.with(&["deploy"], "two")]) {
        assert_refused(ended, "its tags name stage `prod` of project `shop`");
        assert!(!ended.stderr.contains("update-stack"), "{}", ended.stderr);
    }
    assert_eq!(tags(&stage), ["zappa-rs:project=shop", "zappa-rs:stage=prod"]);
}

#[test]
fn the_command_of_the_hint_gives_a_stack_its_tags_back() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let get = ["cloudformation", "get-template", "--stack-name", "shop-dev"];
    let mut template = stage.account.aws(&get)["TemplateBody"].take();
    template.as_object_mut().unwrap().remove("Metadata");
    update(&stage, &["--template-body", &template.to_string(), "--tags", r#"[{"Key":"owner","Value":"it's, us"}]"#]);
    let ended = stage.run(&["status"]);
    assert_refused(&ended, "its template's metadata names no project");
    let (_, command) = ended.stderr.split_once("hint: if it is this stage's all the same, `aws ").unwrap();
    let (command, _) = command.split_once("` gives it the tags").unwrap();
    let mut shell = Command::new("sh");
    emulator::clear(&mut shell);
    shell.envs(stage.account.variables()).arg("-c").arg(format!("{} {command}", python::tool("aws").display()));
    let aws = shell.output().unwrap();
    assert!(aws.status.success(), "{command}: {}", String::from_utf8_lossy(&aws.stderr));
    wait_until_settled(&stage);
    assert_eq!(tags(&stage), ["owner=it's, us", "zappa-rs:project=shop", "zappa-rs:stage=dev"]);
    assert_eq!(stage.ok_with(&["deploy"], "one"), url);
}

#[test]
fn a_stack_of_another_owner_is_refused_and_left_alone() {
    let stage = Stage::new("");
    let make = ["cloudformation", "create-stack", "--stack-name", "shop-dev", "--template-body", QUEUE];
    stage.account.aws(&make);
    for command in ["deploy", "update"] {
        let ended = stage.with(&[command], "one");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
        assert_foreign(&ended);
    }
    assert_foreign(&stage.run(&["undeploy", "--yes"]));
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks"]);
    assert_eq!(stacks["Stacks"][0]["StackStatus"], "CREATE_COMPLETE", "{stacks}");
    assert_eq!(stage.account.aws(&["lambda", "list-functions"])["Functions"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_stack_of_another_stage_is_refused_before_anything_is_made() {
    let stage = Stage::new("");
    let other = ["--tags", "Key=zappa-rs:project,Value=shop", "Key=zappa-rs:stage,Value=prod"];
    assert_eq!(create(&stage, TOPIC, &other), "CREATE_COMPLETE");
    let ended = stage.with(&["deploy"], "one");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not this stage's"), "{}", ended.stderr);
    for command in [&["status"][..], &["url"], &["releases"], &["rollback", "--yes"], &["undeploy", "--yes"]] {
        let ended = stage.run(command);
        assert_eq!(ended.code, Some(1), "{command:?}: {}", ended.stderr);
        assert!(!ended.stdout.contains("http"), "{command:?}: {}", ended.stdout);
        assert!(ended.stderr.contains("is not this stage's"), "{command:?}: {}", ended.stderr);
    }
    assert_eq!(stage.stack_status(), "CREATE_COMPLETE");
    assert_eq!(stage.account.aws(&["s3api", "list-buckets"])["Buckets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_stack_of_another_owner_under_review_is_left_alone() {
    let stage = Stage::new("");
    review(&stage, &["--tags", "Key=team,Value=other"]);
    let ended = stage.with(&["deploy"], "one");
    assert_foreign(&ended);
}

/// The command was refused because the stack of the stage's name is not the stage's, and by nothing else.
fn assert_foreign(ended: &Ended) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let error = "stack `shop-dev` in eu-central-1 is not this stage's: ";
    assert!(ended.stderr.contains(error), "{}", ended.stderr);
    assert!(ended.stderr.contains(" with `function_name`"), "{}", ended.stderr);
}
