//! The bucket of artifacts: a new one in the account's own S3 namespace or an earlier one, its policy, and templates that are
//! sent by it.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    refusal::{assert_failed, assert_untouched, deploy_refused},
    stage::Stage,
    support::{
        call::Call,
        emulator::{Emulator, REGION},
        proxy::{Fault, Proxy},
    },
};

/// The tool's bucket in the global namespace, as earlier versions made it.
fn earlier(stage: &Stage) -> String {
    format!("zappa-rs-{}-{REGION}", stage.account.key)
}

fn create(stage: &Stage, bucket: &str) {
    let location = format!("LocationConstraint={REGION}");
    stage.account.aws(&["s3api", "create-bucket", "--bucket", bucket, "--create-bucket-configuration", &location]);
}

/// The names of the account's buckets.
fn buckets(stage: &Stage) -> Vec<String> {
    let found = stage.account.aws(&["s3api", "list-buckets"]);
    let names = found["Buckets"].as_array().unwrap().iter().map(|bucket| bucket["Name"].as_str().unwrap().to_owned());
    names.collect()
}

fn changing(calls: &[Call]) -> Vec<String> {
    calls.iter().filter(|call| call.is_mutating()).map(Call::name).collect()
}

#[test]
fn a_new_bucket_is_created_in_the_namespace_that_only_the_account_can_use() {
    let mut stage = Stage::new("");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    let calls = proxy.take();
    let created: Vec<_> = calls
        .iter()
        .filter(|call| call.operation == "CreateBucket")
        .map(|call| (call.subject.trim_matches('/'), call.bucket_namespace.as_deref()))
        .collect();
    let name = format!("{}-an", earlier(&stage));
    assert_eq!(created, [(name.as_str(), Some("account-regional"))]);
}

#[test]
fn a_bucket_that_an_earlier_version_made_stays_in_use() {
    let mut stage = Stage::new("");
    let old = earlier(&stage);
    create(&stage, &old);
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(buckets(&stage), std::slice::from_ref(&old));
    let proxy = Proxy::start(stage.account.address());
    let account = stage.account.address();
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    let calls = proxy.take();
    assert_eq!(changing(&calls), Vec::<String>::new());
    assert!(calls.len() <= 12, "{calls:#?}");
    assert!(stage.ok_with(&["diff"], "one").contains("no difference"));
    assert!(stage.ok_with(&["deploy", "--dry-run"], "one").contains("nothing to change"));
    stage.through(account);

    // Another stage of the account may have one of the newer kind.
    create(&stage, &format!("{old}-an"));
    stage.ok_with(&["update"], "two");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 3, "a header and two releases");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    let output = stage.ok(&["undeploy", "--yes"]);
    assert!(output.contains(&format!("of bucket {old}\n")), "{output}");
    let listed = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", &old]);
    assert!(listed["Contents"].is_null(), "{listed}");
}

#[test]
fn where_s3_knows_no_such_namespace_the_bucket_is_created_in_the_global_one() {
    let mut stage = Stage::new("");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        let message = "The bucket namespace is not supported in this region.";
        call.bucket_namespace.is_some().then_some(Fault::Refuse(400, "InvalidRequest", message))
    });
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(buckets(&stage), [earlier(&stage)]);
    proxy.take();
    assert_eq!(stage.ok_with(&["deploy"], "one"), url);
    assert_eq!(changing(&proxy.take()), Vec::<String>::new());
}

#[test]
fn a_bucket_of_another_account_with_the_name_of_earlier_versions_is_ignored() {
    let mut stage = Stage::new("");
    let claimed = format!("/{}", earlier(&stage));
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        (call.service == "s3" && call.subject.trim_end_matches('/') == claimed).then_some(Fault::Refuse(
            403,
            "AccessDenied",
            "Access Denied",
        ))
    });
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(buckets(&stage), [stage.bucket(REGION)]);
}

#[test]
fn a_bucket_of_another_account_is_refused_and_gets_no_object() {
    for (settings, is_taken) in [("", true), ("s3_bucket = \"of-another-account\"", false)] {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sent);
        let (stage, ended) =
            deploy_refused(settings, move |call| match (call.service.as_str(), call.operation.as_str()) {
                // `HeadBucket` says that the name is free, `CreateBucket` that it is taken.
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
        assert_failed(&ended, &["bucket", "hint: name a bucket of this account with `s3_bucket`"]);
        assert_eq!(*sent.lock().unwrap(), Vec::<String>::new());
        assert_untouched(&stage);
    }
}

#[test]
fn a_template_above_the_inline_limit_is_sent_by_the_bucket_and_removed() {
    let mut resources = String::new();
    for number in 0..80 {
        let description = "x".repeat(800);
        let _ = write!(
            resources,
            "\n[stage.dev.resources.Queue{number}]\nType = \"AWS::SQS::Queue\"\n\
             Metadata = {{ Why = \"{description}\" }}\n",
        );
    }
    let mut stage = Stage::new(&resources);
    let template = stage.ok(&["template"]);
    assert!(template.len() > 51_200, "{}", template.len());
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert!(proxy.take().iter().any(|call| call.operation == "PutObject" && call.subject.contains("/templates/")));
    let bucket = stage.bucket(REGION);
    let kept = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", &bucket]);
    let keys: Vec<&str> =
        kept["Contents"].as_array().unwrap().iter().filter_map(|object| object["Key"].as_str()).collect();
    assert!(keys.iter().all(|key| !key.contains("/templates/")), "{keys:?}");
    let template = stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"]);
    assert!(template["TemplateBody"]["Resources"]["Queue79"].is_object(), "{template}");
}

#[test]
fn the_bucket_that_is_created_refuses_calls_without_tls() {
    let moto = Emulator::moto();
    let stage = Stage::of(moto.only_account(), &[REGION], "");
    // The emulator speaks no TLS.
    let ended = stage.with(&["deploy"], "one");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    for words in ["s3:PutObject", "Forbidden", "the stack was not touched", "hint: the caller's policy must allow"] {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
    let bucket = stage.bucket(REGION);
    let by_hand = ["s3api", "put-object", "--bucket", &bucket, "--key", "shop/dev/x"];
    let output = stage.account.try_aws(REGION, &by_hand).unwrap_err();
    assert!(output.contains("403") || output.contains("AccessDenied"), "{output}");

    let read = |what: &str| stage.account.aws(&["s3api", what, "--bucket", &bucket]);
    let block = &read("get-public-access-block")["PublicAccessBlockConfiguration"];
    assert!(block.as_object().unwrap().values().all(|is_blocked| is_blocked == true), "{block}");
    assert_eq!(read("get-bucket-versioning")["Status"], "Enabled");
    let encryption = &read("get-bucket-encryption")["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    let rules = read("get-bucket-lifecycle-configuration")["Rules"].clone();
    assert!(!rules.as_array().unwrap().is_empty(), "{rules}");
}
