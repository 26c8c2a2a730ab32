//! Keep-warm: the rule starts as many instances as the settings name, without a request to the application, and is deleted when
//! it is switched off.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{stage::Stage, support::poll::poll_until};

const INSTANCES: usize = 3;
/// The rule fires every minute.
const RULE_TIMEOUT: Duration = Duration::from_secs(600);

/// The most invocations that ran at the same time. Each of them had an instance of its own.
fn most_at_once(stage: &Stage) -> usize {
    let groups = stage.account.aws(&["logs", "describe-log-groups"]);
    let group = groups["logGroups"][0]["logGroupName"].as_str().unwrap().to_owned();
    let answer = stage.account.aws(&["logs", "filter-log-events", "--log-group-name", &group]);
    let events = answer["events"].as_array().unwrap().iter();
    let span = |event: &Value| {
        let report = event["message"].as_str()?.strip_prefix("REPORT")?;
        let duration: f64 = report.split("\tDuration: ").nth(1)?.split(' ').next()?.parse().ok()?;
        // The emulator logs an invocation when it has ended.
        let end = event["timestamp"].as_f64()?;
        Some((end - duration, end))
    };
    let spans: Vec<(f64, f64)> = events.filter_map(span).collect();
    let at = |time: f64| spans.iter().filter(|(start, end)| *start <= time && time < *end).count();
    spans.iter().map(|(start, _)| at(*start)).max().unwrap_or_default()
}

fn rules(stage: &Stage) -> Vec<Value> {
    stage.account.aws(&["events", "list-rules"])["Rules"].as_array().unwrap().clone()
}

#[test]
fn three_warm_instances_answer_at_once_and_the_application_was_not_asked_before() {
    let stage = Stage::new("keep_warm = { count = 3, expression = \"rate(1 minute)\" }");
    let url = stage.ok_with(&["deploy"], "one");
    let rule = rules(&stage)[0]["Name"].as_str().unwrap().to_owned();
    let targets = stage.account.aws(&["events", "list-targets-by-rule", "--rule", &rule]);
    let targets = targets["Targets"].as_array().unwrap();
    assert_eq!(targets.len(), INSTANCES);
    assert!(targets.iter().all(|target| target["Arn"].as_str().unwrap().ends_with(":shop-dev:live")), "{targets:?}");

    // The rule fires every minute; only the log shows it. On a busy machine one instance may have answered before another is asked.
    poll_until("as many invocations at once as instances", RULE_TIMEOUT, || most_at_once(&stage) >= INSTANCES);
    let asked = Instant::now();
    let answers: Vec<String> = thread::scope(|scope| {
        let visits: Vec<_> = (0..INSTANCES).map(|_| scope.spawn(|| stage.visit(&url, "/instance").text())).collect();
        visits.into_iter().map(|visit| visit.join().unwrap()).collect()
    });
    let waited = asked.elapsed().as_millis();
    let mut instances = BTreeSet::new();
    for answer in &answers {
        let [process, requests, age] = answer.split(' ').collect::<Vec<_>>()[..] else { panic!("{answer}") };
        instances.insert(process.to_owned());
        assert_eq!(requests, "0", "the application was asked before: {answers:?}");
        assert!(age.parse::<u128>().unwrap() > waited, "an instance that was not warm: {answers:?}, {waited} ms");
    }
    assert_eq!(instances.len(), INSTANCES, "{answers:?}");

    stage.set("keep_warm = false");
    stage.ok_with(&["update"], "one");
    assert_eq!(rules(&stage), Vec::<Value>::new());
}
