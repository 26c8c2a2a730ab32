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
const RULE_TIMEOUT: Duration = Duration::from_secs(240);

/// All that was logged, an entry each.
fn log(stage: &Stage) -> Vec<String> {
    let groups = stage.account.aws(&["logs", "describe-log-groups"]);
    let group = groups["logGroups"][0]["logGroupName"].as_str().unwrap().to_owned();
    let answer = stage.account.aws(&["logs", "filter-log-events", "--log-group-name", &group]);
    let events = answer["events"].as_array().unwrap().iter();
    events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

/// How many invocations have ended.
fn invocations(stage: &Stage) -> usize {
    log(stage).iter().filter(|line| line.starts_with("END RequestId")).count()
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

    // The rule fires within the minute; only the log shows it.
    let before = invocations(&stage);
    poll_until("an invocation of each warm instance by the rule", RULE_TIMEOUT, || {
        invocations(&stage) >= before + INSTANCES
    });
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
