//! An AWS that holds a bucket to its policy, and one whose answers are odd: moto, for both.

use crate::{
    stage::Stage,
    support::emulator::{Emulator, REGION},
};

#[test]
fn the_bucket_that_is_made_takes_nothing_without_tls() {
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
    let said = stage.account.try_aws(REGION, &by_hand).unwrap_err();
    assert!(said.contains("403") || said.contains("AccessDenied"), "{said}");

    let read = |what: &str| stage.account.aws(&["s3api", what, "--bucket", &bucket]);
    let block = &read("get-public-access-block")["PublicAccessBlockConfiguration"];
    assert!(block.as_object().unwrap().values().all(|is_blocked| is_blocked == true), "{block}");
    assert_eq!(read("get-bucket-versioning")["Status"], "Enabled");
    let encryption = &read("get-bucket-encryption")["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    let rules = read("get-bucket-lifecycle-configuration")["Rules"].clone();
    assert!(!rules.as_array().unwrap().is_empty(), "{rules}");
}

#[test]
fn a_stack_that_never_gets_further_is_told_as_it_is() {
    let moto = Emulator::moto();
    let stage = Stage::of(moto.only_account(), &[REGION], "s3_bucket = \"mine\"");
    let location = format!("LocationConstraint={REGION}");
    stage.account.aws(&["s3api", "create-bucket", "--bucket", "mine", "--create-bucket-configuration", &location]);
    // It begins the stack, fails with a page of HTML, and leaves the stack being made for ever.
    let deploy = stage.with(&["deploy"], "one");
    assert_eq!((deploy.code, deploy.stdout.as_str()), (Some(1), ""), "{}", deploy.stderr);
    assert!(deploy.stderr.contains("\nhint: "), "{}", deploy.stderr);

    let again = stage.with(&["deploy"], "one");
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    assert!(again.stderr.contains("stack `shop-dev` is CREATE_IN_PROGRESS"), "{}", again.stderr);
    assert!(stage.ok(&["status"]).contains("shop-dev (CREATE_IN_PROGRESS)"));
    let url = stage.run(&["url"]);
    assert_eq!((url.code, url.stdout.as_str()), (Some(1), ""), "{}", url.stderr);
    assert!(url.stderr.contains("has no URL; it is CREATE_IN_PROGRESS"), "{}", url.stderr);
    let back = stage.run(&["rollback", "--yes"]);
    assert_eq!(back.code, Some(1), "{}", back.stderr);
    assert!(back.stderr.contains("holds no record of the release that is live"), "{}", back.stderr);
    assert!(back.stderr.contains("it has not passed its trial yet"), "{}", back.stderr);
    assert_eq!(stage.ok(&["releases"]).lines().count(), 1);
}
