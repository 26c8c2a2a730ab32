//! Preview stages: one pattern for all, and sweeps of those that have expired or whose branch is gone.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use crate::{
    lifecycle::remains,
    stage::{Ended, PATIENCE, Stage},
    support::{
        call::Call,
        emulator::{REGION, account},
        process::Process,
        proxy::{Fault, Proxy},
        response::Response,
    },
    sweep::{calls_here, nth_here, sweep},
};

const ELSEWHERE: &str = "us-east-1";

/// A project with the stage `dev` and a pattern of previews that live for an hour.
fn project(regions: &[&str]) -> Stage {
    let stage = Stage::of(account(), regions, "");
    stage.set("hooks = { post_undeploy = \"cat > told\" }\n\n[stage.\"pr-*\"]\nextends = \"dev\"\nexpires = \"1h\"");
    stage
}

/// A proxy that makes stacks twenty years older in the answers to these calls.
fn aged(stage: &Stage, is_meant: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Proxy {
    Proxy::editing(stage.account.address(), move |call, response: &mut Response| {
        if call.operation == "DescribeStacks" && is_meant(call) {
            response.body = response.text().replace("Time>202", "Time>200").into_bytes();
        }
    })
}

/// Runs `undeploy --merged`, with the names of the open stages on stdin.
fn merged(stage: &Stage, args: &[&str], open: &str) -> Ended {
    let path: PathBuf = stage.folder.path().join("open");
    fs::write(&path, open).unwrap();
    let mut command = stage.tool(&[&["undeploy", "--merged"], args].concat());
    let (status, stdout, stderr) = Process::start_with(&mut command, fs::File::open(path).unwrap()).wait(PATIENCE);
    Ended { code: status.code(), stdout, stderr }
}

/// The stages that `list` shows.
fn listed(stage: &Stage) -> Vec<String> {
    let answer: Value = serde_json::from_str(&stage.ok(&["list", "--json"])).unwrap();
    answer.as_array().unwrap().iter().map(|row| row["stage"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn previews_come_with_their_branches_and_go_with_them() {
    let mut stage = project(&[REGION]);
    let policy: Value = serde_json::from_str(&stage.ok(&["policy", "deploy", "pr-*"])).unwrap();
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy", "pr-1"], "one");
    let sent: Vec<Option<String>> = proxy.calls().into_iter().map(|call| call.deployment_mode).collect();
    assert!(sent.contains(&Some("EXPRESS".to_owned())), "{sent:?}");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    stage.ok_with(&["deploy", "pr-2"], "one");
    stage.ok_with(&["deploy", "dev"], "one");
    let rows: Value = serde_json::from_str(&stage.ok(&["list", "--json"])).unwrap();
    assert_eq!(
        (&rows[1]["stage"], &rows[1]["expires"], &rows[1]["in_settings"]),
        (&json!("pr-1"), &json!("1h"), &json!(true))
    );
    assert_eq!(rows[0]["expires_at"], Value::Null);
    proxy.take();
    stage.ok_with(&["deploy", "pr-1"], "one");
    assert!(!proxy.calls().iter().any(Call::is_mutating), "a second deploy changes nothing");

    // What is no list of stages removes nothing.
    for (args, open, expected) in [
        (&["--yes"][..], "", "error: stdin names no stage, so every stage of `pr-*` would be removed"),
        (&["--yes"], "1\n2\n", "error: line 1 of stdin is no stage"),
        (&["dev", "--yes"], "dev\n", "error: `dev` is not a pattern of stages"),
        (&[], "pr-2\n", "error: `Delete all of it, with the logs?` cannot be asked without a terminal"),
    ] {
        let ended = merged(&stage, args, open);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    let ended = merged(&stage, &["--dry-run"], "pr-2\n");
    assert!(
        ended.stdout.starts_with(&format!("{REGION} pr-1: would remove stack shop-pr-1, updated 2")),
        "{}",
        ended.stdout
    );
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1), "{}", ended.stdout);
    assert_eq!(listed(&stage), ["dev", "pr-1", "pr-2"]);

    let ended = merged(&stage, &["--yes", "--json"], "pr-2\n");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rows: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[0]["stage"], &rows[0]["outcome"]),
        (1, &json!("pr-1"), &json!("removed"))
    );
    assert_eq!(listed(&stage), ["dev", "pr-2"]);
    let told: Value = serde_json::from_slice(&fs::read(stage.folder.path().join("told")).unwrap()).unwrap();
    assert_eq!((&told["command"], &told["stage"]), (&json!("undeploy"), &json!("pr-1")), "its hook ran");

    assert_eq!(stage.ok(&["undeploy", "--expired", "--yes"]), format!("no stage to remove in {REGION}\n"));
    let calls: Vec<Call> = proxy.take();
    let old = aged(&stage, |_| true);
    stage.through(old.address());
    assert!(stage.ok(&["list"]).contains("expired"));
    let dry = stage.ok(&["undeploy", "pr-*", "--expired", "--dry-run"]);
    assert!(dry.starts_with(&format!("{REGION} pr-2: would remove stack shop-pr-2")), "{dry}");
    stage.ok(&["undeploy", "pr-*", "--expired", "--yes"]);
    assert_eq!(listed(&stage), ["dev"], "a stage without `expires` stays");
    stage.ok(&["undeploy", "dev", "--yes", "--remove-logs"]);
    assert_eq!(remains(&stage), Vec::<String>::new());

    let statements = policy["Statement"].as_array().unwrap().iter();
    let own = statements.filter(|statement| statement["Condition"].is_null());
    let allowed: Vec<&str> = own.flat_map(|one| one["Action"].as_array().unwrap()).filter_map(Value::as_str).collect();
    let refused: Vec<String> =
        calls.iter().map(Call::action).filter(|action| !allowed.contains(&action.as_str())).collect();
    assert_eq!(refused, Vec::<String>::new(), "the policy of the pattern allows what a sweep calls");
}

#[test]
fn a_stage_that_is_deployed_to_after_it_was_found_stays() {
    // All stacks together are old; the stack by its name is not, or, later on, by its ARN.
    for is_old_by_name in [false, true] {
        let mut stage = project(&[REGION]);
        stage.ok_with(&["deploy", "pr-1"], "one");
        let old = aged(&stage, move |call| call.subject == "/" || (is_old_by_name && call.subject == "shop-pr-1"));
        stage.through(old.address());
        let ended = stage.run(&["undeploy", "--expired", "--yes"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(
            ended.stdout,
            format!("{REGION} pr-1: left stack shop-pr-1, which was changed meanwhile\n"),
            "{}",
            ended.stderr
        );
        stage.through(stage.account.address());
        assert_eq!(listed(&stage), ["pr-1"]);
        assert_eq!(stage.ok(&["releases", "pr-1"]).lines().count(), 2, "its release is recorded");
    }
}

#[test]
fn a_sweep_removes_a_stage_from_all_its_regions() {
    let stage = project(&[REGION, ELSEWHERE]);
    stage.ok_with(&["deploy", "pr-1"], "one");
    let ended = merged(&stage, &["--none-open", "--yes"], "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for region in [REGION, ELSEWHERE] {
        assert!(ended.stdout.contains(&format!("{region} pr-1: removed stack shop-pr-1\n")), "{}", ended.stdout);
        let bucket = stage.bucket(region);
        let left = stage.account.try_aws(region, &["s3api", "list-object-versions", "--bucket", &bucket]).unwrap();
        assert_eq!((&left["Versions"], &left["DeleteMarkers"]), (&Value::Null, &Value::Null), "{region}");
    }
    assert_eq!(listed(&stage), Vec::<String>::new());
}

#[test]
fn what_an_undeploy_that_was_cut_off_left_is_swept() {
    let mut stage = project(&[REGION]);
    stage.ok_with(&["deploy", "pr-1"], "one");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.operation == "DeleteObjects").then_some(Fault::Kill)
    });
    stage.through(proxy.address());
    let process = stage.start(&["undeploy", "pr-1", "--yes", "--remove-logs"]);
    proxy.aim_at(process.id());
    assert_eq!(process.wait(PATIENCE).0.code(), None);
    stage.through(stage.account.address());
    assert_eq!(listed(&stage), ["pr-1"], "a sweep has something to find");
    let ended = merged(&stage, &["--none-open", "--yes"], "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(remains(&stage), Vec::<String>::new());
}

/// An expired preview with two releases.
fn expired() -> Stage {
    let stage = project(&[REGION]);
    stage.ok_with(&["deploy", "pr-1"], "one");
    stage.ok_with(&["update", "pr-1"], "two");
    stage
}

/// Kills a sweep after every so many-th call; the next sweep leaves nothing.
fn killed_after_every(step: usize) {
    const SWEEP: [&str; 3] = ["undeploy", "--expired", "--yes"];
    let mut stage = expired();
    let old = aged(&stage, |_| true);
    let proxy = Proxy::start(old.address());
    stage.through(proxy.address());
    stage.ok(&SWEEP);
    assert_eq!(remains(&stage), Vec::<String>::new());
    let calls = calls_here(&proxy).len();
    sweep(calls.div_ceil(step), |case| {
        let number = case * step;
        let mut stage = expired();
        let old = aged(&stage, |_| true);
        let proxy = Proxy::with(old.address(), Duration::ZERO, nth_here(number, Fault::Kill));
        stage.through(proxy.address());
        let process = stage.start(&SWEEP);
        proxy.aim_at(process.id());
        let (status, _, output) = process.wait(PATIENCE);
        let call = calls_here(&proxy).get(number).map(Call::name);
        if status.success() {
            return Err(format!("{call:?}: it was not killed: {output}"));
        }
        stage.through(old.address());
        let next = stage.run(&SWEEP);
        match remains(&stage).as_slice() {
            [] if next.code == Some(0) => Ok(()),
            left => Err(format!("killed after {call:?}: {left:#?}\n{}", next.stderr)),
        }
    });
}

#[test]
fn a_sweep_that_is_killed_after_any_call_is_finished_by_the_next() {
    killed_after_every(3);
}

#[test]
#[ignore = "the same after every single call; takes a minute"]
fn a_sweep_that_is_killed_after_every_call_is_finished_by_the_next() {
    killed_after_every(1);
}
