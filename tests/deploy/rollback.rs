//! Rollback: which release it goes back to, and with which trial.

use crate::{
    stage::Stage,
    support::emulator::{self, REGION},
};

/// Rolls back; what the application answers then.
fn roll_back(stage: &Stage, url: &str) -> String {
    stage.ok(&["rollback", "--yes"]);
    stage.visit(url, "/").text()
}

#[test]
fn a_rollback_goes_to_the_previous_release_and_the_next_one_further() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "bad");
    assert_eq!(roll_back(&stage, &url), "one ");
    stage.ok_with(&["update"], "two");
    // A release that was rolled back is no target.
    assert_eq!(roll_back(&stage, &url), "one ");
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no release 1 before the live one"), "{}", ended.stderr);
    // A release that is deployed again comes after what it replaces.
    stage.ok_with(&["update"], "three");
    stage.ok_with(&["update"], "one");
    assert_eq!(roll_back(&stage, &url), "three ");
    let releases = stage.ok(&["releases"]);
    let ids: Vec<&str> = releases.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "{releases}");
    assert_eq!(releases.matches("live").count(), 1, "{releases}");
}

#[test]
fn a_rollback_runs_the_trial_of_the_release_and_not_that_of_the_settings() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set("health_check = \"/health\"");
    stage.ok_with(&["update"], "two");
    // Its health check would fail by the settings of today.
    stage.set("health_check = \"/missing\"\nbefore_traffic = \"missing\"");
    assert_eq!(roll_back(&stage, &url), "one ");
}

#[test]
fn regions_with_different_releases_are_rolled_back_by_name_only() {
    let stage = Stage::of(emulator::account(), &[REGION, "us-east-1"], "");
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    stage.ok_with(&["update", "--region", REGION], "three");
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the regions would be rolled back to different releases"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: `--to RELEASE` names one for all"), "{}", ended.stderr);
}

#[test]
fn an_emptied_bucket_is_named_as_the_cause_of_a_missing_record() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    let bucket = stage.bucket(REGION);
    let listing = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", &bucket]);
    for object in listing["Contents"].as_array().unwrap() {
        let key = object["Key"].as_str().unwrap();
        stage.account.aws(&["s3api", "delete-object", "--bucket", &bucket, "--key", key]);
    }
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let expected = format!("bucket `{bucket}` holds no record of the release that is live");
    assert!(ended.stderr.contains(&expected) && ended.stderr.contains("or the bucket was emptied"), "{}", ended.stderr);
    // The hint's command works.
    stage.ok_with(&["deploy"], "two");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 2, "a header and the live release");
}
