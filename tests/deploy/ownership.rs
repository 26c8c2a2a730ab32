//! Whose a stack is: tags that were removed, replaced or added by hand.

use std::process::Command;

use crate::{
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

fn retag(stage: &Stage, tags: &[&str]) {
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
    let said = stage.ok_with(&["diff"], "two");
    assert!(said.contains("set the tags `zappa-rs:project` and `zappa-rs:stage`"), "{said}");
    assert!(said.contains("remove the tag `cost-center`"), "{said}");
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
    assert_refused(&ended, "its template's metadata names nobody");
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
