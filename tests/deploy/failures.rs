//! What goes wrong without AWS being at fault: names that are taken, credentials that are not there, two deploys at once.

use std::{thread, time::Duration};

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::{
        process,
        proxy::{Fault, Proxy},
    },
};

/// A stack that nobody misses.
const QUEUE: &str = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;

#[test]
fn a_stack_of_somebody_else_is_refused_and_left_alone() {
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

/// The command was refused because the stack of the stage's name is not the stage's, and by nothing else.
fn assert_foreign(ended: &Ended) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let error = "stack `shop-dev` in eu-central-1 is not this stage's: ";
    assert!(ended.stderr.contains(error), "{}", ended.stderr);
    assert!(ended.stderr.contains(" with `function_name`"), "{}", ended.stderr);
}

#[test]
fn a_stack_of_ours_that_was_never_made_is_made_again() {
    let ours = ["--tags", "Key=zappa-rs:project,Value=shop", "Key=zappa-rs:stage,Value=dev"];
    // What an interrupted dry run leaves may have no tags yet, and is nobody's.
    for tags in [&ours[..], &[]] {
        let stage = Stage::new("");
        review(&stage, tags);
        assert!(stage.ok(&["status"]).contains("REVIEW_IN_PROGRESS"));
        let url = stage.ok_with(&["deploy"], "one");
        assert_eq!(stage.visit(&url, "/").text(), "one ");
    }
    let stage = Stage::new("");
    review(&stage, &[]);
    stage.ok(&["undeploy", "--yes"]);
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks"]);
    assert_eq!(stacks["Stacks"].as_array().map(Vec::len), Some(0), "{stacks}");
}

#[test]
fn a_stack_of_somebody_elses_that_was_never_made_is_left_alone() {
    let stage = Stage::new("");
    review(&stage, &["--tags", "Key=team,Value=other"]);
    let ended = stage.with(&["deploy"], "one");
    assert_foreign(&ended);
}

/// A stack that is only a name with a change set so far.
fn review(stage: &Stage, tags: &[&str]) {
    let set = ["cloudformation", "create-change-set", "--stack-name", "shop-dev", "--change-set-name", "first"];
    let make = ["--change-set-type", "CREATE", "--template-body", QUEUE];
    stage.account.aws(&[&set[..], &make, tags].concat());
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks"]);
    assert_eq!(stacks["Stacks"][0]["StackStatus"], "REVIEW_IN_PROGRESS", "{stacks}");
}

#[test]
fn update_of_what_is_not_deployed_names_deploy() {
    let stage = Stage::new("");
    let ended = stage.with(&["update"], "one");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("stack `shop-dev` does not exist in eu-central-1\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: `zappa-rs deploy` creates it\n"), "{}", ended.stderr);
}

#[test]
fn missing_credentials_are_a_sentence_and_a_hint() {
    let stage = Stage::new("");
    let zip = stage.zip("one");
    let mut command = stage.tool(&["deploy", "--yes", "--zip", &zip]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let ended = process::run(&mut command, PATIENCE);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended}");
    assert!(ended.stderr.contains(": no usable credentials\n") && ended.stderr.contains("\nhint: "), "{ended}");
}

#[test]
fn of_two_deploys_at_once_one_waits_or_is_refused_and_the_stage_is_whole() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "zero");
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| stage.with(&["update"], "one"));
        let two = scope.spawn(|| stage.with(&["update", "--wait"], "two"));
        (one.join().unwrap(), two.join().unwrap())
    });
    let served = stage.visit(&url, "/").text();
    let ended = [("one ", &one), ("two ", &two)];
    assert!(ended.iter().any(|(answer, ended)| *answer == served && ended.code == Some(0)), "{served}: {ended:?}");
    for (_, ended) in ended {
        // By the tool before its change, or by CloudFormation between the look and the change.
        let refusals = [
            "error: stack `shop-dev` is ",
            "error: the candidate of stack `shop-dev` is ",
            // Also where the change was noticed while the candidate was rolled back.
            "stack `shop-dev` was changed in the meantime",
            "Stack [shop-dev] is in UPDATE_IN_PROGRESS state and cannot be updated",
        ];
        let is_refused = ended.code == Some(1) && refusals.iter().any(|refusal| ended.stderr.contains(refusal));
        assert!(ended.code == Some(0) || is_refused, "{ended:?}");
    }
    // Whoever was refused tries again, and nothing is in the way.
    stage.ok_with(&["deploy"], "three");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
}

#[test]
fn an_interrupt_says_what_stands_and_how_to_go_on() {
    let mut stage = Stage::new("");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.operation == "CreateStack").then_some(Fault::Signal("INT"))
    });
    stage.through(proxy.address());
    let zip = stage.zip("one");
    let process = stage.start(&["deploy", "--yes", "--zip", &zip]);
    proxy.aim_at(process.id());
    let (status, stdout, stderr) = process.wait(PATIENCE);
    assert_eq!((status.code(), stdout.as_str()), (Some(130), ""), "{stderr}");
    assert!(stderr.contains("\nhint: run the same command again"), "{stderr}");
    stage.through(stage.account.address());
    let url = stage.ok_with(&["deploy", "--wait"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}
