//! `status` of what delivers events: schedules and event source mappings with their true states, and what was changed by hand.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    stage::Stage,
    support::{call::Call, emulator, proxy::Proxy},
};

const SETTINGS: &str = r#"
timeout_seconds = 10
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
Properties = { VisibilityTimeout = 60, QueueName = "jobs" }
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
TableName = "orders"
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[[stage.dev.functions]]
name = "mail"
[[stage.dev.schedules]]
name = "nightly-0"
expression = "cron(0 3 1 1 ? 2099)"
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
batch_size = 5
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
function = "mail"
"#;

/// The status of the stage in its first region, as JSON.
fn status(stage: &Stage) -> Value {
    let all: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    all[0].clone()
}

/// The UUID of the mapping of a source.
fn mapping(stage: &Stage, source: &str) -> String {
    let found = stage.account.aws(&["lambda", "list-event-source-mappings"]);
    let mappings = found["EventSourceMappings"].as_array().unwrap();
    let is_its = |mapping: &&Value| mapping["EventSourceArn"].as_str().unwrap().contains(source);
    mappings.iter().find(is_its).unwrap()["UUID"].as_str().unwrap().to_owned()
}

/// A property of a mapping that was changed by hand, as JSON.
fn drift(event: &str, id: &str, kind: &str, found: &Value, wanted: &Value) -> Value {
    json!({ "event": event, "mapping": id, "kind": kind, "found": found, "wanted": wanted })
}

/// The update of a mapping that AWS's command line makes by hand, as the tool prints it.
fn update_command(endpoint: SocketAddr, id: &str, flag: &str) -> String {
    let place = format!("--endpoint-url http://{endpoint} --region {}", emulator::REGION);
    format!("`aws lambda update-event-source-mapping {place} --uuid {id} {flag}`")
}

