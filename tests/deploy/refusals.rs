//! What AWS refuses, in AWS's words: one sentence names the call, a hint names the way on, and nothing is half done.

use std::{sync::Mutex, time::Duration};

use crate::{
    stage::{Ended, Stage},
    support::{
        call::Call,
        emulator::REGION,
        proxy::{Fault, Proxy},
    },
};

/// The first `deploy` of a stage whose calls are refused by a rule.
fn refused(settings: &str, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) -> (Stage, Ended) {
    let mut stage = Stage::new(settings);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, rule);
    stage.through(proxy.address());
    let ended = stage.with(&["deploy"], "one");
    stage.through(stage.account.address());
    (stage, ended)
}

fn assert_told(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    for words in words {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
}

/// Neither a stack nor a bucket was made.
fn assert_untouched(stage: &Stage) {
    let count = |args: &[&str], list: &str| stage.account.aws(args)[list].as_array().map(Vec::len);
    assert_eq!(count(&["cloudformation", "describe-stacks"], "Stacks"), Some(0));
    assert_eq!(count(&["s3api", "list-buckets"], "Buckets"), Some(0));
}

#[test]
fn credentials_that_have_expired_are_to_be_renewed() {
    let message = "The security token included in the request is expired";
    let (stage, ended) = refused("", move |call| {
        let code = if call.service == "s3" { "ExpiredToken" } else { "ExpiredTokenException" };
        Some(Fault::Refuse(403, code, message))
    });
    assert_told(&ended, &["expired", "hint: the credentials have expired: renew them"]);
    assert_untouched(&stage);
}

#[test]
fn credentials_that_aws_does_not_know_are_told_with_where_they_may_come_from() {
    let message = "The security token included in the request is invalid.";
    let (stage, ended) = refused("", move |call| {
        let code = if call.service == "s3" { "InvalidAccessKeyId" } else { "InvalidClientTokenId" };
        Some(Fault::Refuse(403, code, message))
    });
    assert_told(&ended, &["hint: AWS does not take these credentials in eu-central-1", "`profile_name`"]);
    assert_untouched(&stage);
}

#[test]
fn a_region_that_is_not_switched_on_stops_no_other() {
    let account = crate::support::emulator::account();
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
fn what_the_policy_lacks_is_named_with_the_resource() {
    let message = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: cloudformation:CreateStack on \
                   resource: arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev/*";
    let (stage, ended) = refused("", move |call| {
        (call.operation == "CreateStack").then_some(Fault::Refuse(403, "AccessDenied", message))
    });
    let resource =
        "`cloudformation:CreateStack` on `arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev/*`";
    assert_told(
        &ended,
        &[resource, "`zappa-rs policy deploy` prints all that a deploy needs", "the stack was not touched"],
    );
    // With the right to do it the same command goes on.
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_namesake_that_may_not_be_looked_for_ends_no_deploy() {
    let (stage, ended) = refused("function_name = \"web\"", |call| {
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
fn an_account_that_is_out_of_a_quota_is_told_where_to_ask_for_more() {
    let message = "Limit for stack has been exceeded";
    let (stage, ended) = refused("", move |call| {
        (call.operation == "CreateStack").then_some(Fault::Refuse(400, "LimitExceededException", message))
    });
    assert_told(&ended, &["cloudformation:CreateStack", message, "hint: the account has reached a quota"]);
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_bucket_of_somebody_else_is_refused_and_nothing_is_sent_to_it() {
    for (settings, is_taken) in [("", true), ("s3_bucket = \"of-somebody-else\"", false)] {
        let sent = std::sync::Arc::new(Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&sent);
        let (stage, ended) = refused(settings, move |call| match (call.service.as_str(), call.operation.as_str()) {
            // The name is free for whoever may not look, and taken for whoever wants it.
            ("s3", "CreateBucket") => {
                let message = "The requested bucket name is not available.";
                Some(Fault::Refuse(409, "BucketAlreadyExists", message))
            }
            ("s3", "HeadBucket" | "ListObjectsV2" | "ListObjectVersions") if !is_taken => {
                Some(Fault::Refuse(403, "AccessDenied", "Access Denied"))
            }
            ("s3", "PutObject" | "CreateMultipartUpload") => {
                seen.lock().unwrap().push(call.subject.clone());
                None
            }
            _ => None,
        });
        assert_told(&ended, &["bucket", "hint: name a bucket of this account with `s3_bucket`"]);
        assert_eq!(*sent.lock().unwrap(), Vec::<String>::new());
        assert_untouched(&stage);
    }
}
