//! Interrupts (Ctrl-C): the command reports the state of the stage, and the same command resumes.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::proxy::{Fault, Proxy},
};

/// Runs a command until it has made the first call of that name, which AWS does, and interrupts it there.
fn interrupted(stage: &mut Stage, command: &str, variant: &str, call: &'static str) -> Ended {
    let begun = AtomicBool::new(false);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |found| {
        let is_first = found.name() == call && !begun.swap(true, Ordering::Relaxed);
        is_first.then_some(Fault::Signal("INT"))
    });
    stage.through(proxy.address());
    let zip = stage.zip(variant);
    let process = stage.start(&[command, "--yes", "--zip", &zip]);
    proxy.aim_at(process.id());
    let (status, stdout, stderr) = process.wait(PATIENCE);
    stage.through(stage.account.address());
    Ended { code: status.code(), stdout, stderr }
}

#[test]
fn an_interrupted_deploy_reports_its_state_and_the_next_finishes_it() {
    for (call, state) in [
        ("s3:PutObject", "the stack was not touched"),
        ("lambda:Invoke", "the stack exists; its release has not passed its trial yet"),
    ] {
        let mut stage = Stage::new("");
        let ended = interrupted(&mut stage, "deploy", "one", call);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{call}: {}", ended.stderr);
        assert!(ended.stderr.contains(state), "{call}: {}", ended.stderr);
        assert!(ended.stderr.contains("hint: run the same command again"), "{call}: {}", ended.stderr);
        let url = stage.ok_with(&["deploy"], "one");
        assert_eq!(stage.visit(&url, "/").text(), "one ");
    }
}

#[test]
fn an_interrupted_update_reports_the_live_release_and_the_next_finishes_it() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let ended = interrupted(&mut stage, "update", "two", "lambda:Invoke");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("the candidate is in the stack; the previous release is live"), "{}", ended.stderr);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(stage.ok_with(&["update"], "two"), url);
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}

#[test]
fn an_interrupt_before_anything_was_changed_claims_nothing() {
    let mut stage = Stage::new("");
    let ended = interrupted(&mut stage, "deploy", "one", "sts:GetCallerIdentity");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{}", ended.stderr);
    assert!(!ended.stderr.contains("the stack exists"), "{}", ended.stderr);
    assert_eq!(stage.account.aws(&["cloudformation", "describe-stacks"])["Stacks"].as_array().map(Vec::len), Some(0));
    assert_eq!(stage.account.aws(&["s3api", "list-buckets"])["Buckets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn an_interrupt_while_the_stack_is_created_names_the_command_that_resumes() {
    let mut stage = Stage::new("");
    let ended = interrupted(&mut stage, "deploy", "one", "cloudformation:CreateStack");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nhint: run the same command again"), "{}", ended.stderr);
    let url = stage.ok_with(&["deploy", "--wait"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}
