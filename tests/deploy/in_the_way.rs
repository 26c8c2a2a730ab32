//! What stands in the way of a deploy: a stack that failed, one of another stage, another first deploy.

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::{
        emulator::{REGION, unique},
        poll::poll,
        process::Process,
    },
};

const TAGS: [&str; 3] = ["--tags", "Key=zappa-rs:project,Value=shop", "Key=zappa-rs:stage,Value=dev"];
const GOOD: &str = r#"{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}"#;
fn status(stage: &Stage) -> String {
    let answer = stage.account.aws(&["cloudformation", "describe-stacks", "--stack-name", "shop-dev"]);
    answer["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned()
}

/// Makes a stack of the stage's name by the `aws` command, and waits until CloudFormation is done with it.
fn stack(stage: &Stage, template: &str, tags: &[&str]) -> String {
    let make = ["cloudformation", "create-stack", "--stack-name", "shop-dev", "--template-body", template];
    stage.account.aws(&[&make, tags].concat());
    poll("a stack that CloudFormation is done with", PATIENCE, || {
        Some(status(stage)).filter(|status| !status.ends_with("_IN_PROGRESS"))
    })
}

fn assert_well(stage: &Stage, ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(stage.visit(&ended.stdout, "/").text(), "one ");
    assert_eq!(status(stage), "CREATE_COMPLETE");
}

#[test]
fn a_stack_that_was_rolled_back_is_made_anew_and_said_aloud() {
    let stage = Stage::new("");
    let taken = unique("taken");
    let location = format!("LocationConstraint={REGION}");
    stage.account.aws(&["s3api", "create-bucket", "--bucket", &taken, "--create-bucket-configuration", &location]);
    let bad = GOOD.replace(
        r#"{"Type":"AWS::SNS::Topic"}"#,
        &format!(r#"{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{taken}"}}}}"#),
    );
    assert_eq!(stack(&stage, &bad, &TAGS), "ROLLBACK_COMPLETE");
    let ended = stage.with(&["deploy"], "one");
    assert_well(&stage, &ended);
    assert!(ended.stderr.contains("ROLLBACK_COMPLETE"), "{}", ended.stderr);
}

#[test]
fn a_stack_of_another_stage_is_refused_before_anything_is_made() {
    let stage = Stage::new("");
    let other = ["--tags", "Key=zappa-rs:project,Value=shop", "Key=zappa-rs:stage,Value=prod"];
    assert_eq!(stack(&stage, GOOD, &other), "CREATE_COMPLETE");
    let ended = stage.with(&["deploy"], "one");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not this stage's"), "{}", ended.stderr);
    for command in [&["status"][..], &["url"], &["releases"], &["rollback", "--yes"], &["undeploy", "--yes"]] {
        let ended = stage.run(command);
        assert_eq!(ended.code, Some(1), "{command:?}: {}", ended.stderr);
        assert!(!ended.stdout.contains("http"), "{command:?}: {}", ended.stdout);
        assert!(ended.stderr.contains("is not this stage's"), "{command:?}: {}", ended.stderr);
    }
    assert_eq!(status(&stage), "CREATE_COMPLETE");
    assert_eq!(stage.account.aws(&["s3api", "list-buckets"])["Buckets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn two_first_deploys_at_once_leave_one_whole_stack() {
    let stage = Stage::new("");
    let both = at_once(&stage, &["deploy"], ["one", "two"]);
    one_whole_release(&stage, &both);
}

#[test]
fn two_first_deploys_that_may_wait_both_end_well() {
    let stage = Stage::new("");
    let both = at_once(&stage, &["deploy", "--wait"], ["one", "two"]);
    assert!(both.iter().all(|ended| ended.code == Some(0)), "{both:?}");
    one_whole_release(&stage, &both);
}

/// The same command twice at once, as two CI jobs would run it.
fn at_once(stage: &Stage, command: &[&str], variants: [&str; 2]) -> Vec<Ended> {
    let zips = variants.map(|variant| stage.zip(variant));
    let jobs: Vec<_> = zips
        .iter()
        .enumerate()
        .map(|(job, zip)| {
            let mut tool = stage.tool(&[command, &["--yes", "--zip", zip]].concat());
            Process::start(tool.env("USER", "ci").env("HOSTNAME", format!("job-{job}")))
        })
        .collect();
    jobs.into_iter()
        .map(|job| {
            let (status, stdout, stderr) = job.wait(PATIENCE);
            Ended { code: status.code(), stdout, stderr }
        })
        .collect()
}

/// What serves is one of the two, whole: alias, document and code agree, no candidate is left, and whoever was refused was
/// told by what.
fn one_whole_release(stage: &Stage, both: &[Ended]) {
    let url = both.iter().find(|ended| ended.code == Some(0)).unwrap_or_else(|| panic!("none ended well: {both:?}"));
    for ended in both.iter().filter(|ended| ended.code != Some(0)) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
    }
    let answer = stage.visit(&url.stdout, "/").text();
    let served = answer.trim();
    assert!(["one", "two"].contains(&served), "{answer}: {both:?}");
    assert!(status(stage).ends_with("_COMPLETE"));
    // The same release again finds nothing to change.
    let again = stage.with(&["deploy"], served);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(stage.visit(&url.stdout, "/").text(), answer);
}
