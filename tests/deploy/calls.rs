//! How often AWS is called, and with how many regions at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    stage::{PATIENCE, Stage},
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
    stage.ok_with(&["update", "--fast"], "three");
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

/// The phases of a first deploy that every region is in, and the calls of the first region on behalf of the others.
const PHASES: [&str; 6] = [
    "cloudformation:CreateStack",
    "cloudformation:DescribeStacks",
    "lambda:Invoke",
    "s3:CreateBucket",
    "s3:PutObject marker",
    "s3:PutObject zip",
];

/// The phase of a call, if all regions have to be in it at the same time, and who the call is about.
fn phase(call: &Call) -> Option<(String, &str)> {
    let (name, who) = match call.name() {
        name if call.is_upload() => (name + " zip", &call.region),
        name if call.subject.contains("/regions/") => (name + " marker", &call.subject),
        name => (name, &call.region),
    };
    PHASES.contains(&name.as_str()).then_some((name, who))
}

const REGIONS: [&str; 12] = [
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

#[test]
fn twelve_regions_are_deployed_at_the_same_time_with_hardly_more_calls_each() {
    let [alone, twelve] = [1, 12].map(|count| calls_of_first_deploy(&REGIONS[..count]));
    let of_region = |calls: &[Call], region: &str| {
        let is_own = |call: &&Call| call.region == region && !call.subject.contains("/regions/");
        counted(&calls.iter().filter(is_own).cloned().collect::<Vec<_>>()).len()
    };
    let alone = of_region(&alone, REGIONS[0]);
    for region in REGIONS {
        let calls = of_region(&twelve, region);
        assert!(2 * calls <= 3 * alone, "{region}: {calls} calls, and {alone} where it is the only one");
    }
}

#[test]
#[ignore = "measures time, which says something on an idle machine only"]
fn twelve_regions_take_little_longer_than_one() {
    let times = [1, 4, 12].map(|count| time_of_first_deploy(&REGIONS[..count]));
    let ratio = times[2].as_secs_f64() / times[0].as_secs_f64();
    eprintln!("1, 4, 12 regions: {times:.1?}; {ratio:.2}");
    assert!(ratio <= 1.5, "twelve regions take {ratio:.2} times as long as one");
}

/// How long a first deploy to these regions takes, when each call takes 100 ms.
fn time_of_first_deploy(regions: &[&str]) -> Duration {
    let mut stage = Stage::of(emulator::account(), regions, "");
    let proxy = Proxy::with(stage.account.address(), Duration::from_millis(100), |_| None);
    stage.through(proxy.address());
    let zip = stage.zip("one");
    let begun = Instant::now();
    stage.ok(&["deploy", "--yes", "--zip", &zip]);
    begun.elapsed()
}

/// The calls of a first deploy to these regions. Whatever the load of this machine, it ends only if all regions are
/// worked on at the same time: no region leaves a phase before every region is in it.
fn calls_of_first_deploy(regions: &[&str]) -> Vec<Call> {
    let mut stage = Stage::of(emulator::account(), regions, "");
    let meeting = Arc::new(Meeting::default());
    let (count, shared) = (regions.len(), Arc::clone(&meeting));
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        if let Some((phase, who)) = phase(call) {
            let is_marker = phase.ends_with("marker");
            shared.wait(&phase, who, if is_marker { count - 1 } else { count });
        }
        None
    });
    stage.through(proxy.address());
    let zip = stage.zip("one");
    let urls = stage.ok(&["deploy", "--yes", "--zip", &zip]);
    assert_eq!(urls.lines().count(), regions.len());
    for (region, url) in regions.iter().zip(urls.lines()) {
        assert_eq!(stage.account.visit(region, url, "/").unwrap().text(), "one ");
    }
    assert_eq!(*meeting.late.lock().unwrap(), Vec::<String>::new(), "left a phase before all regions were in it");
    let phases = if count == 1 { PHASES.len() - 1 } else { PHASES.len() };
    assert_eq!(meeting.arrived.lock().unwrap().len(), phases, "phases that nobody was in say nothing");
    proxy.take()
}

/// Where calls of a phase wait for those of every other region.
#[derive(Default)]
struct Meeting {
    /// The regions, or markers, that were in a phase.
    arrived: Mutex<BTreeMap<String, BTreeSet<String>>>,
    arrival: Condvar,
    /// The phases, and who of them waited in vain.
    late: Mutex<Vec<String>>,
}

impl Meeting {
    /// Waits until so many regions have been in the phase.
    fn wait(&self, phase: &str, region: &str, count: usize) {
        let mut arrived = self.arrived.lock().unwrap();
        arrived.entry(phase.to_owned()).or_default().insert(region.to_owned());
        self.arrival.notify_all();
        let (arrived, wait) =
            self.arrival.wait_timeout_while(arrived, PATIENCE / 4, |arrived| arrived[phase].len() < count).unwrap();
        drop(arrived);
        if wait.timed_out() {
            self.late.lock().unwrap().push(format!("{phase} {region}"));
        }
    }
}
