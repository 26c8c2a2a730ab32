//! Regions that left the settings: they are mentioned as long as the stack exists there, and can be undeployed.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    stage::{Ended, Stage},
    support::{
        emulator,
        proxy::{Fault, Proxy},
    },
};

const STAYS: &str = "eu-central-1";
const LEAVES: &str = "us-east-1";
const WARNING: &str = "warning: region us-east-1 is no longer in `regions`, but stack `shop-dev` still exists there\n\
                       hint: `zappa-rs undeploy dev --region us-east-1` removes it\n";

/// A stage that got a second region after its first deploy, and lost it again.
fn departed() -> (Stage, String) {
    let mut stage = Stage::of(emulator::account(), &[STAYS], "");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set_regions(&[STAYS, LEAVES]);
    let ended = stage.with(&["deploy"], "one");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("is no longer in"), "{}", ended.stderr);
    stage.set_regions(&[STAYS]);
    (stage, url)
}

/// What a command says that ends well, and its calls in the region that left.
fn said(stage: &mut Stage, command: &[&str]) -> (String, Vec<String>) {
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ended = if command == ["status"] { stage.run(command) } else { stage.with(command, "one") };
    stage.through(stage.account.address());
    assert_eq!(ended.code, Some(0), "{command:?}: {}", ended.stderr);
    let calls = proxy.take();
    let elsewhere = calls.iter().filter(|call| call.region == LEAVES).map(|call| call.name());
    (ended.stderr, elsewhere.collect())
}

#[test]
fn a_region_that_left_is_mentioned_until_it_is_undeployed() {
    let (mut stage, url) = departed();
    for command in [&["deploy"][..], &["update"], &["status"], &["diff"]] {
        let (stderr, calls) = said(&mut stage, command);
        assert!(stderr.contains(WARNING), "{command:?}: {stderr}");
        assert_eq!(calls, ["cloudformation:DescribeStacks"], "{command:?}");
    }
    // A release of the settings without the region does not make it forgotten.
    assert!(stage.with(&["update"], "two").stderr.contains(WARNING));
    assert!(stage.run(&["status"]).stderr.contains(WARNING));

    let ended = stage.run(&["undeploy", "--region", LEAVES]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("us-east-1 is no longer in `regions` of the settings"), "{}", ended.stderr);
    let removed = stage.ok(&["undeploy", "--region", LEAVES, "--yes"]);
    assert!(removed.contains("us-east-1: removed stack shop-dev"), "{removed}");
    assert_eq!(stage.visit(&url, "/").text(), "two ");

    // The marker went with it, so that no command looks there again.
    let (stderr, calls) = said(&mut stage, &["deploy"]);
    assert!(!stderr.contains(LEAVES), "{stderr}");
    assert_eq!(calls, Vec::<String>::new());
}

#[test]
fn a_region_where_nothing_is_left_is_looked_at_once_more() {
    let (mut stage, _) = departed();
    stage.account.aws_in(LEAVES, &["cloudformation", "delete-stack", "--stack-name", "shop-dev"]);
    for expected in [&["cloudformation:DescribeStacks"][..], &[]] {
        let (stderr, calls) = said(&mut stage, &["deploy"]);
        assert!(!stderr.contains(LEAVES), "{stderr}");
        assert_eq!(calls, expected);
    }
}

