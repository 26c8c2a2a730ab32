//! The state of the stack when a command starts: missing, under review, rolled back, in creation.

use crate::{
    stack::{OWN_TAGS, TOPIC, create, review},
    stage::{Ended, Stage},
    support::emulator::{Emulator, REGION, unique},
};

#[test]
fn a_stack_of_the_stage_under_review_is_created() {
    // What an interrupted dry run leaves may have no tags yet: it has no owner.
    for tags in [&OWN_TAGS[..], &[]] {
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
fn an_update_without_a_stack_names_deploy() {
    let stage = Stage::new("");
    let ended = stage.with(&["update"], "one");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("stack `shop-dev` does not exist in eu-central-1\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: `zappa-rs deploy` creates it\n"), "{}", ended.stderr);
}

#[test]
fn a_stack_that_was_rolled_back_is_recreated_with_a_warning() {
    let stage = Stage::new("");
    let taken = unique("taken");
    let location = format!("LocationConstraint={REGION}");
    stage.account.aws(&["s3api", "create-bucket", "--bucket", &taken, "--create-bucket-configuration", &location]);
    let bad = TOPIC.replace(
        r#"{"Type":"AWS::SNS::Topic"}"#,
        &format!(r#"{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{taken}"}}}}"#),
    );
    assert_eq!(create(&stage, &bad, &OWN_TAGS), "ROLLBACK_COMPLETE");
    let ended = stage.with(&["deploy"], "one");
    assert_deployed(&stage, &ended);
    assert!(ended.stderr.contains("ROLLBACK_COMPLETE"), "{}", ended.stderr);
}

fn assert_deployed(stage: &Stage, ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(stage.visit(&ended.stdout, "/").text(), "one ");
    assert_eq!(stage.stack_status(), "CREATE_COMPLETE");
}

#[test]
fn a_stack_whose_creation_never_ends_is_reported_as_it_is() {
    let moto = Emulator::moto();
    let stage = Stage::of(moto.only_account(), &[REGION], "s3_bucket = \"mine\"");
    let location = format!("LocationConstraint={REGION}");
    stage.account.aws(&["s3api", "create-bucket", "--bucket", "mine", "--create-bucket-configuration", &location]);
    // The emulator moto begins the stack, fails with a page of HTML, and leaves the stack in creation for ever.
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
