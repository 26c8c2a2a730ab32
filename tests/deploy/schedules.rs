//! Schedules as a whole: what an update leaves alone, and `schedule` and `unschedule` through every kind of change.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    sources::delivery,
    stage::Stage,
    support::{call::Call, proxy::Proxy},
};

/// Sources of every kind that needs a resource of its own, beside the schedules.
const SOURCES: &str = r#"
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
Properties = { VisibilityTimeout = 60 }
[stage.dev.resources.News]
Type = "AWS::SNS::Topic"
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[stage.dev.resources.Pictures]
Type = "AWS::S3::Bucket"
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
[[stage.dev.events]]
name = "news"
sns = "News"
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
[[stage.dev.events]]
name = "pictures"
s3 = "Pictures"
[[stage.dev.events]]
name = "placed"
pattern = { source = ["com.example.shop"] }
"#;

/// Settings with so many schedules; the emulator fires none of them during the tests.
fn schedules(count: usize) -> String {
    let one = |number| {
        format!("[[stage.dev.schedules]]\nname = \"nightly-{number}\"\nexpression = \"cron(0 3 1 1 ? 2099)\"\n")
    };
    (0..count).map(one).collect()
}

/// The states of the stage's schedules, by name.
fn states(stage: &Stage) -> BTreeMap<String, String> {
    let found = stage.account.aws(&["scheduler", "list-schedules", "--group-name", "shop-dev"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let schedules = found["Schedules"].as_array().unwrap().iter();
    schedules.map(|schedule| (text(&schedule["Name"]), text(&schedule["State"]))).collect()
}

fn all_are(stage: &Stage, state: &str) {
    let states = states(stage);
    assert!(!states.is_empty() && states.values().all(|found| found == state), "{states:?}");
}

fn mutating(calls: &[Call]) -> Vec<String> {
    let changing = calls.iter().filter(|call| call.is_mutating() || call.is_upload());
    changing.map(|call| format!("{} {}", call.name(), call.subject)).collect()
}

#[test]
fn an_update_of_code_touches_none_of_twenty_schedules_and_five_sources() {
    let mut stage = Stage::new(&format!("timeout_seconds = 10\n{SOURCES}{}", schedules(20)));
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    let before = delivery(&stage);
    // Schedules with their group and role; mappings, a subscription with its permission, rules with theirs; the retries.
    assert_eq!(before.len(), 22 + 7 + 1, "{before:?}");

    stage.ok_with(&["update"], "two");
    assert_eq!(delivery(&stage), before);

    proxy.take();
    stage.ok_with(&["update"], "two");
    assert_eq!(mutating(&proxy.take()), Vec::<String>::new());

    // Another starting position is refused, before anything is uploaded.
    let moved = SOURCES.replace("dynamodb = ", "starting_position = \"latest\"\ndynamodb = ");
    stage.set(&format!("timeout_seconds = 10\n{moved}{}", schedules(20)));
    let refused = stage.with(&["update"], "three");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("event `orders` was created with `starting_position = \"trim_horizon\"`"),
        "{}",
        refused.stderr
    );
    assert_eq!(mutating(&proxy.take()), Vec::<String>::new());
}

#[test]
fn schedules_stay_disabled_through_updates_rollbacks_and_failed_trials_until_they_are_enabled() {
    let mut stage = Stage::new(&schedules(2));
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    all_are(&stage, "ENABLED");
    assert_eq!(stage.ok(&["schedule"]), "eu-central-1: 2 schedules already enabled\n");

    assert_eq!(stage.ok(&["unschedule"]), "eu-central-1: 2 schedules disabled\n");
    all_are(&stage, "DISABLED");
    proxy.take();
    let again: Value = serde_json::from_str(&stage.ok(&["unschedule", "--json"])).unwrap();
    assert_eq!(mutating(&proxy.take()), Vec::<String>::new());
    assert_eq!((&again[0]["changed"], &again[0]["state"]), (&Value::Bool(false), &Value::from("disabled")));
    let status = stage.ok(&["status"]);
    assert!(status.contains("2, disabled"), "{status}");

    // New code, new settings with one schedule more, and a release before them.
    stage.ok_with(&["update"], "two");
    all_are(&stage, "DISABLED");
    stage.set(&schedules(3));
    stage.ok_with(&["deploy"], "two");
    assert_eq!(states(&stage).len(), 3);
    all_are(&stage, "DISABLED");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(states(&stage).len(), 2);
    all_are(&stage, "DISABLED");

    // A candidate that fails its trial, and a release without schedules: the parameter outlives it.
    assert_eq!(stage.with(&["update"], "crash").code, Some(1));
    all_are(&stage, "DISABLED");
    stage.set("");
    stage.ok_with(&["update"], "two");
    let none: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    assert_eq!(none[0]["schedules"]["count"], 0, "{none}");
    stage.set(&schedules(2));
    stage.ok_with(&["update"], "two");
    all_are(&stage, "DISABLED");

    assert_eq!(stage.ok(&["schedule"]), "eu-central-1: 2 schedules enabled\n");
    all_are(&stage, "ENABLED");
    stage.ok_with(&["update"], "one");
    all_are(&stage, "ENABLED");
}

/// Changes a schedule by hand, as the command line of AWS does it: what is not given becomes the default.
fn update_by_hand(stage: &Stage, name: &str, changes: &[&str]) {
    let found = stage.account.aws(&["scheduler", "get-schedule", "--group-name", "shop-dev", "--name", name]);
    let (target, expression) = (found["Target"].to_string(), found["ScheduleExpression"].as_str().unwrap());
    let given = |flag: &str| changes.contains(&flag);
    let mut args = vec!["scheduler", "update-schedule", "--group-name", "shop-dev", "--name", name];
    args.extend(["--flexible-time-window", "Mode=OFF"]);
    if !given("--target") {
        args.extend(["--target", &target]);
    }
    if !given("--schedule-expression") {
        args.extend(["--schedule-expression", expression]);
    }
    args.extend(changes);
    stage.account.aws(&args);
}

#[test]
fn schedules_that_were_changed_by_hand_are_restored_and_named() {
    let mut stage = Stage::new(&schedules(3));
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    stage.ok(&["unschedule"]);
    let get =
        |name: &str| stage.account.aws(&["scheduler", "get-schedule", "--group-name", "shop-dev", "--name", name]);
    let before = get("nightly-1");

    // Disabled by the stack, enabled by hand. A call for the list, and three for the schedule, which is read again; the stack is
    // not sent.
    update_by_hand(&stage, "nightly-1", &["--state", "ENABLED", "--schedule-expression", "rate(1 hour)"]);
    proxy.take();
    assert_eq!(
        stage.ok(&["unschedule"]),
        "eu-central-1: 3 schedules disabled; restored: `nightly-1` is disabled (was enabled), `nightly-1` has the stack's \
         expression (had `rate(1 hour)`)\n"
    );
    let calls: Vec<String> = proxy.take().iter().filter(|call| call.service == "scheduler").map(Call::name).collect();
    assert_eq!(
        calls,
        ["scheduler:ListSchedules", "scheduler:GetSchedule", "scheduler:UpdateSchedule", "scheduler:GetSchedule",]
    );
    let mut after = get("nightly-1");
    after["LastModificationDate"] = before["LastModificationDate"].clone();
    assert_eq!(after, before);
    assert_eq!(stage.ok(&["unschedule"]), "eu-central-1: 3 schedules already disabled\n");

    // Enabled by the stack; state, expression and target changed by hand.
    stage.ok(&["schedule"]);
    let live = get("nightly-2")["Target"].clone();
    let mut other = live.clone();
    other["Arn"] = "arn:aws:lambda:eu-central-1:000000000000:function:other".into();
    update_by_hand(&stage, "nightly-0", &["--state", "DISABLED"]);
    update_by_hand(&stage, "nightly-1", &["--schedule-expression", "rate(1 hour)"]);
    update_by_hand(&stage, "nightly-2", &["--target", &other.to_string()]);
    let restored: Value = serde_json::from_str(&stage.ok(&["schedule", "--json"])).unwrap();
    let expected = serde_json::json!([
        { "schedule": "nightly-0", "kind": "state", "found": "disabled" },
        { "schedule": "nightly-1", "kind": "expression", "found": "rate(1 hour)" },
        { "schedule": "nightly-2", "kind": "target", "found": other["Arn"] },
    ]);
    assert_eq!((&restored[0]["restored"], &restored[0]["changed"]), (&expected, &Value::Bool(true)), "{restored}");
    all_are(&stage, "ENABLED");
    assert_eq!(get("nightly-1")["ScheduleExpression"], "cron(0 3 1 1 ? 2099)");
    assert_eq!(get("nightly-2")["Target"], live);
    assert_eq!(stage.ok(&["schedule"]), "eu-central-1: 3 schedules already enabled\n");

    // Another event, and no run after a date: both lose every run.
    let mut other = live;
    other["Input"] = "{\"zappa_rs\":\"schedule\",\"name\":\"other\"}".into();
    update_by_hand(&stage, "nightly-1", &["--target", &other.to_string()]);
    update_by_hand(&stage, "nightly-2", &["--end-date", "2098-01-01T00:00:00Z"]);
    let status = stage.ok(&["status"]);
    for part in [
        "schedule `nightly-1` has the input `{\"zappa_rs\":\"schedule\",\"name\":\"other\"}`; `zappa-rs schedule` restores it",
        "schedule `nightly-2` has the end date `2098-01-01T00:00:00Z`; `zappa-rs schedule` restores it",
    ] {
        assert!(status.contains(part), "{part}: {status}");
    }
    let restored = stage.ok(&["schedule"]);
    assert!(restored.contains("restored: `nightly-1` has the stack's input (had `"), "{restored}");
    assert!(restored.contains("`nightly-2` has the stack's end date (had `2098-01-01T00:00:00Z`)"), "{restored}");
    let status = stage.ok(&["status"]);
    assert!(!status.contains("changed by hand"), "{status}");
}

#[test]
fn a_schedule_that_was_deleted_by_hand_does_not_keep_the_others_running() {
    let stage = Stage::new(&schedules(2));
    stage.ok_with(&["deploy"], "one");
    stage.account.aws(&["scheduler", "delete-schedule", "--group-name", "shop-dev", "--name", "nightly-1"]);

    // The parameter cannot change while CloudFormation would update a schedule that is not there.
    let refused = stage.run(&["unschedule"]);
    assert_eq!(refused.code, Some(1), "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("schedule `nightly-1` of stack `shop-dev` in eu-central-1 was deleted by hand"));
    assert!(refused.stderr.contains("the other schedule is disabled now"), "{}", refused.stderr);
    assert!(refused.stderr.contains("Updated `nightly-0` is disabled (was enabled)"), "{}", refused.stderr);
    all_are(&stage, "DISABLED");

    // Redeployed without and with it, it is there again.
    stage.set(&schedules(1));
    stage.ok_with(&["deploy"], "one");
    stage.set(&schedules(2));
    stage.ok_with(&["deploy"], "one");
    stage.ok(&["unschedule"]);
    assert_eq!(states(&stage).len(), 2);
    all_are(&stage, "DISABLED");

    // Whatever the parameter is, a missing schedule is an error; one of another maker's in the group is left alone.
    stage.account.aws(&["scheduler", "delete-schedule", "--group-name", "shop-dev", "--name", "nightly-1"]);
    let target = "Arn=arn:aws:lambda:eu-central-1:000000000000:function:other,RoleArn=arn:aws:iam::000000000000:role/r";
    let create = ["scheduler", "create-schedule", "--group-name", "shop-dev", "--name", "by-hand", "--target", target];
    let times = ["--schedule-expression", "cron(0 3 1 1 ? 2099)", "--flexible-time-window", "Mode=OFF"];
    stage.account.aws(&[create.as_slice(), &times].concat());
    let again = stage.run(&["unschedule"]);
    assert_eq!((again.code, &*again.stdout), (Some(1), ""), "{}", again.stderr);
    assert!(again.stderr.contains("schedule `nightly-1` of stack `shop-dev` in eu-central-1 was deleted by hand"));
    assert!(again.stderr.contains("the other schedule is disabled now: a deploy without it"), "{}", again.stderr);
    assert!(again.stderr.contains("schedule `by-hand` is in the stage's group, but not in the stack"));
    assert_eq!(states(&stage)["by-hand"], "ENABLED");

    stage.account.aws(&["scheduler", "delete-schedule", "--group-name", "shop-dev", "--name", "nightly-0"]);
    for command in ["unschedule", "schedule"] {
        let none = stage.run(&[command]);
        assert_eq!((none.code, &*none.stdout), (Some(1), ""), "{}", none.stderr);
        assert!(none.stderr.contains("schedules `nightly-0` and `nightly-1` of stack"), "{}", none.stderr);
        assert!(!none.stderr.contains("the other schedule"), "{}", none.stderr);
    }
}

#[test]
fn a_stage_without_schedules_has_nothing_to_switch() {
    let stage = Stage::new("");
    let missing = stage.run(&["unschedule"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("does not exist"), "{}", missing.stderr);
    stage.ok_with(&["deploy"], "one");
    let without = stage.run(&["unschedule"]);
    assert_eq!(without.code, Some(1));
    assert!(without.stderr.contains("has no schedules"), "{}", without.stderr);
    assert!(without.stderr.contains("hint: "), "{}", without.stderr);
}