fn names(calls: &[Call]) -> Vec<String> {
    let mut names: Vec<String> = calls.iter().map(Call::name).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn status_shows_schedules_and_sources_as_they_are_and_what_was_changed_by_hand() {
    let mut stage = Stage::new(SETTINGS);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    proxy.take();

    let before = status(&stage);
    let calls = proxy.take();
    let count = |name: &str| calls.iter().filter(|call| call.name() == name).count();
    assert_eq!(count("scheduler:ListSchedules"), 1, "{:?}", names(&calls));
    assert_eq!(count("scheduler:GetSchedule"), 1, "one for each schedule");
    assert_eq!(count("lambda:ListEventSourceMappings"), 2, "one for each function");
    assert_eq!(count("cloudformation:ListStackResources"), 1);
    let schedule = json!([{ "name": "nightly-0", "expression": "cron(0 3 1 1 ? 2099)", "state": "enabled" }]);
    assert_eq!(before["schedule_states"], schedule);
    assert_eq!(before["changed_by_hand"], json!([]));
    let sources = before["event_sources"].as_array().unwrap();
    let of = |event: &str| sources.iter().find(|source| source["event"] == event).unwrap();
    assert_eq!((&of("jobs")["state"], &of("jobs")["batch_size"]), (&json!("Enabled"), &json!(5)), "{before}");
    assert_eq!((&of("jobs")["function"], &of("orders")["function"]), (&Value::Null, &json!("mail")));
    assert!(of("jobs")["source"].as_str().unwrap().ends_with(":jobs"), "{before}");
    assert!(of("jobs")["last_result"].is_string(), "{before}");
    let text = stage.ok(&["status"]);
    assert!(text.contains("event jobs") && text.contains("enabled, batches of 5, last result: "), "{text}");
    assert!(text.contains("schedule nightly-0"), "{text}");

    // A schedule that is disabled, a mapping that is disabled, and one that is gone.
    let (jobs, orders) = (mapping(&stage, ":jobs"), mapping(&stage, ":table/orders"));
    let found = stage.account.aws(&["scheduler", "get-schedule", "--group-name", "shop-dev", "--name", "nightly-0"]);
    let (target, expression) = (found["Target"].to_string(), found["ScheduleExpression"].as_str().unwrap());
    let update =
        ["scheduler", "update-schedule", "--group-name", "shop-dev", "--name", "nightly-0", "--state", "DISABLED"];
    let fields = ["--flexible-time-window", "Mode=OFF", "--target", &target, "--schedule-expression", "rate(7 days)"];
    assert_eq!(expression, "cron(0 3 1 1 ? 2099)");
    stage.account.aws(&[update.as_slice(), &fields].concat());
    stage.account.aws(&["lambda", "update-event-source-mapping", "--uuid", &jobs, "--no-enabled"]);
    stage.account.aws(&["lambda", "delete-event-source-mapping", "--uuid", &orders]);

    let after = status(&stage);
    assert_eq!(after["schedules"]["state"], "enabled", "by the stack");
    assert_eq!(after["schedule_states"][0]["state"], "disabled", "{after}");
    assert_eq!(after["schedule_states"][0]["expression"], "rate(7 days)", "{after}");
    assert_eq!(
        after["changed_by_hand"],
        json!([
            { "schedule": "nightly-0", "kind": "state", "found": "disabled" },
            { "schedule": "nightly-0", "kind": "expression", "found": "rate(7 days)" },
            { "event": "jobs", "mapping": jobs, "kind": "state", "found": "Disabled" },
            { "event": "orders", "mapping": orders, "kind": "missing" },
        ])
    );
    let text = stage.ok(&["status"]);
    for part in [
        "schedule `nightly-0` is disabled; `zappa-rs schedule` restores it".to_owned(),
        format!("is disabled; {} restores it", update_command(proxy.address(), &jobs, "--enabled")),
        "the event source mapping of `orders` does not exist, or invokes something else".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }

    let row = text.lines().find(|line| line.starts_with("event orders ")).unwrap();
    assert!(row.ends_with(" missing"), "{text}");

    // What the rows say restores it.
    stage.account.aws(&["lambda", "update-event-source-mapping", "--uuid", &jobs, "--enabled"]);
    stage.ok(&["schedule"]);
    let restored = status(&stage);
    assert_eq!(restored["changed_by_hand"].as_array().unwrap().len(), 1, "{restored}");
}

#[test]
fn a_deploy_that_changes_nothing_warns_of_what_was_changed_by_hand() {
    let mut stage = Stage::new(SETTINGS);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    proxy.take();
    let unchanged = stage.with(&["deploy"], "one");
    assert_eq!(
        (unchanged.code, unchanged.stderr.contains("changed by hand")),
        (Some(0), false),
        "{}",
        unchanged.stderr
    );
    let calls = proxy.take();
    let count = |name: &str| calls.iter().filter(|call| call.name() == name).count();
    assert_eq!((count("scheduler:ListSchedules"), count("scheduler:GetSchedule")), (1, 1), "{:?}", names(&calls));
    assert_eq!(count("lambda:ListEventSourceMappings"), 2, "one for each function");
    assert_eq!(count("cloudformation:ListStackResources"), 1);
    assert!(calls.iter().all(|call| !call.is_mutating()), "{:?}", names(&calls));

    let (jobs, orders) = (mapping(&stage, ":jobs"), mapping(&stage, ":table/orders"));
    let schedule = ["--group-name", "shop-dev", "--name", "nightly-0"];
    let found = stage.account.aws(&[["scheduler", "get-schedule"].as_slice(), &schedule].concat());
    let target = found["Target"].to_string();
    let fields = ["--flexible-time-window", "Mode=OFF", "--target", &target, "--schedule-expression", "rate(7 days)"];
    stage.account.aws(&[["scheduler", "update-schedule"].as_slice(), &schedule, &fields].concat());
    stage.account.aws(&["lambda", "update-event-source-mapping", "--uuid", &jobs, "--no-enabled"]);
    stage.account.aws(&["lambda", "delete-event-source-mapping", "--uuid", &orders]);

    let warnings = [
        (
            "schedule `nightly-0` has the expression `rate(7 days)`".to_owned(),
            "`zappa-rs schedule` restores it".to_owned(),
        ),
        (
            "the event source mapping of `jobs` is disabled".to_owned(),
            format!("{} restores it", update_command(proxy.address(), &jobs, "--enabled")),
        ),
        (
            "the event source mapping of `orders` does not exist, or invokes something else".to_owned(),
            "a deploy without the event, which asks for confirmation (`--yes` answers), and one with it recreates it; it \
             handles all stored records again"
                .to_owned(),
        ),
    ];
    // Whether a deploy changes nothing, or something else than these.
    for (command, variant) in [("deploy", "one"), ("update", "one"), ("update", "two")] {
        let ended = stage.with(&[command], variant);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for (warning, remedy) in &warnings {
            let warned = ended.stderr.contains(&format!("changed by hand: {warning}"));
            assert!(warned && ended.stderr.contains(remedy), "{command} {variant}: {warning}: {}", ended.stderr);
        }
    }

    // What the warnings say restores it.
    stage.ok(&["schedule"]);
    stage.account.aws(&["lambda", "update-event-source-mapping", "--uuid", &jobs, "--enabled"]);
    let ended = stage.with(&["deploy"], "two");
    assert_eq!(ended.stderr.matches("changed by hand").count(), 1, "{}", ended.stderr);

    // Schedules that do not run are only listed.
    stage.ok(&["unschedule"]);
    proxy.take();
    stage.ok_with(&["deploy"], "two");
    let calls = names(&proxy.take());
    let asks = |name: &str| calls.iter().any(|call| call == name);
    assert!(asks("scheduler:ListSchedules") && !asks("scheduler:GetSchedule"), "{calls:?}");
}

#[test]
fn a_mapping_that_loses_messages_since_a_change_by_hand_is_named_until_it_is_restored() {
    let stage = Stage::new(SETTINGS);
    stage.ok_with(&["deploy"], "one");
    let (jobs, orders) = (mapping(&stage, ":jobs"), mapping(&stage, ":table/orders"));
    let update = |id: &str, flags: &[&str]| {
        stage.account.aws(&[["lambda", "update-event-source-mapping", "--uuid", id].as_slice(), flags].concat());
    };
    let (filters, pattern) = (r#"{"Filters":[{"Pattern":"{\"body\":[\"x\"]}"}]}"#, r#"{"body":["x"]}"#);
    update(&jobs, &["--function-response-types", "[]"]);
    update(&jobs, &["--filter-criteria", filters]);
    update(&jobs, &["--batch-size", "1"]);
    update(&orders, &["--maximum-retry-attempts", "0", "--no-bisect-batch-on-function-error"]);

    let types = json!(["ReportBatchItemFailures"]);
    let expected = vec![
        drift("jobs", &jobs, "response-types", &json!([]), &types),
        drift("jobs", &jobs, "filters", &json!([pattern]), &json!([])),
        drift("jobs", &jobs, "batch-size", &json!(1), &json!(5)),
        drift("orders", &orders, "retries", &json!(0), &json!(-1)),
        drift("orders", &orders, "bisect", &json!(false), &json!(true)),
    ];
    let sorted = |mut drift: Vec<Value>| {
        drift.sort_by_key(Value::to_string);
        drift
    };
    assert_eq!(sorted(status(&stage)["changed_by_hand"].as_array().unwrap().clone()), sorted(expected));

    let of = |id: &str, flag: &str| update_command(stage.account.address(), id, flag);
    let rows = [
        (
            "the event source mapping of `jobs` does not report batch item failures: failed messages are deleted"
                .to_owned(),
            of(&jobs, "--function-response-types '[\"ReportBatchItemFailures\"]'"),
        ),
        (
            format!(
                "the event source mapping of `jobs` has the filters `{pattern}`: messages that they do not match are deleted"
            ),
            of(&jobs, "--filter-criteria '{}'"),
        ),
        ("the event source mapping of `jobs` has batches of 1".to_owned(), of(&jobs, "--batch-size 5")),
        (
            "the event source mapping of `orders` gives up failed batches after 0 retries".to_owned(),
            of(&orders, "--maximum-retry-attempts -1"),
        ),
        (
            "the event source mapping of `orders` does not split batches that fail".to_owned(),
            of(&orders, "--bisect-batch-on-function-error"),
        ),
    ];
    let text = stage.ok(&["status"]);
    let deployed = stage.with(&["deploy"], "one");
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);
    for (sentence, command) in &rows {
        assert!(text.contains(&format!("{sentence}; {command} restores it")), "{sentence}: {text}");
        let is_warned = deployed.stderr.contains(&format!("changed by hand: {sentence}"));
        assert!(is_warned && deployed.stderr.contains(command), "{sentence}: {}", deployed.stderr);
    }

    // What the rows say restores it.
    update(&jobs, &["--function-response-types", r#"["ReportBatchItemFailures"]"#]);
    update(&jobs, &["--filter-criteria", "{}"]);
    update(&jobs, &["--batch-size", "5"]);
    update(&orders, &["--maximum-retry-attempts", "-1"]);
    update(&orders, &["--bisect-batch-on-function-error"]);
    assert_eq!(status(&stage)["changed_by_hand"], json!([]));
}

#[test]
fn status_asks_only_about_what_the_stage_has_in_every_region() {
    let mut stage = Stage::of(emulator::account(), &["eu-central-1", "us-east-1"], "");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    proxy.take();
    let without: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    assert_eq!((&without[1]["schedule_states"], &without[1]["event_sources"]), (&json!([]), &json!([])));
    let calls = names(&proxy.take());
    let asks = |name: &str| calls.iter().any(|call| call.contains(name));
    assert!(!asks("scheduler:") && !asks("EventSourceMappings") && !asks("ListStackResources"), "{calls:?}");

    let schedule = "[[stage.dev.schedules]]\nname = \"nightly-0\"\nexpression = \"cron(0 3 1 1 ? 2099)\"\n";
    stage.set(schedule);
    stage.ok_with(&["deploy"], "one");
    proxy.take();
    let with: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    for region in with.as_array().unwrap() {
        assert_eq!(region["schedule_states"][0]["state"], "enabled", "{with}");
    }
    let calls = proxy.take();
    let mut regions: Vec<&str> =
        calls.iter().filter(|call| call.name() == "scheduler:ListSchedules").map(|call| &*call.region).collect();
    regions.sort_unstable();
    assert_eq!(regions, ["eu-central-1", "us-east-1"]);
}

#[test]
fn the_policy_allows_what_status_schedule_and_unschedule_call() {
    let role = "cloudformation_role_arn = \"arn:aws:iam::000000000000:role/cloudformation\"\n";
    for settings in [SETTINGS.to_owned(), format!("{role}{SETTINGS}")] {
        let mut stage = Stage::new(&settings);
        let policy: Value = serde_json::from_str(&stage.ok(&["policy", "deploy"])).unwrap();
        let statements = policy["Statement"].as_array().unwrap().iter();
        let allowed: Vec<&str> = statements
            .filter(|statement| statement["Condition"].is_null())
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .filter_map(Value::as_str)
            .collect();
        let proxy = Proxy::start(stage.account.address());
        stage.through(proxy.address());
        stage.ok_with(&["deploy"], "one");
        stage.ok_with(&["deploy"], "one");
        stage.ok(&["status"]);
        stage.ok(&["schedule"]);
        stage.ok(&["unschedule"]);
        let refused: Vec<String> =
            proxy.take().iter().map(Call::action).filter(|action| !allowed.contains(&action.as_str())).collect();
        assert_eq!(refused, Vec::<String>::new());
    }
}