#[test]
fn a_region_that_the_stage_moved_out_of_at_once_is_mentioned() {
    let mut stage = Stage::of(emulator::account(), &[LEAVES], "");
    stage.ok_with(&["deploy"], "one");
    stage.set_regions(&[STAYS]);
    let (stderr, calls) = said(&mut stage, &["deploy", "--dry-run"]);
    assert!(stderr.contains(WARNING), "{stderr}");
    // One look by the search, one for the mention.
    assert_eq!(calls, ["cloudformation:DescribeStacks"; 2]);
    let answer = |ended: &Ended| serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap();
    let first = stage.with(&["deploy", "--json"], "one");
    assert!(first.stderr.contains(WARNING), "{}", first.stderr);
    assert_eq!(answer(&first)["regions"][0]["departed_regions"], serde_json::json!([LEAVES]));
    let key = stage.account.aws_in(STAYS, &["s3api", "list-objects-v2", "--bucket", &stage.bucket(STAYS)]).to_string();
    assert!(key.contains("shop/dev/regions/us-east-1"), "{key}");
    // From here on the marker tells of it.
    stage.ok_with(&["update"], "two");
    for command in [&["status"][..], &["rollback", "--yes"]] {
        let ended = stage.run(command);
        assert!(ended.stderr.contains(WARNING), "{command:?}: {}", ended.stderr);
    }
    assert_eq!(answer(&stage.run(&["status", "--json"]))[0]["departed_regions"], serde_json::json!([LEAVES]));
    for command in ["deploy", "diff"] {
        let dry: &[&str] = if command == "deploy" { &["deploy", "--dry-run", "--json"] } else { &["diff", "--json"] };
        let ended = stage.with(dry, "one");
        assert_eq!(answer(&ended)[0]["departed_regions"], serde_json::json!([LEAVES]), "{command}");
    }
}

#[test]
fn a_first_deploy_does_not_depend_on_other_regions() {
    let stage = Stage::of(emulator::account(), &[LEAVES], "");
    stage.ok_with(&["deploy"], "one");
    let mut stage = Stage::of(stage.account, &[STAYS], "");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.region != STAYS).then_some(Fault::Refuse(403, "AccessDenied", "not allowed to look"))
    });
    stage.through(proxy.address());
    let ended = stage.with(&["deploy"], "one");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("not allowed") && !ended.stderr.contains(LEAVES), "{}", ended.stderr);
    let looked: BTreeSet<String> = proxy.take().into_iter().map(|call| call.region).collect();
    assert_eq!(looked.len(), 17, "{looked:?}");
}

#[test]
fn a_first_deploy_ignores_a_stack_of_the_same_name_that_is_another_projects() {
    let other = Stage::of(emulator::account(), &[LEAVES], "function_name = \"shop-dev\"");
    let path = other.folder.path().join("zappa_settings.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, settings.replace("name = \"shop\"", "name = \"blog\"")).unwrap();
    other.ok_with(&["deploy"], "one");
    let mut stage = Stage::of(other.account, &[STAYS], "");
    let (stderr, calls) = said(&mut stage, &["deploy"]);
    assert!(!stderr.contains(LEAVES), "{stderr}");
    assert_eq!(calls, ["cloudformation:DescribeStacks"]);
}

