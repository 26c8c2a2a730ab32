//! How often AWS is called, and with how many regions at once.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{
        call::{Call, counted},
        emulator,
        proxy::Proxy,
    },
};

fn names(calls: &[&Call]) -> Vec<String> {
    calls.iter().map(|call| format!("{} {}", call.name(), call.subject)).collect()
}

#[test]
fn a_second_deploy_changes_and_uploads_nothing_in_twelve_calls() {
    for api in ["rest", "http", "function_url"] {
        let mut stage = Stage::new(&format!("api = \"{api}\"\nkeep_warm = true"));
        let proxy = Proxy::start(stage.account.address());
        stage.through(proxy.address());
        let first = stage.ok_with(&["deploy"], "one");
        proxy.take();
        assert_eq!(stage.ok_with(&["deploy"], "one"), first);
        let calls = proxy.take();
        let changing: Vec<&Call> = calls.iter().filter(|call| call.is_mutating() || call.is_upload()).collect();
        assert_eq!(names(&changing), Vec::<String>::new(), "{api}");
        assert!(calls.len() <= 12, "{api}: {} {:#?}", calls.len(), names(&calls.iter().collect::<Vec<_>>()));
    }
}

#[test]
fn an_update_of_code_alone_takes_twenty_calls_and_leaves_settings_alone() {
    let settings = |version: &str| format!("environment = {{ VERSION = \"{version}\" }}");
    let mut stage = Stage::new(&settings("1"));
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    proxy.take();
    stage.set(&settings("2"));
    stage.ok_with(&["update", "--code-only"], "two");
    let calls = proxy.take();
    let counted = counted(&calls);
    assert!(counted.len() <= 20, "{} {:#?}", counted.len(), names(&counted));
    assert_eq!(stage.visit(&url, "/").text(), "two 1");
}

#[test]
fn the_policy_of_a_deploy_allows_every_call_of_it() {
    let mut stage = Stage::new("api = \"http\"\nkeep_warm = true");
    let policy: Value = serde_json::from_str(&stage.ok(&["policy", "deploy"])).unwrap();
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy", "--dry-run"], "one");
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    stage.ok_with(&["diff"], "one");
    stage.ok(&["rollback", "--yes"]);
    for command in ["releases", "status", "url"] {
        stage.ok(&[command]);
    }
    stage.ok(&["tail"]);
    stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    // What is allowed only where CloudFormation calls in one's name is of no use for a call of our own.
    let statements =
        policy["Statement"].as_array().unwrap().iter().filter(|statement| statement["Condition"].is_null());
    let allowed: Vec<&str> =
        statements.flat_map(|statement| statement["Action"].as_array().unwrap()).filter_map(Value::as_str).collect();
    let mut refused: Vec<String> =
        proxy.take().iter().map(Call::action).filter(|action| !allowed.contains(&action.as_str())).collect();
    refused.sort();
    refused.dedup();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn twelve_regions_take_little_longer_than_one() {
    let regions = [
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-north-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
    ];
    // Other tests run at the same time; their noise only adds.
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let times = [1, 4, 12].map(|count| time_of_first_deploy(&regions[..count]));
        best = best.min(times[2].as_secs_f64() / times[0].as_secs_f64());
        if best <= 1.5 {
            return;
        }
    }
    panic!("twelve regions take {best:.2} times as long as one");
}

/// How long a first deploy to these regions takes, when each call takes 100 ms.
fn time_of_first_deploy(regions: &[&str]) -> Duration {
    let mut stage = Stage::of(emulator::account(), regions, "");
    let proxy = Proxy::with(stage.account.address(), Duration::from_millis(100), |_| None);
    stage.through(proxy.address());
    let zip = stage.zip("one");
    let begun = Instant::now();
    let urls = stage.ok(&["deploy", "--yes", "--zip", &zip]);
    let time = begun.elapsed();
    assert_eq!(urls.lines().count(), regions.len());
    for (region, url) in regions.iter().zip(urls.lines()) {
        assert_eq!(stage.account.visit(region, url, "/").unwrap().text(), "one ");
    }
    time
}
