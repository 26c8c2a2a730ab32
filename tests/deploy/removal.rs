//! What a removal takes is what a deploy made, and nothing that lies beside it.

use std::collections::BTreeSet;

use crate::{
    stage::Stage,
    support::{
        emulator::REGION,
        proxy::{Fault, Proxy},
    },
};

/// The keys of everything in a bucket, all versions included.
fn keys(stage: &Stage, bucket: &str) -> BTreeSet<String> {
    let answer = stage.account.aws(&["s3api", "list-object-versions", "--bucket", bucket]);
    ["Versions", "DeleteMarkers"]
        .iter()
        .flat_map(|kind| answer[kind].as_array().cloned().unwrap_or_default())
        .map(|object| object["Key"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn objects_of_others_in_the_bucket_stay() {
    let stage = Stage::new("s3_bucket = \"of-the-company\"");
    let location = format!("LocationConstraint={REGION}");
    let make = ["s3api", "create-bucket", "--bucket", "of-the-company", "--create-bucket-configuration", &location];
    stage.account.aws(&make);
    let others = ["shop/dev/customers.jpg", "shop/dev/backup.zip", "shop/dev/deep/a", "shop/dev/releases/notes.json"];
    for key in others {
        stage.account.aws(&["s3api", "put-object", "--bucket", "of-the-company", "--key", key]);
    }
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    assert!(keys(&stage, "of-the-company").len() > others.len());
    for _ in 0..2 {
        let output = stage.ok(&["undeploy", "--yes"]);
        assert!(output.contains("left 4 objects below shop/dev/ in bucket of-the-company"), "{output}");
        assert_eq!(keys(&stage, "of-the-company"), others.map(str::to_owned).into());
    }
}

#[test]
fn a_stack_of_another_name_shares_nothing_with_the_first() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    stage.set("function_name = \"other\"");
    let ended = stage.with(&["deploy"], "two");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: a second stack exists for this stage: `shop-dev`"), "{}", ended.stderr);
    assert_eq!(stage.visit(&ended.stdout, "/").text(), "two ");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 2, "a header and one release");
    assert_ne!(stage.run(&["rollback", "--yes"]).code, Some(0));
    stage.ok(&["undeploy", "--yes"]);
    stage.set("");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(stage.ok(&["releases"]).lines().count(), 2, "a header and one release");
    stage.ok_with(&["update"], "two");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
}

#[test]
fn a_removal_that_is_cut_off_is_finished_by_the_next_logs_included() {
    for call in ["DeleteLogGroup", "DeleteStack", "DeleteObjects"] {
        let mut stage = Stage::new("");
        stage.ok_with(&["deploy"], "one");
        let proxy = Proxy::with(stage.account.address(), std::time::Duration::ZERO, move |found| {
            (found.operation == call).then_some(Fault::Kill)
        });
        stage.through(proxy.address());
        let process = stage.start(&["undeploy", "--yes", "--remove-logs"]);
        proxy.aim_at(process.id());
        assert_eq!(process.wait(crate::stage::PATIENCE).0.code(), None, "{call}");
        stage.through(stage.account.address());
        stage.ok(&["undeploy", "--yes", "--remove-logs"]);
        assert_eq!(crate::lifecycle::remains(&stage), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn a_deploy_that_begins_while_all_is_removed_stands_whole() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let zip = stage.zip("one");
    let removal = stage.start(&["undeploy", "--yes"]);
    let deploy = stage.start(&["deploy", "--yes", "--wait", "--zip", &zip]);
    let (removed, _, removal_log) = removal.wait(crate::stage::PATIENCE);
    let (deployed, url, deploy_log) = deploy.wait(crate::stage::PATIENCE);
    assert_eq!((removed.code(), deployed.code()), (Some(0), Some(0)), "{removal_log}{deploy_log}");
    // Whichever came last has its way, and if something serves, its artifact is there.
    if stage.ok(&["status"]).contains("release") {
        assert_eq!(stage.visit(&url, "/").text(), "one ");
        let kept = keys(&stage, &stage.bucket(REGION));
        assert!(kept.iter().any(|key| key.ends_with(".zip")), "{kept:?}");
    }
}
