//! Errors of AWS: one sentence names the call and AWS's reason, a hint names the remedy, and nothing is left half done.

use std::time::Duration;

use crate::{
    refusal::{assert_failed, deploy_refused},
    stage::Stage,
    support::{
        emulator::{self, REGION},
        proxy::{Fault, Proxy},
    },
};

#[test]
fn a_region_that_is_not_enabled_stops_no_other() {
    let account = emulator::account();
    let mut stage = Stage::of(account, &[REGION, "af-south-1"], "");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        let message = "The security token included in the request is invalid.";
        let code = if call.service == "s3" { "InvalidAccessKeyId" } else { "InvalidClientTokenId" };
        (call.region == "af-south-1").then_some(Fault::Refuse(403, code, message))
    });
    stage.through(proxy.address());
    let ended = stage.with(&["deploy"], "one");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let hint =
        "af-south-1: check `--profile`, `profile_name` and the `AWS_*` variables; a region that must be switched on";
    assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert_eq!(stage.account.visit(REGION, ended.stdout.trim(), "/").unwrap().text(), "one ");
}

#[test]
fn a_missing_permission_is_named_with_the_resource() {
    let message = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: cloudformation:CreateStack on \
                   resource: arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev/*";
    let (stage, ended) = deploy_refused("", move |call| {
        (call.operation == "CreateStack").then_some(Fault::Refuse(403, "AccessDenied", message))
    });
    let resource =
        "`cloudformation:CreateStack` on `arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev/*`";
    assert_failed(
        &ended,
        &[resource, "`zappa-rs policy deploy` prints all that a deploy needs", "the stack was not touched"],
    );
    // With the permission the same command succeeds.
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_denied_check_for_a_second_stack_fails_no_deploy() {
    let (stage, ended) = deploy_refused("function_name = \"web\"", |call| {
        let denied = Fault::Refuse(403, "AccessDenied", "not authorized to perform: cloudformation:DescribeStacks");
        (call.operation == "DescribeStacks" && call.subject == "shop-dev").then_some(denied)
    });
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(stage.visit(&ended.stdout, "/").text(), "one ");
    // The policy names it all the same.
    let policy = stage.ok(&["policy", "deploy"]);
    assert!(policy.contains(":stack/shop-dev/*") && policy.contains(":stack/web/*"), "{policy}");
}

#[test]
fn an_exceeded_quota_is_named_with_where_to_raise_it() {
    let message = "Limit for stack has been exceeded";
    let (stage, ended) = deploy_refused("", move |call| {
        (call.operation == "CreateStack").then_some(Fault::Refuse(400, "LimitExceededException", message))
    });
    assert_failed(&ended, &["cloudformation:CreateStack", message, "hint: the account has reached a quota"]);
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}
