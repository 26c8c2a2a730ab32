//! Where a rollback goes, and what stays the release that it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    stage::{PATIENCE, Stage},
    support::{
        emulator::{self, REGION},
        poll::poll_until,
        process::Process,
        proxy::{Fault, Proxy},
    },
};

fn back(stage: &Stage, url: &str) -> String {
    stage.ok(&["rollback", "--yes"]);
    stage.visit(url, "/").text()
}

#[test]
fn a_rollback_goes_to_what_served_before_and_the_next_one_further() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "bad");
    assert_eq!(back(&stage, &url), "one ");
    stage.ok_with(&["update"], "two");
    // What was given up is not come back to.
    assert_eq!(back(&stage, &url), "one ");
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no release 1 before the live one"), "{}", ended.stderr);
    // A release that is deployed again comes after what it replaces.
    stage.ok_with(&["update"], "three");
    stage.ok_with(&["update"], "one");
    assert_eq!(back(&stage, &url), "three ");
    let releases = stage.ok(&["releases"]);
    let ids: Vec<&str> = releases.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "{releases}");
    assert_eq!(releases.matches("live").count(), 1, "{releases}");
}

#[test]
fn a_release_comes_back_by_its_own_trial_and_not_by_the_next_ones() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set("health_check = \"/health\"");
    stage.ok_with(&["update"], "two");
    // Its health check would fail by the settings of today.
    stage.set("health_check = \"/nobody-home\"\nbefore_traffic = \"nobody\"");
    assert_eq!(back(&stage, &url), "one ");
}

#[test]
fn a_stage_with_a_region_more_is_the_same_release_where_nothing_changes() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let mut more = Stage::of(stage.account.clone(), &[REGION, "us-east-1"], "");
    let proxy = Proxy::start(stage.account.address());
    more.through(proxy.address());
    // An update wants the stage everywhere, and says so before it changes a part.
    let ended = more.with(&["update"], "two");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("stack `shop-dev` does not exist in us-east-1"), "{}", ended.stderr);
    assert!(proxy.take().iter().all(|call| !call.is_mutating()));

    more.ok_with(&["deploy"], "one");
    // In the first region it is only recorded that there is a second one.
    let mut elsewhere = proxy.take();
    elsewhere.retain(|call| call.region != "us-east-1" && call.is_mutating());
    let names: Vec<String> = elsewhere.iter().map(|call| format!("{} {}", call.operation, call.subject)).collect();
    assert!(matches!(names.as_slice(), [marker] if marker.ends_with("shop/dev/regions/us-east-1")), "{names:?}");
    more.ok_with(&["deploy"], "one");
    assert!(proxy.take().iter().all(|call| !call.is_mutating()));
    // From there on both have one release, and go back to what each had before it.
    more.ok_with(&["update"], "two");
    let urls = more.ok(&["rollback", "--yes"]);
    for (region, url) in [REGION, "us-east-1"].iter().zip(urls.lines()) {
        assert_eq!(stage.account.visit(region, url, "/").unwrap().text(), "one ");
    }
}

#[test]
fn regions_that_serve_different_releases_do_not_go_back_in_silence() {
    let stage = Stage::of(emulator::account(), &[REGION, "us-east-1"], "");
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    stage.ok_with(&["update", "--region", REGION], "three");
    let ended = stage.run(&["rollback", "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the regions would go back to different releases"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: `--to RELEASE` names one for all"), "{}", ended.stderr);
}

#[test]
fn what_would_be_lost_is_asked_about_before_anything_is_tried() {
    let mut stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    stage.set("api = \"http\"");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let zip = stage.zip("two");
    let ended = stage.run(&["update", "--zip", &zip]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("stops working"), "{}", ended.stderr);
    let names: Vec<String> = proxy.take().iter().filter(|call| call.is_mutating()).map(|call| call.name()).collect();
    assert_eq!(names, ["s3:PutObject"], "the artifact alone");
}

#[test]
fn another_deploy_does_not_cut_into_a_trial() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    // The trial of the first takes until the second has been refused.
    let is_over = Arc::new(AtomicBool::new(false));
    let (waits, is_tried) = (Arc::clone(&is_over), Arc::new(AtomicBool::new(false)));
    let tried = Arc::clone(&is_tried);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        if call.name() == "lambda:Invoke" && !tried.swap(true, Ordering::Relaxed) {
            poll_until("the refusal of the second update", PATIENCE, || waits.load(Ordering::Relaxed));
        }
        None::<Fault>
    });
    let job = |stage: &Stage, host: &str, variant: &str, more: &[&str]| {
        let zip = stage.zip(variant);
        let mut tool = stage.tool(&[&["update", "--yes", "--zip", &zip], more].concat());
        Process::start(tool.env("USER", "ci").env("HOSTNAME", host))
    };
    stage.through(proxy.address());
    let first = job(&stage, "job-1", "two", &[]);
    stage.through(stage.account.address());
    poll_until("the trial of the first update", PATIENCE, || is_tried.load(Ordering::Relaxed));
    let (status, _, said) = job(&stage, "job-2", "three", &[]).wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("the candidate of stack `shop-dev` is being tried, changed by ci-at-job-1 since "), "{said}");
    let third = job(&stage, "job-3", "three", &["--wait"]);
    is_over.store(true, Ordering::Relaxed);
    let (status, _, said) = first.wait(PATIENCE);
    assert_eq!(status.code(), Some(0), "{said}");
    let (status, _, said) = third.wait(PATIENCE);
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
}

#[test]
fn an_emptied_bucket_is_named_instead_of_a_release_that_never_was() {
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
    // What the hint says does help.
    stage.ok_with(&["deploy"], "two");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 2, "a header and the live release");
}