#[test]
fn a_region_that_left_outlives_the_stage_in_the_others() {
    let (mut stage, _) = departed();
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.region == LEAVES).then_some(Fault::Refuse(403, "AccessDenied", "not allowed to look"))
    });
    stage.through(proxy.address());
    let stderr = stage.run(&["status"]).stderr;
    let unknown = "region us-east-1 is no longer in `regions`, and stack `shop-dev` may still exist there";
    assert!(stderr.contains(unknown) && stderr.contains("not allowed to look"), "{stderr}");
    stage.through(stage.account.address());

    let ended = stage.run(&["undeploy", "--yes"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains(WARNING), "{}", ended.stderr);
    assert!(ended.stdout.contains("eu-central-1: left the marker of us-east-1 in that bucket"), "{}", ended.stdout);
    assert!(stage.run(&["status"]).stderr.contains(WARNING));
    let ended = stage.run(&["undeploy", "--yes", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer[0]["departed_regions"], serde_json::json!([LEAVES]), "{answer}");
    let removed = stage.ok(&["undeploy", "--region", LEAVES, "--yes"]);
    assert!(removed.contains("us-east-1: removed stack shop-dev"), "{removed}");
    // The marker is gone with it, in all its versions.
    for region in [STAYS, LEAVES] {
        let versions = ["s3api", "list-object-versions", "--bucket", &stage.bucket(region)];
        let versions = stage.account.aws_in(region, &versions).to_string();
        assert!(!versions.contains("shop/dev"), "{region}: {versions}");
    }
}

#[test]
fn a_region_that_the_stage_moved_out_of_can_be_undeployed() {
    let mut stage = Stage::of(emulator::account(), &[LEAVES], "protected = true");
    stage.ok_with(&["deploy"], "one");
    let listed = stage.account.aws_in(LEAVES, &["s3api", "list-objects-v2", "--bucket", &stage.bucket(LEAVES)]);
    assert!(!listed.to_string().contains("/regions/"), "one region needs no marker: {listed}");
    stage.set_regions(&[STAYS]);
    let ended = stage.run(&["undeploy", "--region", LEAVES, "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let command = "update-termination-protection --no-enable-termination-protection --stack-name shop-dev";
    assert!(ended.stderr.contains(&format!("`aws cloudformation {command} --region {LEAVES}`")), "{}", ended.stderr);
    let unprotect: Vec<&str> = ["cloudformation"].into_iter().chain(command.split(' ')).collect();
    stage.account.aws_in(LEAVES, &unprotect);
    // The stack is gone already, and what lies in the bucket is not.
    stage.account.aws_in(LEAVES, &["cloudformation", "delete-stack", "--stack-name", "shop-dev"]);
    let removed = stage.ok(&["undeploy", "--region", LEAVES, "--yes"]);
    assert!(removed.contains("us-east-1: removed 2 objects"), "{removed}");
    // Now nothing is there, as in a region that was mistyped.
    for region in [LEAVES, "eu-central-2", "eu-centrall-1"] {
        let ended = stage.run(&["undeploy", "--region", region, "--yes"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(&format!("stage `dev` does not run in `{region}`")), "{}", ended.stderr);
        // Of a real region it is not suggested to remove another one.
        let is_suggested = ended.stderr.contains("did you mean `eu-central-1`?");
        assert_eq!(is_suggested, region == "eu-centrall-1", "{}", ended.stderr);
    }
}

#[test]
fn a_stack_of_somebody_elses_in_a_region_that_left_is_left_alone() {
    const QUEUE: &str = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
    let (stage, _) = departed();
    stage.ok(&["undeploy", "--region", LEAVES, "--yes"]);
    let make = ["cloudformation", "create-stack", "--stack-name", "shop-dev", "--template-body", QUEUE];
    stage.account.aws_in(LEAVES, &make);
    assert!(!stage.run(&["status"]).stderr.contains(LEAVES));
    let ended = stage.run(&["undeploy", "--region", LEAVES, "--yes"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not this stage's"), "{}", ended.stderr);
}

#[test]
fn a_stack_that_no_marker_is_of_is_mentioned_where_nothing_is_deployed_and_after_an_undeploy() {
    let mut stage = Stage::of(emulator::account(), &[LEAVES], "");
    stage.ok_with(&["deploy"], "one");
    // Before the first deploy to the new region, nothing is deployed by these settings.
    stage.set_regions(&[STAYS]);
    let warning = "warning: stack `shop-dev` of this stage exists in region us-east-1 too\n\
                   hint: `zappa-rs undeploy dev --region us-east-1` removes it\n";
    for command in [&["status"][..], &["undeploy", "--yes"]] {
        let ended = stage.run(command);
        assert_eq!(ended.code, Some(0), "{command:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(warning), "{command:?}: {}", ended.stderr);
    }
    // A stage that moved and moved back has records in its first region, so that its deploy searches no more.
    stage.ok_with(&["deploy"], "one");
    stage.set_regions(&[LEAVES]);
    stage.ok_with(&["deploy"], "two");
    let ended = stage.run(&["undeploy", "--yes"]);
    assert!(ended.stderr.contains("of this stage exists in region eu-central-1 too"), "{}", ended.stderr);
    let removed = stage.ok(&["undeploy", "--region", STAYS, "--yes"]);
    assert!(removed.contains("eu-central-1: removed stack shop-dev"), "{removed}");
    let ended = stage.run(&["undeploy", "--yes"]);
    assert!(!ended.stderr.contains("of this stage exists"), "{}", ended.stderr);
}
