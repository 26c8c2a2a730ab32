//! Which bucket artifacts go to: a new one in the account's own S3 namespace, an earlier one as long as it is there.

use std::time::Duration;

use crate::{
    stage::Stage,
    support::{
        call::Call,
        emulator::REGION,
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
    let told = stage.ok(&["undeploy", "--yes"]);
    assert!(told.contains(&format!("of bucket {old}\n")), "{told}");
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
fn a_stranger_who_claimed_the_name_of_earlier_versions_is_in_nobodys_way() {
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
